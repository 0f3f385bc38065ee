// Command engine compiles the engine of package quickjs, which is committed:
//
//	go run ./plugins/project/quickjs/engine OUT    "make engine"
//
// It takes QuickJS as a pinned npm package carries its C source, adds the shell of this folder, and prints what
// PROVENANCE.md is to say. It needs npm, tar, clang, wasm-ld and the C library for WASI.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want the file to write, not %q", args)
	}
	tools, err := toolchain(ctx)
	if err != nil {
		return err
	}
	wasm, err := compile(ctx, "plugins/project/quickjs/engine/shell")
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[0], wasm, 0o644); err != nil { //nolint:gosec // "make engine" names the file
		return err
	}
	fmt.Printf("%s: %d bytes\n\nPROVENANCE.md:\n\n| sha256 | `%s` |\n%s", args[0], len(wasm), digest(wasm), tools)
	return nil
}
