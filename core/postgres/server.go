package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	database       = "usher"
	defaultPort    = 5432 // also names the socket's file
	maxSocketDir   = 80   // a socket's whole path must stay under 104 bytes (macOS) or 108 (Linux)
	readyTimeout   = 2 * time.Minute
	killPatience   = 5 * time.Second
	outputPatience = 2 * time.Second
)

// Server is a running private PostgreSQL. Its methods are safe for concurrent use.
type Server struct {
	cfg       Config
	socketDir string
	ownSocket bool // socketDir is a temporary directory of this server
	lock      *os.File
	process   *os.Process
	out       *output
	done      chan struct{}
	err       error // why the process ended; read after done
}

// Start finds the programs, makes the data directory when there is none, runs the server and returns when it accepts
// connections and has the database "usher". The context bounds the start only; the server runs until Stop or, on Linux,
// until this process dies. It returns an *InUseError when another server runs on the same data, and touches nothing
// when the data is of another major version.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	dir, err := makeDataDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	cfg.DataDir = dir
	in, err := Find(ctx, cfg)
	if err != nil {
		return nil, err
	}
	data := pgData(dir, in.Major)
	as, err := serverAccount(data)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(as.admit(dir), as.reach(in.BinDir), checkMajor(dir, in)); err != nil {
		return nil, err
	}
	held, err := lock(data)
	if err != nil {
		return nil, err
	}

	s := &Server{cfg: cfg, lock: held, done: make(chan struct{})}
	if err := s.run(ctx, in, as, data); err != nil {
		s.release()
		return nil, err
	}
	cfg.Log.InfoContext(ctx, "private postgres ready", "major", in.Major, "pid", s.process.Pid, "data_dir", data)
	return s, nil
}

// run goes from a locked directory to a server with its database.
func (s *Server) run(ctx context.Context, in Install, as account, data string) error {
	if err := initialise(ctx, s.cfg, in, as); err != nil {
		return err
	}
	if err := clearStale(ctx, data); err != nil {
		return err
	}
	if err := s.makeSocketDir(as); err != nil {
		return err
	}
	if err := s.exec(ctx, in, as, data); err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), killPatience)
		defer cancel()
		return errors.Join(err, s.Stop(stop))
	}
	return nil
}

// makeSocketDir uses a folder beside the data, so that a person finds it, or a short temporary one when that path is
// too long for a socket.
func (s *Server) makeSocketDir(as account) error {
	dir := filepath.Join(s.cfg.DataDir, "pg-socket")
	if len(dir) >= maxSocketDir {
		short, err := os.MkdirTemp("", "usher-pg-*")
		if err != nil {
			return err
		}
		dir, s.ownSocket = short, true
	}
	s.socketDir = dir
	if len(dir) >= maxSocketDir {
		return fmt.Errorf("postgres: %s is too long for a socket's path", dir)
	}
	if err := as.own(dir); err != nil {
		return fmt.Errorf("postgres: make the socket directory: %w", err)
	}
	return as.reach(dir)
}

// exec starts the process, which outlives the context of the start. The goroutine keeps its thread until the process
// ends, because the parent-death signal is sent when the thread that forked goes away, not when the program does.
func (s *Server) exec(ctx context.Context, in Install, as account, data string) error {
	args := append([]string{"-D", data}, arguments(in.Major, s.socketDir, s.cfg)...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(in.BinDir, "postgres"), args...)
	cmd.Dir, cmd.Env = data, bareEnv()
	cmd.SysProcAttr = childAttr(as)
	cmd.WaitDelay = outputPatience // a backend that hangs must not keep the pipe, and Wait, open
	s.out = newOutput(s.cfg.Log)
	cmd.Stderr = s.out

	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		s.err = cmd.Wait()
		close(s.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("postgres: start: %w", err)
	}
	s.process = cmd.Process
	return nil
}

// ready waits for the server's own word, then makes the database and, for a port, the password.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	select {
	case <-s.out.ready:
	case <-s.done:
		return fmt.Errorf("postgres: the server ended while starting: %w\n%s", s.err, s.out.last())
	case <-ctx.Done():
		return fmt.Errorf("postgres: not ready: %w\n%s", ctx.Err(), s.out.last())
	}
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("postgres: first connection: %w", err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&exists); err != nil {
		return fmt.Errorf("postgres: look for the database: %w", err)
	}
	if !exists {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+database); err != nil {
			return fmt.Errorf("postgres: create the database: %w", err)
		}
	}
	if s.cfg.Port == 0 {
		return nil
	}
	quoted := "'" + strings.ReplaceAll(s.cfg.Password, "'", "''") + "'"
	if _, err := conn.Exec(ctx, "ALTER ROLE "+superuser+" PASSWORD "+quoted); err != nil {
		return fmt.Errorf("postgres: set the password: %w", err)
	}
	return nil
}

// URL is the connection string of a database over the server's socket. "usher" always exists.
func (s *Server) URL(database string) string {
	port := defaultPort
	if s.cfg.Port != 0 {
		port = s.cfg.Port
	}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	u.RawQuery = url.Values{
		"host": {s.socketDir}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"},
	}.Encode()
	return u.String()
}

// TCPURL is the connection string over 127.0.0.1, with its password, or "" when Config.Port is 0.
func (s *Server) TCPURL(database string) string {
	if s.cfg.Port == 0 {
		return ""
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.cfg.Password),
		Host: "127.0.0.1:" + strconv.Itoa(s.cfg.Port), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// PID is the server's process.
func (s *Server) PID() int { return s.process.Pid }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends every connection, has the server write its state and waits for it. When the context ends first the server
// is ended at once (the next start recovers) and the context's error returned. A second Stop does nothing.
func (s *Server) Stop(ctx context.Context) error {
	defer s.release()
	_ = s.process.Signal(syscall.SIGINT) // fast shutdown; an error means that it has ended
	select {
	case <-s.done:
		return s.ended()
	case <-ctx.Done():
	}
	_ = s.process.Signal(syscall.SIGQUIT) // immediate shutdown
	select {
	case <-s.done:
	case <-time.After(killPatience):
		_ = s.process.Kill()
		<-s.done
	}
	return fmt.Errorf("postgres: stop: %w", ctx.Err())
}

// ended is nil for a server that shut down as asked.
func (s *Server) ended() error {
	if s.err == nil || errors.Is(s.err, exec.ErrWaitDelay) {
		return nil
	}
	return fmt.Errorf("postgres: the server ended: %w\n%s", s.err, s.out.last())
}

// release gives the directory back once no server runs on it.
func (s *Server) release() {
	if s.ownSocket {
		_ = os.RemoveAll(s.socketDir)
	}
	_ = s.lock.Close()
}

// runLocked runs a short command on one thread, for the same reason as Server.exec, and returns what it printed.
func runLocked(cmd *exec.Cmd) (string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	return string(out), err
}
