package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"strings"
)

// ErrToolchain is wrapped by the failure of a build that lacks a program. The message says how to get it.
var ErrToolchain = errors.New("a part of the toolchain is missing")

// language is how the plugins of one language are made.
type language struct {
	name string // as --lang says it, and the folder of it in starter/
	mark string // the file of a project by which its language is known
	// sdk gives the files of the language's SDK, by where they go below usher-sdk/.
	sdk func(source fs.FS) (map[string][]byte, error)
	// build makes the module of a project's folder, without its manifest.
	build func(ctx context.Context, to target) error
}

// target is what is built, and where.
type target struct {
	dir    string    // of the project
	module string    // the file to make, an absolute path
	said   io.Writer // gets the warnings of what was built
}

func languages() []language {
	return []language{
		{"go", "go.mod", goSDK, buildGo},
		{"c", "plugin.c", cSDK, buildC},
		{"rust", "Cargo.toml", rustSDK, buildRust},
		{"typescript", "package.json", typescriptSDK, buildTypeScript},
	}
}

// Languages are the names of the languages that a project can be written in.
func Languages() []string {
	var names []string
	for _, l := range languages() {
		names = append(names, l.name)
	}
	return names
}

// pick reads files of an SDK: those below root that keep says yes to, named from root and put below to.
func pick(source fs.FS, root, to string, keep func(name string) bool) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(source, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !keep(name) {
			return err
		}
		text, err := fs.ReadFile(source, name)
		files[path.Join(to, strings.TrimPrefix(strings.TrimPrefix(name, root), "/"))] = text
		return err
	})
	return files, err
}

// find looks for a program; its error says how to get it.
func find(program, install string) (string, error) {
	file, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%w: there is no %s: %s", ErrToolchain, program, install)
	}
	return file, nil
}

// run runs a command of a toolchain in a project's folder. What a command says that fails is its error.
func (to target) run(ctx context.Context, environment []string, program string, args ...string) error {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = to.dir
	command.Env = append(command.Environ(), environment...)
	said, err := command.CombinedOutput()
	if err == nil {
		_, err = to.said.Write(said)
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		return fmt.Errorf("%s did not build it:\n%s", path.Base(program), strings.TrimSpace(string(said)))
	}
	return fmt.Errorf("run %s: %w", program, err)
}
