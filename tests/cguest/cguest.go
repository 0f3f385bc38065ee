package cguest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// built are the guests that this test binary has built or is building, by their source.
var built sync.Map //nolint:gochecknoglobals // a build cache

// Build gives the module of a C source. The path is relative to the test's folder.
func Build(t testing.TB, source string) []byte {
	t.Helper()
	for _, tool := range []string{"clang", "wasm-ld"} {
		if _, err := exec.LookPath(tool); err != nil {
			unavailable(t, err)
		}
	}
	build, _ := built.LoadOrStore(source, sync.OnceValues(func() ([]byte, error) { return compile(source) }))
	wasm, err := build.(func() ([]byte, error))()
	if err != nil {
		t.Fatal("cguest: ", err)
	}
	return wasm
}

func unavailable(t testing.TB, err error) {
	t.Helper()
	const missing = "no compiler of C guests: install the packages clang and lld"
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", missing, err)
	}
	t.Skipf("%s: %v", missing, err)
}

// compile makes an object and links it in a step of its own: clang would run whatever wasm-opt is on the machine.
func compile(source string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "usher-cguest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	object, module := filepath.Join(dir, "guest.o"), filepath.Join(dir, "guest.wasm")
	for _, command := range [][]string{
		{
			"clang", "--target=wasm32", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-mbulk-memory",
			"-I", headers(), "-c", source, "-o", object,
		},
		{"wasm-ld", "--no-entry", "--strip-all", "-z", "stack-size=32768", object, "-o", module},
	} {
		if err := run(command); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
	}
	return os.ReadFile(module)
}

func run(command []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if said, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command[0], err, said)
	}
	return nil
}

// headers is the folder of usher.h.
func headers() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "../../sdk/c")
}
