package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	rustTarget  = "wasm32-unknown-unknown"
	installRust = "install Rust, https://rustup.rs, and run: rustup target add " + rustTarget +
		"; or on Debian and Ubuntu: apt-get install rustc cargo libstd-rust-dev-wasm32 lld"
)

// rustSDK gives the crate that a plugin depends on by its path.
func rustSDK(source fs.FS) (map[string][]byte, error) {
	return pick(source, "sdk/rust", "", func(name string) bool {
		return name == "sdk/rust/Cargo.toml" || strings.HasPrefix(name, "sdk/rust/src/")
	})
}

// buildRust makes the module with the flags that the project's .cargo/config.toml has. Nothing is fetched: what a plugin
// depends on beside the SDK, "cargo fetch" brings before.
func buildRust(ctx context.Context, to target) error {
	cargo, rustc, err := rustTools(ctx, to.dir)
	if err != nil {
		return err
	}
	built := filepath.Join(to.dir, buildFolder, "cargo", rustTarget, "release", "plugin.wasm")
	if err := os.Remove(built); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = to.run(ctx, []string{"RUSTC=" + rustc}, cargo,
		"build", "--quiet", "--offline", "--release", "--target", rustTarget, "--target-dir", filepath.Join(buildFolder, "cargo"))
	if err != nil && strings.Contains(err.Error(), "error: linker `rust-lld` not found") { // Debian has it in another package
		return fmt.Errorf("%w: rustc has no linker: %s", ErrToolchain, installRust)
	}
	if err != nil {
		return err
	}
	err = os.Rename(built, to.module)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(`no plugin.wasm was made: Cargo.toml must have [lib] name = "plugin" and crate-type = ["cdylib"]`)
	}
	return err
}

// rustTools finds a compiler that has the library of the target. Where rustup's comes first on the path and lacks it, that of
// the system, further back, may have it.
func rustTools(ctx context.Context, dir string) (cargo, rustc string, err error) {
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) { //nolint:forbidigo // as exec.LookPath reads it, but all the way
		cargo, err := exec.LookPath(filepath.Join(folder, "cargo"))
		if err != nil {
			continue
		}
		rustc, err := exec.LookPath(filepath.Join(folder, "rustc"))
		if err == nil && hasTarget(ctx, dir, rustc) {
			return cargo, rustc, nil
		}
		if ctx.Err() != nil {
			return "", "", ctx.Err()
		}
	}
	for _, program := range []string{"cargo", "rustc"} {
		if _, err := find(program, installRust); err != nil {
			return "", "", err
		}
	}
	return "", "", fmt.Errorf("%w: rustc has no library for %s: %s", ErrToolchain, rustTarget, installRust)
}

func hasTarget(ctx context.Context, dir, rustc string) bool {
	ask := exec.CommandContext(ctx, rustc, "--print=sysroot") //nolint:gosec // a program of the author's own PATH
	ask.Dir = dir                                             // which may have a rust-toolchain.toml
	sysroot, err := ask.Output()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(strings.TrimSpace(string(sysroot)), "lib", "rustlib", rustTarget)) //nolint:gosec // only whether it is there
	return err == nil
}
