package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/manifest"
)

const (
	manifestFile = "manifest.json"
	sdkFolder    = "usher-sdk"
	buildFolder  = "build"
)

// Project is a folder with the source of one plugin.
type Project struct {
	Dir  string
	Name string // as its manifest says

	// Said gets the warnings of what is built; nil drops them.
	Said io.Writer

	language language
	manifest []byte
}

// Open finds out what the project in a folder is. The error says what the folder lacks.
func Open(dir string) (*Project, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no plugin's project: it has no %s (usher plugin new writes one)", dir, manifestFile)
	}
	if err != nil {
		return nil, err
	}
	parsed, err := manifest.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, manifestFile), err)
	}
	var marks []string
	for _, l := range languages() {
		if _, err := os.Stat(filepath.Join(dir, l.mark)); err == nil {
			return &Project{Dir: dir, Name: parsed.Name, language: l, manifest: text}, nil
		}
		marks = append(marks, l.mark)
	}
	return nil, fmt.Errorf("%s: there is none of %s, so it is not clear in which language the plugin is written", dir, strings.Join(marks, ", "))
}

// Language is what --lang of "usher plugin new" calls the language.
func (p *Project) Language() string { return p.language.name }

// Module is where Build leaves the module.
func (p *Project) Module() string { return filepath.Join(p.Dir, buildFolder, p.Name+".wasm") }

// Build makes the module and puts the manifest into it; the file of a build before stays until the new one is whole.
// A failure that wraps [ErrToolchain] lacks a program of this machine and says how to get it; any other has what
// the compiler said. Two builds of one project at once may disturb each other.
func (p *Project) Build(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(p.Dir, buildFolder), 0o755); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(filepath.Join(p.Dir, buildFolder), "draft-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(draft)
	module, err := filepath.Abs(filepath.Join(draft, p.Name+".wasm")) // compilers run in the project's folder
	if err != nil {
		return err
	}
	if err := p.language.build(ctx, target{dir: p.Dir, module: module, said: cmp.Or(p.Said, io.Discard)}); err != nil {
		return err
	}
	wasm, err := os.ReadFile(module)
	if err != nil {
		return err
	}
	packed, err := plugins.Pack(wasm, p.manifest)
	if err != nil {
		return fmt.Errorf("%s and the module do not go together: %w", manifestFile, err)
	}
	if err := os.WriteFile(module, packed, 0o644); err != nil { //nolint:gosec // not secret
		return err
	}
	return os.Rename(module, p.Module())
}
