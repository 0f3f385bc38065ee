package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/load/report"
)

// TestQuick runs the whole program with few people and asks only whether everything
// worked: what the figures are says nothing on a machine that runs other tests.
func TestQuick(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("half a minute")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "load")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "-quick", "-clients", "2,8", "-out", dir, "-set", "plugins.call_timeout=5s", "-set", "hashing.queue_timeout=30s")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if strings.Contains(stderr.String(), "no PostgreSQL server programs found") && os.Getenv("CI") != "true" {
			t.Skip(stderr.String())
		}
		t.Fatalf("%v: %s", err, &stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "latest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Modes) != 2 {
		t.Fatalf("%d modes, want off and required", len(r.Modes))
	}
	for _, target := range r.Targets {
		truth := strings.Contains(target.What, "failed") || strings.Contains(target.What, "lost") ||
			strings.Contains(target.What, "invariant") || strings.Contains(target.What, "trips") || strings.Contains(target.What, "commits")
		if truth && !target.Reached {
			t.Errorf("%s: %g", target.What, target.Got)
		}
	}
	if !strings.Contains(stdout.String(), "## Targets") {
		t.Errorf("no table of targets in:\n%s", &stdout)
	}
}
