package sdks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/project"
)

// TestTypes has the compiler of TypeScript check what package project only bundles: the SDK, a new project with every
// hook, the example and the guest of the conformance kit.
func TestTypes(t *testing.T) {
	t.Parallel()
	packages := install(t)
	starter := filepath.Join(t.TempDir(), "first-try")
	order := project.Order{SDK: os.DirFS("../.."), Dir: starter, Name: "first-try", Language: "typescript", Hooks: hostapi.Hooks()}
	if _, err := project.Create(order); err != nil {
		t.Fatal(err)
	}
	include := []string{starter}
	for _, dir := range []string{filepath.Join(examples, "typescript"), "../conformance/typescript"} {
		whole, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		include = append(include, whole+"/*.ts", whole+"/*/*.ts")
	}
	settings, err := json.Marshal(map[string]any{"extends": filepath.Join(starter, "tsconfig.json"), "include": include, "exclude": []string{"**/build/**"}})
	if err != nil {
		t.Fatal(err)
	}
	all := filepath.Join(starter, "all.json") // in one run, which reads the SDK once
	if err := os.WriteFile(all, settings, 0o600); err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), filepath.Join(packages, ".bin/tsc"), "--project", all, "--typeRoots", filepath.Join(packages, "@types"))
	if said, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

// install brings the compiler, pinned by types/package-lock.json; no script of a package runs.
func install(t *testing.T) (packages string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		text, err := os.ReadFile(filepath.Join("types", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fetch := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--loglevel=error")
	fetch.Dir = dir
	if said, err := fetch.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v\n%s", err, said)
		}
		t.Skipf("no compiler of TypeScript can be had: %v\n%s", err, said)
	}
	return filepath.Join(dir, "node_modules")
}
