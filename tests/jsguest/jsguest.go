package jsguest

import (
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/usher-id/usher/tests/toolchain"
)

// The pinned package, which carries the C source of QuickJS, and the SHA-512 of its tarball, in base64 as npm writes it.
const (
	spec    = "qjsc@0.3.0"
	tarball = "qjsc-0.3.0.tgz"
	sum     = "a7+cU6/IVcZbIejffdt/wZVMX6LL2MDL3HQ9Zb5Gm23G9DvBMS/z9GHFxz39bAvp2PvMOM+ypSOAyokt2DdZ2w=="
	engine  = "package/deps/quickjs_2021_03_27"
)

const install = "no compiler of JavaScript guests: install npm and the packages clang, lld, wasi-libc and libclang-rt-dev-wasm32"

// Build gives the module of a JavaScript source. The path is relative to the test's folder.
func Build(t testing.TB, source string) []byte {
	t.Helper()
	toolchain.Need(t, install, "npm", "tar", "clang", "wasm-ld")
	return toolchain.Build(t, install, source, func(dir, module string) error {
		if err := library(dir); err != nil {
			return err
		}
		if err := fetch(dir); err != nil {
			return err
		}
		if err := embed(source, filepath.Join(dir, "script.h")); err != nil {
			return err
		}
		return compile(dir, module)
	})
}

// library tries out whether clang finds a C library for WASI.
func library(dir string) error {
	probe := filepath.Join(dir, "probe.c")
	if err := os.WriteFile(probe, []byte("#include <math.h>\nint main(void) { return 0; }\n"), 0o600); err != nil {
		return err
	}
	if err := toolchain.Run([]string{"clang", "--target=wasm32-wasi", probe, "-o", filepath.Join(dir, "probe.wasm")}); err != nil {
		return fmt.Errorf("%w: %w", toolchain.ErrMissing, err)
	}
	return nil
}

// fetch brings the engine's source with the ordinary npm client.
func fetch(dir string) error {
	pack := []string{"npm", "pack", "--loglevel=error", "--ignore-scripts", "--cache", filepath.Join(dir, "npm"), "--pack-destination", dir, spec}
	if err := toolchain.Run(pack); err != nil {
		return fmt.Errorf("%w: %w", toolchain.ErrMissing, err)
	}
	packed, err := os.ReadFile(filepath.Join(dir, tarball))
	if err != nil {
		return err
	}
	hash := sha512.Sum512(packed)
	if got := base64.StdEncoding.EncodeToString(hash[:]); got != sum {
		return fmt.Errorf("%s is not the pinned package: sha512 %s, wanted %s", tarball, got, sum)
	}
	return toolchain.Run([]string{"tar", "-xzf", filepath.Join(dir, tarball), "-C", dir, engine})
}

// embed writes the script as what a C array begins with.
func embed(source, header string) error {
	script, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	var numbers []byte
	for _, c := range script {
		numbers = fmt.Appendf(numbers, "%d,", c)
	}
	return os.WriteFile(header, append(numbers, '\n'), 0o600) //nolint:gosec // a folder of the test's own
}

// compile takes WASI for what QuickJS knows as Emscripten: no threads, no native stack to look at. WebAssembly rounds in one way.
// The linking has no -O, with which clang would run whatever wasm-opt is on the machine.
func compile(dir, module string) error {
	_, here, _, _ := runtime.Caller(0)
	shell, sdk, source := filepath.Join(filepath.Dir(here), "testdata/shell.c"), filepath.Join(filepath.Dir(here), "../../sdk/c"), filepath.Join(dir, engine)
	compiler := []string{"clang", "--target=wasm32-wasi", "-O2", "-mbulk-memory"}
	theirs := append(compiler[:4:4], "-w", "-D_GNU_SOURCE", "-DEMSCRIPTEN", "-DFE_DOWNWARD=FE_TONEAREST", "-DFE_UPWARD=FE_TONEAREST", `-DCONFIG_VERSION="2021-03-27"`)
	ours := append(compiler[:4:4], "-std=c17", "-Wall", "-Wextra", "-Werror", "-isystem", source, "-I", sdk, "-I", dir)
	link := []string{"clang", "--target=wasm32-wasi", "-mexec-model=reactor", "-Wl,--strip-all", "-Wl,-z,stack-size=1048576", "-o", module}
	var commands [][]string
	for _, unit := range []string{"quickjs", "cutils", "libregexp", "libunicode"} {
		object := filepath.Join(dir, unit+".o")
		commands = append(commands, append(theirs[:len(theirs):len(theirs)], "-c", filepath.Join(source, unit+".c"), "-o", object))
		link = append(link, object)
	}
	object := filepath.Join(dir, "shell.o")
	return toolchain.Run(append(commands, append(ours, "-c", shell, "-o", object), append(link, object))...)
}
