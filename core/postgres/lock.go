package postgres

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// orphanPatience is how long Start waits for a server whose parent was killed to shut down.
const orphanPatience = 10 * time.Second

// InUseError says that the data directory already has a running server.
type InUseError struct {
	Dir string // the PostgreSQL data directory
	PID int    // the process to stop: the one that started the server, or the server itself
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("postgres: %s is in use by process %d; stop it first, or use another data directory", e.Dir, e.PID)
}

// lock takes the data directory for this process. The kernel gives it back when the process ends, however it ends.
func lock(data string) (*os.File, error) {
	f, err := os.OpenFile(data+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("postgres: open the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		text, _ := io.ReadAll(f) // without a readable pid the answer is still "in use"
		_ = f.Close()
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return nil, &InUseError{Dir: data, PID: pid}
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("postgres: write the lock: %w", err)
	}
	return f, nil
}

// clearStale deals with what a killed process left. The lock is ours, so a server that still runs on the data is an
// orphan: on Linux it is shutting down by its parent-death signal, and is waited for. A postmaster.pid whose number now
// belongs to another program would make PostgreSQL refuse to start for ever, so that one file is removed.
func clearStale(ctx context.Context, data string) error {
	file := filepath.Join(data, "postmaster.pid")
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, orphanPatience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		holder := serverOn(data)
		if holder == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return &InUseError{Dir: data, PID: holder}
		case <-tick.C:
		}
	}
	if pid := pidIn(file); pid > 0 && syscall.Kill(pid, 0) == nil {
		return os.Remove(file)
	}
	return nil // PostgreSQL itself takes over from a dead pid
}

// pidIn is the first line of postmaster.pid, or 0.
func pidIn(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}
