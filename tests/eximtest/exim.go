package eximtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/smtptest"
)

// Who may log in.
const (
	Username = "usher"
	Password = "secret"
)

// Grey is the part before the @ of an address that the server defers once.
const Grey = "grey"

const patience = 20 * time.Second

// Server is a running Exim.
type Server struct {
	Host string
	Port int
	CAs  *x509.CertPool // trusts its certificate
	dir  string
}

// Start runs a server that relays to another until the test ends, or skips the test where
// there is no Exim.
func Start(t *testing.T, relay *smtptest.Server) *Server {
	t.Helper()
	exim, err := exec.LookPath("exim4")
	if err != nil {
		t.Skip("this test needs Exim: apt-get install exim4-daemon-light")
	}
	if os.Geteuid() != 0 {
		t.Skip("this test needs root: Exim takes a configuration of ours from nobody else")
	}
	s := &Server{Host: "127.0.0.1", Port: freePort(t), dir: t.TempDir()}
	conf := s.files(t, relay)
	var said bytes.Buffer
	cmd := exec.Command(exim, "-C", conf, "-bdf", "-oX", "127.0.0.1."+strconv.Itoa(s.Port)) //nolint:noctx // it is killed below
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal("eximtest: ", err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-gone
		if t.Failed() {
			t.Log("exim said: ", said.String(), s.Log(t))
		}
	})
	s.await(t, gone)
	return s
}

// Log is what the server wrote of mails.
func (s *Server) Log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "exim", "mainlog"))
	if err != nil {
		t.Error("eximtest: ", err)
	}
	return string(text)
}

// await waits for the greeting.
func (s *Server) await(t *testing.T, gone <-chan struct{}) {
	t.Helper()
	late := time.After(patience)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-gone:
			t.Fatal("eximtest: exim ended")
		case <-late:
			t.Fatal("eximtest: exim does not listen")
		}
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
		if err == nil {
			_ = c.Close()
			return
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal("eximtest: ", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// files writes the configuration, a certificate, and a folder that the server's own user has.
func (s *Server) files(t *testing.T, relay *smtptest.Server) (conf string) {
	t.Helper()
	cert, pool := smtptest.SelfSigned(t)
	s.CAs = pool
	key, err := x509.MarshalECPrivateKey(cert.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal("eximtest: ", err)
	}
	own := filepath.Join(s.dir, "exim")
	conf = filepath.Join(s.dir, "conf")
	text := strings.NewReplacer("DIR", own, "RELAY", strconv.Itoa(relay.Port)).Replace(configuration)
	if err := os.Mkdir(own, 0o750); err != nil {
		t.Fatal("eximtest: ", err)
	}
	for path, content := range map[string][]byte{
		conf:                           []byte(text),
		filepath.Join(own, "mainlog"):  nil,
		filepath.Join(own, "cert.pem"): pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		filepath.Join(own, "key.pem"):  pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal("eximtest: ", err)
		}
	}
	s.giveAway(t, own)
	return conf
}

// giveAway makes the folder and what is in it the server's, and lets it pass to there.
func (s *Server) giveAway(t *testing.T, own string) {
	t.Helper()
	who, err := user.Lookup("Debian-exim")
	if err != nil {
		t.Skip("this test needs Exim as Debian has it, with its user Debian-exim")
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	for _, name := range []string{"", "mainlog", "cert.pem", "key.pem"} {
		if err := os.Chown(filepath.Join(own, name), uid, gid); err != nil {
			t.Fatal("eximtest: ", err)
		}
	}
	for path, mode := range map[string]os.FileMode{filepath.Dir(s.dir): 0o711, s.dir: 0o711, filepath.Join(s.dir, "conf"): 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal("eximtest: ", err)
		}
	}
}
