package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackageDocs wants every package to say what it is for: a library in its doc.go, a program in its main file.
func TestPackageDocs(t *testing.T) {
	t.Parallel()
	for _, p := range ours(t) {
		if p.Doc == "" {
			t.Errorf("%s does not say what it is for", p.ImportPath)
			continue
		}
		if p.Name == "main" {
			continue
		}
		if !strings.HasPrefix(p.Doc, "Package "+p.Name+" ") {
			t.Errorf("%s: its comment begins %q, not \"Package %s \"", p.ImportPath, p.Doc, p.Name)
		}
		if _, err := os.Stat(filepath.Join(p.Dir, "doc.go")); err != nil {
			t.Errorf("%s has no doc.go", p.ImportPath)
		}
	}
}

// vague are names that say nothing of what is in a package.
var vague = []string{"util", "utils", "common", "models", "types", "helpers", "helper", "manager", "misc", "shared", "base"}

func TestPackageNames(t *testing.T) {
	t.Parallel()
	for _, p := range ours(t) {
		for _, v := range vague {
			if p.Name == v {
				t.Errorf("%s: a package is named after one idea, and %q is none", p.ImportPath, v)
			}
		}
	}
}
