package hosttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/pgtest"
)

// guests are the bundled plugins, by the names that `make wasm` gives their files.
var guests = []string{"company-domain", "http-mail", "mail-templates"} //nolint:gochecknoglobals // a constant

// What is built once for each test binary, in one folder.
var (
	programDir = sync.OnceValues(pgtest.DiskDir) //nolint:gochecknoglobals // a build cache, as are the next two
	bare       = sync.OnceValues(buildBare)      //nolint:gochecknoglobals // the host without guests beside it
	whole      = sync.OnceValues(buildWhole)     //nolint:gochecknoglobals // the host with the bundled guests beside it, as in build/
)

// removePrograms deletes what was built.
func removePrograms() {
	if dir, err := programDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
}

func buildBare() (string, error) {
	args := []string{"build"}
	if raceDetector {
		args = append(args, "-race")
	}
	return build("bare/usher", nil, append(args, "-buildvcs=false")...)
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
	file, err := build(name, []string{"GOOS=wasip1", "GOARCH=wasm"},
		"build", "-C", folder, "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-buildvcs=false")
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(folder) {
		root, err := moduleRoot()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(root, folder)
	}
	manifest, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return "", err
	}
	return file, pack(file, manifest)
}

// pack puts a manifest into the module of a file.
func pack(file string, manifest []byte) error {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if wasm, err = plugins.Pack(wasm, manifest); err != nil {
		return fmt.Errorf("pack %s: %w", file, err)
	}
	return os.WriteFile(file, wasm, 0o644) //nolint:gosec // a file that was just built
}

// build runs the go command at the module's root; the package is the one in its folder.
func build(name string, env []string, args ...string) (string, error) {
	dir, err := programDir()
	if err != nil {
		return "", err
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, name)
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
	root, err := moduleRoot()
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return root
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
