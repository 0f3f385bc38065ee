package hosttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/contract"
	"github.com/usher-id/usher/tests/pgtest"
)

// Options say what to run. The zero value is "usher dev" in a new directory, with a
// private Postgres, the sink, and no guests.
type Options struct {
	Command  string            // "dev" when empty
	Guests   bool              // with the bundled plugins
	Settings map[string]string // by key, such as "log.level"; the host gets them in its environment
	File     string            // YAML for a configuration file, at Host.ConfigFile
	Dir      string            // that of a host that has ended, to start on its data; a new one when empty
}

// Host is one process. Its methods are safe for concurrent use, but those that end it.
type Host struct {
	Dir        string  // where it runs
	DataDir    string  // .usher in Dir
	ConfigFile string  // "" without Options.File
	URL        string  // of the public listener, such as http://127.0.0.1:4711
	Operator   string  // of the operators' listener
	PID        int     //
	Out        *Output // for a person: the start-up lines
	Log        *Output // the log

	database string   // the operator's own; "" for a private one
	answered sync.Map // what calls through clients succeeded, such as "GET /livez"
	cmd      *exec.Cmd
	done     chan struct{} // closed when it has ended
	err      error         // how; read after done
	document func() (*contract.Document, error)
}

// Start starts a host and returns when it is ready. When the test ends the host is
// stopped and must end well.
func Start(t testing.TB, o Options) *Host {
	t.Helper()
	if o.Settings["database.url"] == "" { // it starts a database by itself
		pgtest.Need(t)
	}
	h, err := start(o)
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	t.Cleanup(func() {
		err := h.close()
		if o.Dir == "" {
			_ = os.RemoveAll(h.Dir)
		}
		if err != nil {
			t.Error("hosttest: ", err)
		}
		if t.Failed() {
			t.Logf("the log of the host:\n%s", tail(h.Log.String()))
		}
	})
	return h
}

func start(o Options) (*Host, error) {
	h := &Host{Dir: o.Dir, Out: NewOutput(), Log: NewOutput(), done: make(chan struct{})}
	if h.Dir == "" {
		dir, err := pgtest.TempDir()
		if err != nil {
			return nil, err
		}
		h.Dir = dir
	}
	h.DataDir = filepath.Join(h.Dir, ".usher")
	h.document = sync.OnceValues(h.readDocument)
	if err := h.command(o); err != nil {
		return nil, err
	}
	if err := h.run(); err != nil {
		return nil, err
	}
	if err := h.ready(); err != nil {
		_ = h.close()
		return nil, fmt.Errorf("the host does not get ready: %w\n%s", err, tail(h.Log.String()))
	}
	return h, nil
}

// command prepares the process.
func (h *Host) command(o Options) error {
	program := bare
	if o.Guests || o.Settings["plugins.load"] != "" {
		program = whole
	}
	path, err := program()
	if err != nil {
		return err
	}
	h.database = o.Settings["database.url"]
	settings := map[string]string{"data_dir": h.DataDir, "http.listen": "127.0.0.1:0", "operator.listen": "127.0.0.1:0"}
	settings["plugins.call_timeout"] = "5s" // a busy machine is not what is tested
	maps.Copy(settings, o.Settings)
	if o.File != "" {
		h.ConfigFile = filepath.Join(h.Dir, "usher.yaml")
		if err := os.WriteFile(h.ConfigFile, []byte(o.File), 0o600); err != nil {
			return err
		}
		settings["config"] = h.ConfigFile
	}
	name := o.Command
	if name == "" {
		name = "dev"
	}
	h.cmd = exec.Command(path, name) //nolint:noctx // close and the test's own deadline end it
	h.cmd.Dir, h.cmd.Env = h.Dir, environ(settings)
	h.cmd.Stdout, h.cmd.Stderr = h.Out, h.Log
	h.cmd.SysProcAttr, h.cmd.WaitDelay = child(), 5*time.Second
	return nil
}

// run starts the process. The goroutine keeps its thread, because the kernel's signal at
// a parent's death is sent when the thread goes that forked.
func (h *Host) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := h.cmd.Start()
		started <- err
		if err == nil {
			h.err = h.cmd.Wait()
			close(h.done)
		}
	}()
	return <-started
}

// ready waits for the line that says so, and reads where the host listens.
func (h *Host) ready() error {
	late := time.After(Patience)
	for {
		text, changed := h.Out.state()
		if len(linesWith(text, []string{" is ready."})) > 0 {
			break
		}
		select {
		case <-changed:
		case <-h.done:
			return fmt.Errorf("it ended: %w", h.err)
		case <-late:
			return errors.New("it takes too long")
		}
	}
	text, err := os.ReadFile(h.ReadyFile())
	if err != nil {
		return err
	}
	var says struct {
		HTTP, Operator string
		PID            int
	}
	if err := json.Unmarshal(text, &says); err != nil {
		return fmt.Errorf("ready.json: %w", err)
	}
	h.URL, h.Operator, h.PID = "http://"+says.HTTP, "http://"+says.Operator, says.PID
	return nil
}

// ReadyFile is where the host says what it bound.
func (h *Host) ReadyFile() string { return filepath.Join(h.DataDir, "ready.json") }

// DatabaseURL is that of the database that the host works on, private or not.
func (h *Host) DatabaseURL(t testing.TB) string {
	t.Helper()
	if h.database != "" {
		return h.database
	}
	const name = ".s.PGSQL."
	sockets, err := filepath.Glob(filepath.Join(h.DataDir, "postgres", "pg-socket", name+"*[0-9]"))
	if err != nil || len(sockets) != 1 {
		t.Fatalf("hosttest: the sockets of the private Postgres are %v, %v", sockets, err)
	}
	dir, file := filepath.Split(sockets[0])
	return "postgres://usher@/usher?" + url.Values{
		"host": {filepath.Clean(dir)}, "port": {strings.TrimPrefix(file, name)}, "sslmode": {"disable"},
	}.Encode()
}

// OperatorToken is what lets an operator in.
func (h *Host) OperatorToken(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.DataDir, "operator.token"))
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return strings.TrimSpace(string(text))
}
