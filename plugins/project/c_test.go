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

// TestToolchainOfC is what an author in C may lack or get wrong, each with what to do.
func TestToolchainOfC(t *testing.T) {
	p := create(t, "c", hostapi.HookSignupValidate)
	source := filepath.Join(p.Dir, "policy", "signup_validate.c")
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source, append(text, "\nstatic int idle(void) { return 0; }\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	p.Said = &said
	if err := p.Build(t.Context()); !errors.Is(err, project.ErrToolchain) && !strings.Contains(said.String(), "unused function 'idle'") {
		t.Errorf("a build with a warning says %q, %v", said.String(), err)
	}
	if err := os.WriteFile(source, append(text, "\nnonsense\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Build(t.Context()); err == nil || !errors.Is(err, project.ErrToolchain) && !strings.Contains(err.Error(), "policy/signup_validate.c:") {
		t.Errorf("a build of broken source: %v", err)
	}
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	for _, step := range []struct{ program, script, says string }{
		{"", "", "there is no clang"},
		{"clang", "#!/bin/sh\necho '    x86-64 - 64-bit X86'\n", "there is no wasm-ld"},
		{"wasm-ld", "#!/bin/sh\n", "makes no WebAssembly"},
	} {
		if step.program != "" {
			if err := os.WriteFile(filepath.Join(folder, step.program), []byte(step.script), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		err := p.Build(t.Context())
		if !errors.Is(err, project.ErrToolchain) || !strings.Contains(err.Error(), step.says) || !strings.Contains(err.Error(), "apt-get install clang lld") {
			t.Errorf("with %q: %v", step.program, err)
		}
	}
}
