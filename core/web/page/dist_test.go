package page_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const rebuild = "core/web/page/dist is not what its sources build; run: cd core/web/page/src && npm ci && npm run build"

// TestDistIsBuiltFromTheseSources needs no Node: the build left a digest of its sources.
func TestDistIsBuiltFromTheseSources(t *testing.T) {
	t.Parallel()
	built, err := os.ReadFile("dist/source.sha256")
	if err != nil {
		t.Fatalf("read the digest that the build left: %v", err)
	}
	if got := digest(t, os.DirFS("src")); got != strings.TrimSpace(string(built)) {
		t.Error(rebuild)
	}
}

// TestRebuildGivesTheSameFiles builds for real, in CI only: it installs packages.
func TestRebuildGivesTheSameFiles(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") != "true" {
		t.Skip("installs packages; runs with CI=true")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("no npm here")
	}
	work := t.TempDir()
	copyTree(t, filepath.Join(work, "src"), "src")
	for _, args := range [][]string{{"ci", "--ignore-scripts"}, {"run", "check"}, {"run", "build"}} {
		command := exec.CommandContext(t.Context(), "npm", args...)
		command.Dir = filepath.Join(work, "src")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("npm %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if digest(t, os.DirFS(filepath.Join(work, "dist"))) != digest(t, os.DirFS("dist")) {
		t.Error(rebuild)
	}
}

// TestLockNamesNoRegistry keeps the lock file good for any registry.
func TestLockNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile("src/package-lock.json")
	if err != nil {
		t.Fatalf("read the lock file: %v", err)
	}
	if strings.Contains(string(lock), `"resolved"`) {
		t.Error("package-lock.json names a registry: keep omit-lockfile-registry-resolved in .npmrc")
	}
}

// digest is one SHA-256 over "<sha256>  <path>\n" of each file, sorted by path;
// src/stamp.ts does the same.
func digest(t *testing.T, tree fs.FS) string {
	t.Helper()
	var lines []string
	for _, path := range files(t, tree) {
		body, err := fs.ReadFile(tree, path)
		if err != nil {
			t.Fatalf("read %s: %v", path, err)
		}
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(body), path))
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, ""))))
}

func files(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var paths []string
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			paths = append(paths, path)
			return err
		}
		if entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatalf("list files: %v", err)
	}
	slices.Sort(paths)
	return paths
}

func copyTree(t *testing.T, to, from string) {
	t.Helper()
	tree := os.DirFS(from)
	for _, path := range files(t, tree) {
		body, err := fs.ReadFile(tree, path)
		if err != nil {
			t.Fatalf("read %s: %v", path, err)
		}
		target := filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			t.Fatalf("make a folder: %v", err)
		}
		if err := os.WriteFile(target, body, 0o600); err != nil {
			t.Fatalf("write %s: %v", target, err)
		}
	}
}
