package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/usher-id/usher"

// root is the repository's folder.
const root = "../.."

// pkg is what `go list -json` says of a package; only what the rules read.
type pkg struct {
	ImportPath string
	Name       string
	Dir        string
	Doc        string
	Standard   bool
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// folder is the package's place in the repository, such as "core/store"; the root is "".
func (p pkg) folder() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// in says whether the package is one of the folders or below one. A folder that ends in "$" means itself alone.
func (p pkg) in(folders ...string) bool { return within(p.folder(), folders) }

func within(path string, folders []string) bool {
	for _, f := range folders {
		if exact, ok := strings.CutSuffix(f, "$"); ok && path == exact {
			return true
		}
		if path == f || strings.HasPrefix(path, f+"/") {
			return true
		}
	}
	return false
}

// list runs `go list` in the repository. A package that does not compile is still listed.
func list(t *testing.T, env []string, args ...string) []pkg {
	t.Helper()
	return listIn(t, root, env, args...)
}

// listIn runs it in a folder, which may be that of another module.
func listIn(t *testing.T, dir string, env []string, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, &failure)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// ours lists the packages of the repository, once for all tests.
func ours(t *testing.T) []pkg {
	t.Helper()
	once.Do(func() { packages = list(t, nil, "./...") })
	if len(packages) == 0 {
		t.Fatal("go list found no packages")
	}
	return packages
}

var (
	once     sync.Once
	packages []pkg
)

// committed are the files that git knows, by their path from the root.
func committed(t *testing.T, patterns ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"ls-files", "-z", "--"}, patterns...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git ls-files: ", err)
		}
		t.Skip("not a git clone: ", err)
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	return files
}
