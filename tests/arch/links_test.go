package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// link finds the links of a Markdown text that lead into the repository.
var link = regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)

// TestLinks wants what a page refers to to be there.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, name := range committed(t, "*.md") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // gone since the listing
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			target := filepath.Join(filepath.Dir(name), filepath.FromSlash(found[1]))
			if _, err := os.Stat(filepath.Join(root, target)); err != nil || strings.HasPrefix(target, "..") {
				t.Errorf("%s refers to %s, which is not there", name, found[1])
			}
		}
	}
}
