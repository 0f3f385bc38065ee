package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// build makes the host and the bundled plugins, as make does.
func (s *stage) build(ctx context.Context) error {
	gomod, err := output(ctx, "", nil, "go", "env", "GOMOD")
	if err != nil {
		return err
	}
	s.root = filepath.Dir(gomod)
	if gomod == "" || s.root == "." {
		return errors.New("run this inside the repository")
	}
	s.say("building the host and its plugins")
	s.binary = filepath.Join(s.root, "build", "usher")
	if _, err := output(ctx, s.root, nil, "go", "build", "-o", s.binary, "."); err != nil {
		return err
	}
	sources, err := filepath.Glob(filepath.Join(s.root, "plugins", "bundled", "*", "main.go"))
	if err != nil {
		return err
	}
	s.plugins = map[string]string{}
	for _, source := range sources {
		dir := filepath.Dir(source)
		name := filepath.Base(dir)
		s.plugins[name] = filepath.Join(s.root, "build", "plugins", name+".wasm")
		_, err := output(ctx, dir, []string{"GOOS=wasip1", "GOARCH=wasm"},
			"go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", s.plugins[name], ".")
		if err != nil {
			return err
		}
		_, err = output(ctx, dir, nil, s.binary, "plugin", "pack", s.plugins[name], "--manifest", "manifest.json", "--output", s.plugins[name])
		if err != nil {
			return err
		}
	}
	return nil
}

// output runs a command and gives what it prints.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, &failure)
	}
	return strings.TrimSpace(string(out)), nil
}

// commit is what is measured, with a + when files have changed since.
func (s *stage) commit(ctx context.Context) string {
	commit, err := output(ctx, s.root, nil, "git", "rev-parse", "--short", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changes, err := output(ctx, s.root, nil, "git", "status", "--porcelain", "-uno"); err == nil && changes != "" {
		commit += "+"
	}
	return commit
}

// goVersion is the compiler's; the host was built by the same.
func goVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.GoVersion
	}
	return runtime.Version()
}
