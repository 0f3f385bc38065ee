package sdks_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/manifest"
	"github.com/usher-id/usher/plugins/project"
)

const examples = "../../examples/plugins/company-domain"

// native is how the logic of an example is tested in each language's own tool.
var native = map[string][]string{
	"c":          {"make", "--silent", "test", "CFLAGS=-Werror"},
	"rust":       {"cargo", "test", "--offline", "--quiet"},
	"typescript": {"npm", "test", "--silent"},
}

// largest is how many bytes an example's module may have without its manifest.
var largest = map[string]int{"c": 40 << 10, "rust": 200 << 10, "typescript": 800 << 10}

// TestExamples builds the example in each language, runs its fixtures, and has its logic tested natively.
func TestExamples(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(examples)
	if err != nil || len(entries) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	want := bundled(t)
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			p, err := project.Open(filepath.Join(examples, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			wasm := build(t, p)
			results, err := kit.Run(t.Context(), wasm, want)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				for _, problem := range r.Problems {
					t.Errorf("%s, %q: %s", r.Hook, r.Name, problem)
				}
			}
			light(t, p, len(wasm))
			tests(t, p)
		})
	}
}

// light looks whether the module is small: its fixtures, which are larger than most plugins, do not count.
func light(t *testing.T, p *project.Project, size int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	said := jsontext.Value(text)
	if err := said.Compact(); err != nil {
		t.Fatal(err)
	}
	size -= len(said)
	t.Logf("%d bytes, and %d of the manifest", size, len(said))
	if most, bounded := largest[p.Language()]; bounded && size > most {
		t.Errorf("it has %d bytes without its manifest; %d may be", size, most)
	}
}

// bundled are the fixtures of the plugins whose behaviour this is.
func bundled(t *testing.T) (fixtures []hostapi.Fixture) {
	t.Helper()
	for _, name := range []string{"company-domain", "mail-templates"} {
		text, err := os.ReadFile(filepath.Join("../../plugins/bundled", name, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Fixtures {
			if f.Hook != hostapi.HookInvitationValidate {
				fixtures = append(fixtures, f)
			}
		}
	}
	return fixtures
}

// TestExamplesCarryTheFixtures looks whether an example's own fixtures are those of the bundled plugins.
func TestExamplesCarryTheFixtures(t *testing.T) {
	t.Parallel()
	want := inOneForm(t, bundled(t))
	files, err := filepath.Glob(filepath.Join(examples, "*", "manifest.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if got := inOneForm(t, m.Fixtures); !slices.Equal(got, want) {
			t.Errorf("%s has other fixtures than the bundled plugins", file)
		}
	}
}

func inOneForm(t *testing.T, fixtures []hostapi.Fixture) (texts []string) {
	t.Helper()
	for _, f := range fixtures {
		for _, raw := range []*hostapi.RawJSON{&f.Config, &f.Data, &f.Want} {
			var v any
			if len(*raw) == 0 {
				continue
			}
			if err := json.Unmarshal(*raw, &v); err != nil {
				t.Fatalf("%q: %v", f.Name, err)
			}
			*raw = must(t, v)
		}
		texts = append(texts, string(must(t, f)))
	}
	return texts
}

func must(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func build(t *testing.T, p *project.Project) []byte {
	t.Helper()
	err := p.Build(t.Context())
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
	return wasm
}

func tests(t *testing.T, p *project.Project) {
	t.Helper()
	command := native[p.Language()]
	if command == nil {
		t.Fatalf("it is not known how the tests of %s are run", p.Language())
	}
	if _, err := exec.LookPath(command[0]); err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	test := exec.CommandContext(t.Context(), command[0], command[1:]...)
	test.Dir = p.Dir
	if said, err := test.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", command, err, said)
	}
}
