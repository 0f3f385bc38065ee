package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The pinned package, which carries the C source of QuickJS and of which no script runs, and the SHA-512 of its
// tarball, in base64 as npm writes it.
const (
	spec    = "qjsc@0.3.0"
	tarball = "qjsc-0.3.0.tgz"
	sum     = "a7+cU6/IVcZbIejffdt/wZVMX6LL2MDL3HQ9Zb5Gm23G9DvBMS/z9GHFxz39bAvp2PvMOM+ypSOAyokt2DdZ2w=="
	source  = "package/deps/quickjs_2021_03_27"
)

// compile gives the engine.
func compile(ctx context.Context, shell string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "usher-engine-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := fetch(ctx, dir); err != nil {
		return nil, err
	}
	if err := change(filepath.Join(dir, source, "quickjs.c")); err != nil {
		return nil, err
	}
	module := filepath.Join(dir, "engine.wasm")
	for _, command := range commands(dir, module, shell) {
		if _, err := output(ctx, command...); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(module)
}

// fetch brings the source with the ordinary npm client.
func fetch(ctx context.Context, dir string) error {
	pack := []string{"npm", "pack", "--loglevel=error", "--ignore-scripts", "--cache", filepath.Join(dir, "npm"), "--pack-destination", dir, spec}
	if _, err := output(ctx, pack...); err != nil {
		return err
	}
	packed, err := os.ReadFile(filepath.Join(dir, tarball))
	if err != nil {
		return err
	}
	hash := sha512.Sum512(packed)
	if got := base64.StdEncoding.EncodeToString(hash[:]); got != sum {
		return fmt.Errorf("%s is not the pinned package: sha512 %s, wanted %s", tarball, got, sum)
	}
	_, err = output(ctx, "tar", "-xzf", filepath.Join(dir, tarball), "-C", dir, source)
	return err
}

// change makes the one change to QuickJS: functions do not keep their source beside their code, which would put the
// text of every function into a module once for each function around it. Lines of exceptions stay.
func change(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, after := []byte("b->debug.source = fd->source;"), []byte("js_free(ctx, fd->source); b->debug.source = NULL;")
	if n := bytes.Count(text, before); n != 1 {
		return fmt.Errorf("%s has %q %d times", file, before, n)
	}
	return os.WriteFile(file, bytes.Replace(text, before, after, 1), 0o600) //nolint:gosec // a folder of its own
}

// commands compile and link. QuickJS takes WASI for Emscripten, with which it has no threads; its check of the stack
// it has all the same. WebAssembly rounds in one way. The stack comes first in memory, so that below it is the end. The linking has
// no -O, with which clang would run whatever wasm-opt is on the machine.
func commands(dir, module, shell string) (list [][]string) {
	compiler := []string{"clang", "--target=wasm32-wasi", "-Os", "-mbulk-memory", "-DNDEBUG", "-ffunction-sections", "-fdata-sections"}
	theirs := append(compiler[:len(compiler):len(compiler)], "-w", "-D_GNU_SOURCE", "-DEMSCRIPTEN", "-DCONFIG_STACK_CHECK",
		"-DFE_DOWNWARD=FE_TONEAREST", "-DFE_UPWARD=FE_TONEAREST", `-DCONFIG_VERSION="2021-03-27"`)
	ours := append(compiler[:len(compiler):len(compiler)], "-std=c17", "-Wall", "-Wextra", "-Werror", "-isystem", filepath.Join(dir, source))
	link := []string{
		"clang", "--target=wasm32-wasi", "-mexec-model=reactor", "-Wl,--strip-all", "-Wl,--gc-sections", "-Wl,--stack-first", "-Wl,-z,stack-size=262144",
		"-o", module, filepath.Join(dir, "shell.o"),
	}
	list = append(list, append(ours, "-c", filepath.Join(shell, "shell.c"), "-o", filepath.Join(dir, "shell.o")))
	for _, unit := range []string{"quickjs", "cutils", "libregexp", "libunicode"} {
		object := filepath.Join(dir, unit+".o")
		list = append(list, append(theirs[:len(theirs):len(theirs)], "-c", filepath.Join(dir, source, unit+".c"), "-o", object))
		link = append(link, object)
	}
	return append(list, link)
}

// errMissing is wrapped where a machine lacks what the engine is compiled with.
var errMissing = errors.New("a part is missing: install npm and the packages clang, lld, wasi-libc and libclang-rt-dev-wasm32")

// toolchain says what the bytes of an engine depend on beside its source, as rows of PROVENANCE.md.
func toolchain(ctx context.Context) (string, error) {
	var rows strings.Builder
	for _, command := range [][]string{{"clang", "--version"}, {"wasm-ld", "--version"}, {"npm", "--version"}} {
		said, err := output(ctx, command...)
		if err != nil {
			return "", fmt.Errorf("%w: %w", errMissing, err)
		}
		if line, _, _ := strings.Cut(said, "\n"); command[0] != "npm" {
			fmt.Fprintf(&rows, "| %s | `%s` |\n", command[0], strings.TrimSpace(line))
		}
	}
	for _, part := range [][2]string{{"C library", "-print-file-name=libc.a"}, {"run-time library", "-print-libgcc-file-name"}} {
		file, err := output(ctx, "clang", "--target=wasm32-wasi", part[1])
		if err != nil {
			return "", err
		}
		library, err := os.ReadFile(strings.TrimSpace(file))
		if err != nil {
			return "", fmt.Errorf("%w: %w", errMissing, err)
		}
		fmt.Fprintf(&rows, "| %s | sha256 `%s` |\n", part[0], digest(library))
	}
	return rows.String(), nil
}

// output is what a command prints. Its error has what else it said.
func output(ctx context.Context, command ...string) (string, error) {
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%s: %w\n%s", command[0], err, exit.Stderr)
	}
	return string(out), err
}

func digest(b []byte) string {
	hash := sha256.Sum256(b)
	return hex.EncodeToString(hash[:])
}
