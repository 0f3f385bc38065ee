package rustguest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/toolchain"
)

const (
	target  = "wasm32-unknown-unknown"
	install = "no compiler of Rust guests: install the packages rustc, libstd-rust-dev-wasm32 and lld, or run rustup target add " + target
)

// Build gives the module of a Rust source. The path is relative to the test's folder.
func Build(t testing.TB, source string) []byte {
	t.Helper()
	toolchain.Need(t, install, "wasm-ld")
	return toolchain.Build(t, install, source, func(_, module string) error {
		rustc, err := compiler()
		if err != nil {
			return err
		}
		return toolchain.Run([]string{
			rustc, "--edition=2021", "--target=" + target, "--crate-type=cdylib", "-O", "-Dwarnings",
			"-Cpanic=abort", "-Clinker=wasm-ld", "-Cstrip=symbols", "-o", module, source,
		})
	})
}

// compiler is a rustc that has the library of the target: where rustup's comes first and lacks it, the system's may have it.
func compiler() (string, error) {
	for _, rustc := range []string{"rustc", "/usr/bin/rustc"} {
		sysroot, err := toolchain.Output(rustc, "--print=sysroot")
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(strings.TrimSpace(sysroot), "lib", "rustlib", target)); err == nil {
			return rustc, nil
		}
	}
	return "", fmt.Errorf("%w: no rustc has the library of %s", toolchain.ErrMissing, target)
}
