package hosttest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Signal sends a signal to the host.
func (h *Host) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := h.cmd.Process.Signal(s); err != nil {
		t.Fatal("hosttest: signal: ", err)
	}
}

// Stop ends the host as an operator does, by SIGTERM, and waits for it; anything but
// exit code 0 fails the test.
func (h *Host) Stop(t testing.TB) {
	t.Helper()
	if err := h.close(); err != nil {
		t.Fatal("hosttest: ", err)
	}
}

// Kill ends the host as a crash does, by SIGKILL, and waits for it.
func (h *Host) Kill(t testing.TB) {
	t.Helper()
	h.Signal(t, syscall.SIGKILL)
	<-h.done
}

// Wait waits for a host that was told to end and gives its exit code.
func (h *Host) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-h.done:
		return h.cmd.ProcessState.ExitCode()
	case <-time.After(Patience):
		t.Fatal("hosttest: the host does not end")
		return 0
	}
}

// Ended tells whether the process has ended.
func (h *Host) Ended() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

// close stops a host that runs. Its error tells of one that did not end well, or had a
// data race.
func (h *Host) close() error {
	stopped := !h.Ended()
	if stopped {
		_ = h.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-h.done:
		case <-time.After(Patience):
			_ = h.cmd.Process.Signal(syscall.SIGQUIT) // its goroutines go to the log
			<-h.done
		}
	}
	if log := h.Log.String(); strings.Contains(log, "DATA RACE") {
		return errors.New("the host has a data race:\n" + log[strings.Index(log, "DATA RACE"):])
	}
	if stopped && h.err != nil {
		return fmt.Errorf("the host ended with %w:\n%s", h.err, tail(h.Log.String()))
	}
	return nil
}
