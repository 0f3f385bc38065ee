package examples_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

var update = flag.Bool("update", false, "write the transcripts of the READMEs anew")

// native is how the logic of an example is tested in its language's own tool, after a build.
var native = map[string][]string{
	"c":          {"make", "test", "CFLAGS=-Werror"},
	"go":         {"go", "test", "./..."},
	"rust":       {"cargo", "test", "--offline", "--quiet"},
	"typescript": {"npm", "test"},
}

// TestExamples has each project pass its own tests and its fixtures outside of the repository, and its README show it.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := built(t, name)
			folder := x.Dir
			if x.Language() == "go" {
				folder = x.source // nothing is written there, and the compiler knows it from the last time
			}
			run(t, folder, native[x.Language()]...)
			module := filepath.Join("build", x.Name+".wasm")
			for _, args := range [][]string{{"plugin", "test", module}, {"plugin", "inspect", module}} {
				if err := x.typed(t, args...); err != nil {
					t.Fatal(err)
				}
			}
			if *update {
				rewrite(t, x)
			}
			if got, want := stable(x.shown), stable(transcript(t, x)); got != want {
				t.Errorf("the README shows\n%s\nand this is seen (go test ./tests/examples -update writes it):\n%s", want, got)
			}
		})
	}
}

func run(t *testing.T, dir string, command ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off", "CARGO_PROFILE_DEV_DEBUG=0") // nothing is fetched, and little compiled
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(command, " "), err, said)
	}
}

// shownBlock is the transcript in a README.
var shownBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

func transcript(t *testing.T, x example) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(x.source, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shownBlock.FindAllSubmatch(readme, -1)
	if len(blocks) != 1 {
		t.Fatalf("the README has %d blocks of console, not one", len(blocks))
	}
	return string(blocks[0][1])
}

func rewrite(t *testing.T, x example) {
	t.Helper()
	file := filepath.Join(x.source, "README.md")
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	readme = shownBlock.ReplaceAllLiteral(readme, []byte("```console\n"+x.shown+"```"))
	if err := os.WriteFile(file, readme, 0o644); err != nil {
		t.Fatal(err)
	}
}

// changing is what differs from one machine, and from one compiler, to the next: times, fuel, sizes, the digest.
var changing = regexp.MustCompile(`[0-9.]+(µs|ms|s) |[0-9]+ (fuel|KiB|KB|bytes,)|sha256:[0-9a-f]+`)

// stable is a transcript without what differs, and without the padding of its columns.
func stable(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if !strings.HasPrefix(line, "limits ") { // which are the host's to say
			line = changing.ReplaceAllString(line, "# ")
		}
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

// TestIndex has examples/README.md name every example.
func TestIndex(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile(filepath.Join(hosttest.Root(t), "examples", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t) {
		if !strings.Contains(string(index), "](plugins/"+name+"/)") {
			t.Errorf("examples/README.md has no link to plugins/%s/", name)
		}
	}
}
