package project_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/project"
)

// source is the repository, which has the SDKs.
func source() fs.FS { return os.DirFS("../..") }

// TestStarters creates a project with every hook in each language, builds it and runs its fixtures.
func TestStarters(t *testing.T) {
	t.Parallel()
	for _, language := range project.Languages() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := create(t, language, hostapi.Hooks()...)
			build(t, p)
			wasm, err := os.ReadFile(p.Module())
			if err != nil {
				t.Fatal(err)
			}
			results, err := kit.Run(t.Context(), wasm, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(results) < 2*len(hostapi.Hooks()) {
				t.Errorf("%d fixtures", len(results))
			}
			for _, r := range results {
				if !r.Passed() {
					t.Errorf("%s, %q: %s", r.Hook, r.Name, strings.Join(r.Problems, "\n"))
				}
			}
		})
	}
}

// native is how a project's logic is tested in each language's own tool.
var native = map[string][]string{
	"go":         {"go", "test", "./policy"},
	"c":          {"make", "test", "CFLAGS=-Werror"},
	"rust":       {"cargo", "test", "--offline", "--quiet"},
	"typescript": {"npm", "test"}, // of what a build bundled
}

// TestStartersNatively runs the tests of the logic that a new project has.
func TestStartersNatively(t *testing.T) {
	t.Parallel()
	for _, language := range project.Languages() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(native[language][0]); err != nil && os.Getenv("CI") != "true" {
				t.Skip(err)
			}
			p := create(t, language, hostapi.Hooks()...)
			if language == "typescript" {
				build(t, p)
			}
			test := exec.CommandContext(t.Context(), native[language][0], native[language][1:]...)
			test.Dir = p.Dir
			if said, err := test.CombinedOutput(); err != nil {
				t.Errorf("%v: %v\n%s", test.Args, err, said)
			}
		})
	}
}

// TestStarterOfEachHook builds a project of one hook alone, which must need nothing of another's.
func TestStarterOfEachHook(t *testing.T) {
	t.Parallel()
	for _, h := range hostapi.Hooks() {
		p := create(t, "go", h)
		if _, err := os.Stat(filepath.Join(p.Dir, "manifest.json")); err != nil {
			t.Errorf("%s: %v", h, err)
		}
	}
}

// TestNames creates projects whose names mean something to a toolchain, and refuses one that no manifest can have.
func TestNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 63)
	for _, name := range []string{"fmt", "std", "vendor", "go", long} {
		p, err := project.Create(project.Order{SDK: source(), Dir: filepath.Join(t.TempDir(), name), Name: name, Language: "go", Hooks: hostapi.Hooks()[:1]})
		if err != nil {
			t.Fatal(err)
		}
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./policy")
		list.Dir = p.Dir
		if said, err := list.CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, said)
		}
	}
	dir := filepath.Join(t.TempDir(), long+"x")
	_, err := project.Create(project.Order{SDK: source(), Dir: dir, Name: long + "x", Language: "go", Hooks: hostapi.Hooks()[:1]})
	if _, left := os.Stat(dir); err == nil || !strings.Contains(err.Error(), "at most 63") || left == nil {
		t.Errorf("a name that is too long: %v, the folder: %v", err, left)
	}
}

func create(t *testing.T, language string, hooks ...hostapi.Hook) *project.Project {
	t.Helper()
	p, err := project.Create(project.Order{
		SDK: source(), Dir: filepath.Join(t.TempDir(), "first-try"), Name: "first-try", Language: language, Hooks: hooks,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func build(t *testing.T, p *project.Project) {
	t.Helper()
	err := p.Build(t.Context())
	if errors.Is(err, project.ErrToolchain) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
