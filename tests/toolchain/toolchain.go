package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// longest is how long one command may take on a busy machine.
const longest = 5 * time.Minute

// ErrMissing is wrapped by the failure of a step that lacks a part of the machine.
var ErrMissing = errors.New("a part is missing")

// built are the guests that this test binary has built or is building, by their source.
var built sync.Map //nolint:gochecknoglobals // a build cache

// Need ends the test, which needs what can be installed as that says, when one of the programs is missing.
func Need(t testing.TB, install string, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, install, err)
		}
	}
}

func missing(t testing.TB, install string, err error) {
	t.Helper()
	Missing(t, fmt.Sprintf("%s: %v", install, err))
}

// Missing ends a test that lacks what can be installed as that says: on a laptop it is skipped, in CI it fails.
func Missing(t testing.TB, install string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(install)
	}
	t.Skip(install)
}

// Build gives the module that the steps make of a source. They are told a folder of their own and which file in it is to be
// the module. Where they fail with [ErrMissing] the test ends as with [Need].
func Build(t testing.TB, install, source string, steps func(dir, module string) error) []byte {
	t.Helper()
	build, _ := built.LoadOrStore(source, sync.OnceValues(func() ([]byte, error) { return inFolder(steps) }))
	wasm, err := build.(func() ([]byte, error))()
	if errors.Is(err, ErrMissing) {
		missing(t, install, err)
	}
	if err != nil {
		t.Fatalf("build %s: %v", source, err)
	}
	return wasm
}

func inFolder(steps func(dir, module string) error) ([]byte, error) {
	dir, err := os.MkdirTemp("", "usher-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	module := filepath.Join(dir, "guest.wasm")
	if err := steps(dir, module); err != nil {
		return nil, err
	}
	return os.ReadFile(module)
}

// Run runs commands one after the other.
func Run(commands ...[]string) error {
	for _, command := range commands {
		if _, err := Output(command...); err != nil {
			return err
		}
	}
	return nil
}

// Output is what a command prints. Its error has what else it said.
func Output(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%s: %w\n%s", command[0], err, exit.Stderr)
	}
	return string(out), err
}
