package sdks_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/project"
)

const examples = "../../examples/plugins/company-domain"

// sdk is one to test.
type sdk struct {
	language string
	most     int      // bytes of the example's module, which is to stay small
	test     []string // what runs the tests of the example, and of the SDK, natively
	folder   string   // of the SDK
}

func sdks() []sdk {
	return []sdk{
		{"rust", 200 << 10, []string{"cargo", "test", "--offline", "--quiet"}, "../../sdk/rust"},
	}
}

// TestFixtures builds each example and runs its fixtures.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, s := range sdks() {
		t.Run(s.language, func(t *testing.T) {
			t.Parallel()
			p, err := project.Open(filepath.Join(examples, s.language))
			if err == nil {
				err = p.Build(t.Context())
			}
			if errors.Is(err, project.ErrToolchain) && os.Getenv("CI") != "true" {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			wasm, err := os.ReadFile(p.Module())
			if err != nil {
				t.Fatal(err)
			}
			if len(wasm) > s.most {
				t.Errorf("the module has %d bytes, more than %d", len(wasm), s.most)
			}
			results, err := kit.Run(t.Context(), wasm, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if !r.Passed() {
					t.Errorf("%s, %q: %s", r.Hook, r.Name, strings.Join(r.Problems, "\n"))
				}
			}
		})
	}
}

// TestNatively runs the tests of each example, and of each SDK.
func TestNatively(t *testing.T) {
	t.Parallel()
	for _, s := range sdks() {
		t.Run(s.language, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(s.test[0]); err != nil && os.Getenv("CI") != "true" {
				t.Skip(err)
			}
			for _, folder := range []string{filepath.Join(examples, s.language), s.folder} {
				test := exec.CommandContext(t.Context(), s.test[0], s.test[1:]...)
				test.Dir = folder
				if said, err := test.CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %v\n%s", folder, test.Args, err, said)
				}
			}
		})
	}
}

// TestSameFixtures holds each example to the fixtures of the bundled plugins, whose rules and words it has.
func TestSameFixtures(t *testing.T) {
	t.Parallel()
	for _, s := range sdks() {
		own := read(t, filepath.Join(examples, s.language, "manifest.json"))
		for _, bundled := range []string{"company-domain", "mail-templates"} {
			for name, fixture := range read(t, filepath.Join("../../plugins/bundled", bundled, "manifest.json")) {
				if !strings.HasPrefix(name, "invitation.validate") && own[name] != fixture {
					t.Errorf("%s: %s is another fixture than that of %s", s.language, name, bundled)
				}
			}
		}
	}
}
