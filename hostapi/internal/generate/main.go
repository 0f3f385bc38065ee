// Command generate writes what is made from the types of hostapi. "go generate"
// runs it as
//
//	generate schemas SOURCE OUT   the JSON Schemas, for hostapi/schema
//	generate codecs SOURCE OUT    the codecs of the Go SDK, for sdk/internal/wire
//	generate typescript SOURCE OUT    the types of the TypeScript SDK, for sdk/typescript
//	generate cheader SOURCE OUT   the SDK for C, for sdk/c
//	generate rust SOURCE OUT      the types and codecs of the Rust SDK, for sdk/rust/src/wire
//	generate reference SOURCE OUT the page of the author's guide with all hooks, for sdk/guide
//
// SOURCE is the folder of hostapi. Files of OUT that are no longer made are removed.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/usher-id/usher/hostapi/internal/cheader"
	"github.com/usher-id/usher/hostapi/internal/codec"
	"github.com/usher-id/usher/hostapi/internal/reference"
	"github.com/usher-id/usher/hostapi/internal/rust"
	"github.com/usher-id/usher/hostapi/internal/schema"
	"github.com/usher-id/usher/hostapi/internal/shape"
	"github.com/usher-id/usher/hostapi/internal/typescript"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// kind is something to generate: its files by name, and the pattern of those names.
type kind struct {
	pattern string
	make    func(*shape.Source) (map[string][]byte, error)
}

func kinds() map[string]kind {
	return map[string]kind{
		"schemas":    {"*.json", schema.All},
		"codecs":     {"*_gen.go", codec.All},
		"reference":  {"hooks.md", reference.All},
		"cheader":    {"usher.h", cheader.All},
		"rust":       {"*.rs", rust.All},
		"typescript": {"*_gen.ts", typescript.All},
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("want one of %q, SOURCE and OUT, not %q", slices.Sorted(maps.Keys(kinds())), args)
	}
	k, ok := kinds()[args[0]]
	if !ok {
		return fmt.Errorf("there is no %q to generate", args[0])
	}
	source, err := shape.Load(args[1])
	if err != nil {
		return err
	}
	files, err := k.make(source)
	if err != nil {
		return err
	}
	return write(files, k.pattern, args[2])
}

// write makes the files of a folder that fit the pattern exactly these.
func write(files map[string][]byte, pattern, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // go generate names the folder
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return err
	}
	for _, name := range old {
		if files[filepath.Base(name)] == nil {
			if err := os.Remove(name); err != nil { //nolint:gosec // go generate names the folder
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // go generate names the folder
			return err
		}
	}
	return nil
}
