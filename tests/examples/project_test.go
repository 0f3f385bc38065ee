package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/plugins/project"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/toolchain"
)

// example is a project of examples/plugins, copied out of the repository and built.
type example struct {
	*project.Project

	source string // its folder in the repository
	shown  string // what its author has typed and seen so far
}

// examples are those that this test binary has copied and built, by name.
var examples sync.Map

// names are the folders of the projects. The plugin other-addresses is none: it is a part of this module, and the
// README of the repository shows it.
func names(t *testing.T) (list []string) {
	t.Helper()
	readmes, err := filepath.Glob(filepath.Join(hosttest.Root(t), "examples", "plugins", "*", "README.md"))
	if err != nil || len(readmes) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	for _, readme := range readmes {
		list = append(list, filepath.Base(filepath.Dir(readme)))
	}
	return list
}

// built gives an example, which is copied and built once. A test that lacks its toolchain ends.
func built(t *testing.T, name string) example {
	t.Helper()
	make, _ := examples.LoadOrStore(name, sync.OnceValues(func() (example, error) { return build(t, name) }))
	x, err := make.(func() (example, error))()
	switch {
	case err != nil && strings.Contains(err.Error(), project.ErrToolchain.Error()):
		toolchain.Missing(t, err.Error())
	case err != nil:
		t.Fatalf("%s: %v", name, err)
	}
	return x
}

func build(t *testing.T, name string) (example, error) {
	x := example{source: filepath.Join(hosttest.Root(t), "examples", "plugins", name)}
	dir := filepath.Join(filepath.Dir(hosttest.Program(t)), "examples", name) // which is removed after the tests
	if err := copyOut(x.source, dir); err != nil {
		return x, err
	}
	var err error
	if x.Project, err = project.Open(dir); err != nil {
		return x, err
	}
	return x, x.typed(t, "plugin", "build")
}

// typed runs a command of the program in the example's folder.
func (x *example) typed(t *testing.T, args ...string) error {
	said := hosttest.Run(t, x.Dir, nil, args...)
	x.shown += "$ usher " + strings.Join(args, " ") + "\n" + said.Stdout
	if said.Code != 0 {
		return fmt.Errorf("usher %s: %s%s", strings.Join(args, " "), said.Stdout, said.Stderr)
	}
	return nil
}

// copyOut copies a folder and what its links lead to, as "cp -rL" does; what was made in it stays.
func copyOut(from, to string) error {
	if err := os.MkdirAll(to, 0o750); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		source, target := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		info, err := os.Stat(source) // of what a link leads to
		if err != nil {
			return err
		}
		switch {
		case info.IsDir() && (e.Name() == "build" || e.Name() == "target" || e.Name() == "node_modules"):
		case info.IsDir():
			err = copyOut(source, target)
		default:
			err = copyFile(source, target)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
