package e2e_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins/project"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/toolchain"
)

// TestTutorial types the author's tutorial in every language, from an empty folder to a swap on a host that runs and back
// again. Only the addresses are others. The transcripts are left in build/.
func TestTutorial(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(hosttest.Root(t), "sdk", "guide", "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := inLanguages(t, string(text))
	for _, language := range project.Languages() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			page, ok := told[language]
			if !ok {
				t.Fatalf("the tutorial does not say how to begin in %s", language)
			}
			l := &lesson{t: t, page: page, dir: t.TempDir()}
			l.follow()
			l.keep(filepath.Join(hosttest.Root(t), "build", "tutorial-"+language+".txt"))
		})
	}
}

// inLanguages gives the tutorial for each row of its table: what is to be typed instead of Go's.
func inLanguages(t *testing.T, page string) map[string]string {
	t.Helper()
	row := regexp.MustCompile("(?m)^\\| [A-Za-z]+ \\| `(usher plugin new --lang ([a-z]+))` \\| `(.*)` \\|$")
	rows := row.FindAllStringSubmatch(page, -1)
	if len(rows) == 0 || rows[0][2] != "go" {
		t.Fatal("the table of languages does not begin with Go")
	}
	told := map[string]string{}
	for _, r := range rows {
		told[r[2]] = strings.NewReplacer(rows[0][1], r[1], "\n"+rows[0][3]+"\n", "\n"+r[3]+"\n").Replace(page)
	}
	return told
}

// lesson is the tutorial, typed once.
type lesson struct {
	t          *testing.T
	page, dir  string
	host       *hosttest.Host
	transcript bytes.Buffer
}

// blocks are the fenced blocks of the page that are marked so.
func (l *lesson) blocks(mark string) (blocks []string) {
	l.t.Helper()
	fence := regexp.MustCompile("(?ms)^```sh (tutorial|host|dev)\n(.*?)^```$")
	for _, match := range fence.FindAllStringSubmatch(l.page, -1) {
		if match[1] == mark {
			blocks = append(blocks, match[2])
		}
	}
	if len(blocks) == 0 {
		l.t.Fatalf("the tutorial has no block %s", mark)
	}
	return blocks
}

// follow types all of it: the host's block, then those before the one that stays running, then those after it beside it.
func (l *lesson) follow() {
	l.begin()
	blocks := l.blocks("tutorial")
	change := len(blocks) - 2
	l.typed(l.dir, strings.Join(blocks[:change], ""))
	folder := filepath.Join(l.dir, "gatekeeper")
	developing, stop := l.beside(folder, l.blocks("dev")[0])
	developing.WaitLine(l.t, "Watching")
	l.typed(folder, blocks[change])
	developing.WaitLine(l.t, "answered", "are not welcome here")
	shown := stop()
	for _, want := range []string{"pass", "It serves on every live replica", `{"email_domain":"rival.example"}`} {
		if !strings.Contains(shown, want) {
			l.t.Errorf("usher plugin dev does not show %q:\n%s", want, shown)
		}
	}
	if said := l.typed(folder, blocks[change+1]); !strings.Contains(said, "back to release 1") {
		l.t.Errorf("the history does not know of the rollback:\n%s", said)
	}
}

// begin does as the block of the host says: the key, the configuration, and the host on it.
func (l *lesson) begin() {
	script := l.blocks("host")[0]
	settings := regexp.MustCompile(`(?s)<<'EOF'\n(.*?)EOF\n`).FindStringSubmatch(script)
	keygen, _, _ := strings.Cut(script, "\n")
	if settings == nil || !strings.Contains(script, "\nusher dev --config usher.yaml\n") {
		l.t.Fatalf("the host is begun otherwise than this test knows:\n%s", script)
	}
	l.typed(l.dir, keygen+"\n")
	l.host = hosttest.Start(l.t, hosttest.Options{
		Dir: l.dir, File: strings.ReplaceAll(settings[1], "my.key.pub", filepath.Join(l.dir, "my.key.pub")),
		Settings: map[string]string{"database.url": pgtest.New(l.t)},
	})
}

// shell is a bash in a folder that finds the program and the host as a person would.
func (l *lesson) shell(folder, script string) *exec.Cmd {
	if l.host != nil {
		script = strings.ReplaceAll(script, "http://127.0.0.1:8080", l.host.URL)
	}
	cmd := exec.CommandContext(l.t.Context(), "bash", "-e")
	cmd.Dir, cmd.Stdin = folder, strings.NewReader(script)
	cmd.Env = append(os.Environ(), "CARGO_PROFILE_RELEASE_OPT_LEVEL=1", "CARGO_PROFILE_RELEASE_LTO=off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16", "PATH="+filepath.Dir(hosttest.Program(l.t))+":"+os.Getenv("PATH"))
	_, _ = l.transcript.WriteString("$ " + strings.ReplaceAll(strings.TrimSpace(script), "\n", "\n$ ") + "\n")
	return cmd
}

func (l *lesson) typed(folder, script string) string {
	l.t.Helper()
	said, err := l.shell(folder, script).CombinedOutput()
	_, _ = l.transcript.Write(said)
	switch {
	case err != nil && bytes.Contains(said, []byte(project.ErrToolchain.Error())):
		toolchain.Missing(l.t, string(said))
	case err != nil:
		l.t.Fatalf("%v:\n%s", err, l.transcript.String())
	}
	return string(said)
}

// beside starts what stays running, and gives what it says and what ends it and tells all of it.
func (l *lesson) beside(folder, script string) (said *hosttest.Output, stop func() string) {
	l.t.Helper()
	cmd := l.shell(folder, "exec "+script)
	said = hosttest.NewOutput()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	return said, func() string {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			l.t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			l.t.Errorf("usher plugin dev ends with %v", err)
		}
		_, _ = l.transcript.WriteString(said.String())
		return said.String()
	}
}

func (l *lesson) keep(file string) {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(file, l.transcript.Bytes(), 0o600); err != nil {
		l.t.Fatal(err)
	}
}
