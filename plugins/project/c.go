package project

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const installC = `install clang and lld: on Debian and Ubuntu "sudo apt-get install clang lld"; on macOS "brew install llvm lld", ` +
	`and then export PATH="$(brew --prefix llvm)/bin:$(brew --prefix lld)/bin:$PATH"; elsewhere see https://releases.llvm.org`

// cSDK gives the one header that plugins include.
func cSDK(source fs.FS) (map[string][]byte, error) {
	return pick(source, "sdk/c", "", func(name string) bool { return strings.HasSuffix(name, ".h") })
}

// buildC compiles each source by itself and links them: in one step clang would run whatever wasm-opt is on the machine.
func buildC(ctx context.Context, to target) error {
	compiler, err := find("clang", installC)
	if err != nil {
		return err
	}
	linker, err := find("wasm-ld", installC)
	if err != nil {
		return err
	}
	if known, err := exec.CommandContext(ctx, compiler, "--print-targets").Output(); err == nil && !strings.Contains(string(known), "wasm32") {
		return fmt.Errorf("%w: %s makes no WebAssembly: %s", ErrToolchain, compiler, installC)
	}
	sources, err := cSources(to.dir)
	if err != nil {
		return err
	}
	// what the files share of the SDK is compiled once, in a file of its own
	shared := filepath.Join(filepath.Dir(to.module), "usher.c")
	if err := os.WriteFile(shared, []byte("#include <usher.h>\n"), 0o644); err != nil {
		return err
	}
	link := []string{"--no-entry", "--strip-all", "--stack-first", "-z", "stack-size=32768", "-o", to.module}
	for i, source := range append(sources, shared) {
		object := filepath.Join(filepath.Dir(to.module), strconv.Itoa(i)+".o")
		args := append(cFlags(source != shared), "-I", ".", "-I", sdkFolder, "-c", source, "-o", object)
		if err := to.run(ctx, nil, compiler, args...); err != nil {
			return err
		}
		link = append(link, object)
	}
	return to.run(ctx, nil, linker, link...)
}

// cFlags are those of one file; apart says that the functions of the SDK are compiled elsewhere.
func cFlags(apart bool) []string {
	flags := []string{"--target=wasm32", "-std=c11", "-O2", "-Wall", "-Wextra", "-ffreestanding", "-nostdlib", "-mbulk-memory"}
	if apart {
		flags = append(flags, "-DUSHER_APART", "-Wno-static-in-inline")
	}
	return flags
}

// cSources are the sources of a project's plugin, from its folder.
func cSources(dir string) (sources []string, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && (inside == "test" || inside == sdkFolder || inside == buildFolder || strings.HasPrefix(entry.Name(), ".") && inside != "."):
			return filepath.SkipDir
		case !entry.IsDir() && filepath.Ext(name) == ".c":
			sources = append(sources, inside)
		}
		return nil
	})
	return sources, err
}
