package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Server is a process that serves.
type Server struct {
	Address  string // of its HTTP listener
	Operator string // of its operators' listener; "" when it has none
	PID      int

	end  func()
	done chan struct{} // closed when it has ended
	err  error         // how; read after done
}

// Host starts the host's binary with settings, by their keys, and nothing else of this
// environment; its lines go to a file. It returns when ready.json says where it listens.
func Host(ctx context.Context, binary, dataDir, logFile string, settings map[string]string) (*Server, error) {
	out, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	defer out.Close()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), binary, "serve")
	cmd.Dir = dataDir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "USHER_DATA_DIR=" + dataDir}
	for key, value := range settings {
		cmd.Env = append(cmd.Env, "USHER_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))+"="+value)
	}
	s, err := start(cmd)
	if err != nil {
		return nil, err
	}
	s.end = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	if err := s.awaitReady(ctx, filepath.Join(dataDir, "ready.json")); err != nil {
		_ = s.Stop()
		return nil, fmt.Errorf("process: the host does not get ready: %w\n%s", err, tail(logFile))
	}
	return s, nil
}

// Floor starts this program again as the floor's server; its first line says where it
// listens. It ends when its standard input does, so never after this process.
func Floor(ctx context.Context, arguments ...string) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, arguments...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	stdout, write, err := os.Pipe() // the command's own pipe is closed by Wait, perhaps before it is read
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	defer stdout.Close()
	cmd.Stdout = write
	s, err := start(cmd)
	_ = write.Close()
	if err != nil {
		return nil, err
	}
	s.end = func() { _ = stdin.Close() }
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = s.Stop()
		return nil, fmt.Errorf("process: the floor does not get ready: %w", err)
	}
	s.Address = strings.TrimSpace(line)
	return s, nil
}

func start(cmd *exec.Cmd) (*Server, error) {
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	s := &Server{PID: cmd.Process.Pid, done: make(chan struct{})}
	go func() {
		s.err = cmd.Wait()
		close(s.done)
	}()
	return s, nil
}

const (
	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
	look         = 5 * time.Millisecond
)

// awaitReady looks for the file that the host writes whole.
func (s *Server) awaitReady(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	again := time.NewTicker(look)
	defer again.Stop()
	for {
		var ready struct{ HTTP, Operator string }
		text, err := os.ReadFile(name)
		if err == nil && json.Unmarshal(text, &ready) == nil {
			s.Address, s.Operator = host(ready.HTTP), host(ready.Operator)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return fmt.Errorf("it ended: %w", s.err)
		case <-again.C:
		}
	}
}

// host is what comes after http://, if that is there.
func host(address string) string {
	_, after, found := strings.Cut(address, "://")
	if !found {
		after = address
	}
	return strings.TrimRight(after, "/")
}

// Alive tells whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Stop asks the process to end and waits for it. How it ended before is returned.
func (s *Server) Stop() error {
	s.end()
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		_ = syscall.Kill(s.PID, syscall.SIGKILL)
		<-s.done
		return errors.New("process: it had to be killed")
	}
	return s.err
}

// tail is the end of a log, for an error.
func tail(name string) string {
	const most = 4096
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(end-most, 0), io.SeekStart)
	}
	text, _ := io.ReadAll(f)
	return string(text)
}
