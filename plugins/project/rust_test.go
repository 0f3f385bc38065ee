package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/project"
)

// TestToolchainOfRust is what an author in Rust may lack, each with what to do: cargo, rustc, the library, the linker.
func TestToolchainOfRust(t *testing.T) {
	p := create(t, "rust", hostapi.HookSignupValidate)
	programs, sysroot := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(sysroot, "lib", "rustlib", "wasm32-unknown-unknown"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs)
	for _, step := range []struct{ program, script, says string }{
		{"", "", "there is no cargo"},
		{"cargo", "#!/bin/sh\necho 'error: linker `rust-lld` not found' >&2\nexit 101\n", "there is no rustc"},
		{"rustc", "#!/bin/sh\necho /nowhere\n", "rustc has no library for wasm32-unknown-unknown"},
		{"rustc", "#!/bin/sh\necho " + sysroot + "\n", "rustc has no linker"},
	} {
		if step.program != "" {
			if err := os.WriteFile(filepath.Join(programs, step.program), []byte(step.script), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		err := p.Build(t.Context())
		if !errors.Is(err, project.ErrToolchain) || !strings.Contains(err.Error(), step.says) || !strings.Contains(err.Error(), "rustup target add wasm32-unknown-unknown") {
			t.Errorf("with %q: %v", step.program, err)
		}
	}
}
