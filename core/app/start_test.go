package app_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/app"
)

// start starts a host for development on a data directory that holds it up before the database.
func start(t *testing.T, dir string) error {
	t.Helper()
	_, err := app.Start(t.Context(), app.Options{
		Development: true, Out: io.Discard, Err: io.Discard,
		Sources: config.Sources{Dev: true, Environ: []string{
			"USHER_DATA_DIR=" + dir, "USHER_HTTP_LISTEN=127.0.0.1:0", "USHER_OPERATOR_LISTEN=127.0.0.1:0",
		}},
	})
	return err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// To remove a damaged root key would make the database useless, so that is no advice.
func TestDamagedRootKey(t *testing.T) {
	t.Parallel()
	for _, damaged := range []string{"", "short\n", strings.Repeat("not base64!", 4)} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "secret.key"), damaged)
		err := start(t, dir)
		if err == nil || !strings.Contains(err.Error(), "put back") || strings.Contains(err.Error(), "remove it") {
			t.Errorf("with %q: %v", damaged, err)
		}
	}
}

// Whoever waits for ready.json must not read the addresses of a host that was killed.
func TestStaleReadyFile(t *testing.T) {
	t.Parallel()
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Skip(err)
	}
	for name, tt := range map[string]struct {
		pid  int
		kept bool
	}{
		"of a host that was killed": {gone.Process.Pid, false},
		"of another that runs":      {os.Getppid(), true},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "secret.key"), "damaged")
		ready := filepath.Join(dir, "ready.json")
		write(t, ready, `{"http":"127.0.0.1:1","operator":"127.0.0.1:2","pid":`+strconv.Itoa(tt.pid)+`}`)
		if err := start(t, dir); err == nil {
			t.Fatal("it started")
		}
		if _, err := os.Stat(ready); (err == nil) != tt.kept {
			t.Errorf("the file %s: %v", name, err)
		}
	}
}
