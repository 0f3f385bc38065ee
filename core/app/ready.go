package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Ready is what ready.json in the data directory says while the host is ready: the
// addresses that were bound, which differ from the configured ones where a port is 0.
type Ready struct {
	HTTP     string `json:"http"`
	Operator string `json:"operator"`
	PID      int    `json:"pid"`
}

func readyFile(dataDir string) string { return filepath.Join(dataDir, "ready.json") }

// writeReady puts the file in its place whole, so that a reader never sees half of it.
func writeReady(dataDir string, r Ready) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("app: ready.json: %w", err)
	}
	draft, err := os.CreateTemp(dataDir, "ready-*.json")
	if err != nil {
		return fmt.Errorf("app: ready.json: %w", err)
	}
	_, err = draft.Write(append(text, '\n'))
	if err = errors.Join(err, draft.Chmod(0o644), draft.Close()); err == nil {
		err = os.Rename(draft.Name(), readyFile(dataDir))
	}
	if err != nil {
		_ = os.Remove(draft.Name())
		return fmt.Errorf("app: ready.json: %w", err)
	}
	return nil
}

// removeReady takes the file away, but only this process's own.
func removeReady(dataDir string) {
	if r, ok := ReadReady(dataDir); ok && r.PID == os.Getpid() {
		_ = os.Remove(readyFile(dataDir))
	}
}

// removeStale takes the file of a host away that ended without doing so: whoever waits
// for this start would take the old addresses for the new ones.
func removeStale(dataDir string) {
	if r, ok := ReadReady(dataDir); ok && errors.Is(syscall.Kill(r.PID, 0), syscall.ESRCH) {
		_ = os.Remove(readyFile(dataDir))
	}
}

// ReadReady reads what the host that runs on a data directory says; ok is false when none does.
func ReadReady(dataDir string) (r Ready, ok bool) {
	text, err := os.ReadFile(readyFile(dataDir))
	return r, err == nil && json.Unmarshal(text, &r) == nil && r.PID > 0
}
