package smtptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

const patience = 20 * time.Second

// Stage is a point at which the server may misbehave.
type Stage string

// The stages, in the order of a conversation.
const (
	Hello  Stage = "hello"
	Auth   Stage = "auth"
	Mail   Stage = "mail"
	Rcpt   Stage = "rcpt"
	Accept Stage = "accept" // after the final dot: the mail is kept, the answer is the reply's
)

// Reply is how the server misbehaves: with a code, or without an answer.
type Reply struct {
	Code     int
	Enhanced [3]int
	Text     string
	Drop     bool            // close the connection instead of answering
	Hang     <-chan struct{} // answer, or drop, only when this is closed
}

// Options shape a server. The zero value speaks plain SMTP and wants no AUTH.
type Options struct {
	TLS      bool // STARTTLS
	Implicit bool // TLS from the first byte
	OneByOne bool // no PIPELINING (RFC 2920); not after STARTTLS
	Username string
	Password string
}

// Received is a mail as it came.
type Received struct {
	From, To, HELO string
	Raw            []byte
}

// Server is a running server. It is safe for concurrent use.
type Server struct {
	Host string
	Port int
	CAs  *x509.CertPool // trusts the server's certificate

	t       testing.TB
	options Options
	cert    tls.Certificate
	server  *gosmtp.Server
	socket  net.Listener

	mu          sync.Mutex
	script      func(Stage, int) *Reply
	calls       map[Stage]int
	mails       []Received
	grouped     int           // mails whose commands came at once
	connections int           // since the start
	open        int           // now
	changed     chan struct{} // closed and replaced when a mail came or a connection went
}

// Start runs a server on a free loopback port until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	cert, pool := SelfSigned(t)
	s := &Server{t: t, options: o, cert: cert, CAs: pool, calls: map[Stage]int{}, changed: make(chan struct{})}
	s.listen("127.0.0.1:0")
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) listen(address string) {
	s.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		s.t.Fatal("smtptest: ", err)
	}
	s.Host, s.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	server := gosmtp.NewServer(gosmtp.BackendFunc(s.session))
	server.Domain, server.AllowInsecureAuth = "localhost", true
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	config := &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12}
	switch {
	case s.options.Implicit:
		l = tls.NewListener(l, config)
	case s.options.TLS:
		server.TLSConfig = config
	}
	s.server, s.socket = server, l
	go func() { _ = server.Serve(wire{l, s}) }()
}

// Stop closes the server and every connection; nothing listens on its port then.
func (s *Server) Stop() {
	_ = s.server.Close()
	_ = s.socket.Close() // the library may not know it yet
}

// Restart listens on the same port again after Stop.
func (s *Server) Restart() {
	s.t.Helper()
	s.listen(net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
}

// Script sets how the server misbehaves from now on. f gets the stage and how many
// times it was reached, 1 at first; nil means to go on as usual.
func (s *Server) Script(f func(stage Stage, n int) *Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = f
	s.calls = map[Stage]int{}
}

// Mails gives every mail whose final dot came, accepted or not.
func (s *Server) Mails() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.mails...)
}

// Wait returns as soon as n mails have come, or fails the test when it ends first.
func (s *Server) Wait(n int) []Received {
	s.t.Helper()
	s.until(func() bool { return len(s.mails) >= n })
	return s.Mails()
}

// WaitGone returns as soon as n clients have said hello and all have left.
func (s *Server) WaitGone(n int) {
	s.t.Helper()
	s.until(func() bool { return s.connections >= n && s.open == 0 })
}

// until waits for what happened to be true; it is asked under the lock.
func (s *Server) until(happened func() bool) {
	s.t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		yes, changed := happened(), s.changed
		s.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatal("smtptest: what the test waits for did not happen")
		}
	}
}

// change does something under the lock and tells those who wait.
func (s *Server) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Connections tells how many clients have said hello since the start.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// Grouped tells for how many mails the commands came in one piece.
func (s *Server) Grouped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grouped
}

var errDropped = errors.New("dropped")

// misbehave asks the script and does what it says.
func (s *Server) misbehave(stage Stage, c *gosmtp.Conn) error {
	s.mu.Lock()
	s.calls[stage]++
	n, script := s.calls[stage], s.script
	s.mu.Unlock()
	if script == nil {
		return nil
	}
	r := script(stage, n)
	if r == nil {
		return nil
	}
	if r.Hang != nil {
		select {
		case <-r.Hang:
		case <-s.t.Context().Done():
		}
	}
	if r.Drop {
		_ = c.Conn().Close()
		return errDropped
	}
	if r.Code == 0 {
		return nil
	}
	text := r.Text
	if text == "" {
		text = "as scripted"
	}
	return &gosmtp.SMTPError{Code: r.Code, EnhancedCode: r.Enhanced, Message: text}
}

func (s *Server) session(c *gosmtp.Conn) (gosmtp.Session, error) {
	s.change(func() { s.connections++; s.open++ })
	if err := s.misbehave(Hello, c); err != nil {
		return nil, err
	}
	plain := &session{server: s, conn: c}
	if s.options.Username != "" {
		return &authSession{plain}, nil
	}
	return plain, nil
}

type session struct {
	server *Server
	conn   *gosmtp.Conn
	mail   Received
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.mail.From = from
	return s.server.misbehave(Mail, s.conn)
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mail.To = to
	return s.server.misbehave(Rcpt, s.conn)
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Raw, s.mail.HELO = raw, s.conn.Hostname()
	s.server.change(func() { s.server.mails = append(s.server.mails, s.mail) })
	return s.server.misbehave(Accept, s.conn)
}

func (s *session) Reset() { s.mail = Received{} }

func (s *session) Logout() error {
	s.server.change(func() { s.server.open-- })
	return nil
}

type authSession struct{ *session }

func (s *authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if err := s.server.misbehave(Auth, s.conn); err != nil {
			return err
		}
		if username != s.server.options.Username || password != s.server.options.Password {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}), nil
}
