package cguest

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/usher-id/usher/tests/toolchain"
)

const install = "no compiler of C guests: install the packages clang and lld"

// Build gives the module of a C source. The path is relative to the test's folder.
func Build(t testing.TB, source string) []byte {
	t.Helper()
	toolchain.Need(t, install, "clang", "wasm-ld")
	return toolchain.Build(t, install, source, func(dir, module string) error {
		object := filepath.Join(dir, "guest.o")
		return toolchain.Run( // in two steps: clang would run whatever wasm-opt is on the machine
			[]string{
				"clang", "--target=wasm32", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-mbulk-memory",
				"-I", headers(), "-c", source, "-o", object,
			},
			[]string{"wasm-ld", "--no-entry", "--strip-all", "-z", "stack-size=32768", object, "-o", module},
		)
	})
}

// headers is the folder of usher.h.
func headers() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "../../sdk/c")
}
