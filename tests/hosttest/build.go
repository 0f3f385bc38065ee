package hosttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/checkout"
)

// guests are the bundled plugins, by the names that `make wasm` gives their files.
var guests = []string{"company-domain", "http-mail", "mail-templates"} //nolint:gochecknoglobals // a constant

// What is built once for each test binary. The folder is that of all, so that a second one finds it built.
var (
	bare  = sync.OnceValues(buildBare)  //nolint:gochecknoglobals // a build cache, as is the next: the host without guests beside it
	whole = sync.OnceValues(buildWhole) //nolint:gochecknoglobals // the host with the bundled guests beside it, as in build/
)

func buildBare() (string, error) {
	if raceDetector {
		return build("race/usher", nil, "build", "-race", "-buildvcs=false")
	}
	return build("bare/usher", nil, "build", "-buildvcs=false")
}

// buildWhole puts the guests where the host looks for them: beside itself.
func buildWhole() (string, error) {
	for _, name := range guests {
		if _, err := buildGuest("whole/plugins/"+name+".wasm", "plugins/bundled/"+name); err != nil {
			return "", err
		}
	}
	return build("whole/usher", nil, "build", "-buildvcs=false")
}

// Program gives the file of the host's program, without guests beside it.
func Program(t testing.TB) string {
	t.Helper()
	file, err := bare()
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return file
}

// Guest builds a guest whose source is in a folder below the module's root, and gives
// its file for the setting plugins.load.
func Guest(t testing.TB, folder string) string {
	t.Helper()
	file, err := BuildGuest(folder)
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return file
}

// BuildGuest is [Guest] outside of a test, for the options of a [Lasting] host.
func BuildGuest(folder string) (string, error) {
	return buildGuest("guests/"+filepath.Base(folder)+".wasm", folder)
}

// buildGuest does what `make wasm` does; a guest whose folder has no manifest gets none.
func buildGuest(name, folder string) (string, error) {
	plain, err := build(name+".plain", []string{"GOOS=wasip1", "GOARCH=wasm"},
		"build", "-C", folder, "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-buildvcs=false")
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(folder) {
		root, err := checkout.Root()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(root, folder)
	}
	manifest, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) {
		return plain, nil
	}
	if err != nil {
		return "", err
	}
	file := strings.TrimSuffix(plain, ".plain")
	return file, pack(plain, file, manifest)
}

// pack puts a manifest into the module of a file, and both into another, whole or not at all.
func pack(plain, file string, manifest []byte) error {
	wasm, err := os.ReadFile(plain)
	if err != nil {
		return err
	}
	if wasm, err = plugins.Pack(wasm, manifest); err != nil {
		return fmt.Errorf("pack %s: %w", plain, err)
	}
	draft, err := os.CreateTemp(filepath.Dir(file), "draft-")
	if err != nil {
		return err
	}
	_, err = draft.Write(wasm)
	if err = errors.Join(err, draft.Chmod(0o644), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), file)
}

// build runs the go command at the module's root; the package is the one in its folder. What is built already and fits the
// sources is left as it is. One test binary builds at a time.
func build(name string, env []string, args ...string) (string, error) {
	root, err := checkout.Root()
	if err != nil {
		return "", err
	}
	out := filepath.Join(root, "build", "test", name)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return "", err
	}
	unlock, err := checkout.Lock(filepath.Join(root, "build", "test", "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	cmd := exec.Command("go", append(args, "-o", out, ".")...) //nolint:noctx // the test's own deadline ends it
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, text)
	}
	return out, nil
}

// Root is the folder of go.mod.
func Root(t testing.TB) string {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return root
}
