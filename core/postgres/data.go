package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	superuser     = "usher"
	initdbTimeout = 2 * time.Minute
)

// makeDataDir makes the directory and resolves its links, so that it compares equal to what the kernel says later.
func makeDataDir(dir string) (string, error) {
	err := os.MkdirAll(filepath.Dir(dir), 0o755)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("postgres: make the data directory: %w", err)
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("postgres: resolve the data directory: %w", err)
	}
	return dir, ownedByUs(dir)
}

// admit lets the server's account pass through the data directory; it gets nothing else in it.
func (a account) admit(dir string) error {
	if !a.other() {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, info.Mode().Perm()|0o011); err != nil {
		return err
	}
	return a.reach(dir)
}

// dataMajors are the major versions that have data in dir, oldest first.
func dataMajors(dir string) ([]int, error) {
	if dir == "" {
		return nil, nil
	}
	found, err := filepath.Glob(filepath.Join(dir, "pg-*", "PG_VERSION"))
	if err != nil {
		return nil, err
	}
	var majors []int
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path))
		if major, err := strconv.Atoi(strings.TrimPrefix(name, "pg-")); err == nil {
			majors = append(majors, major)
		}
	}
	slices.Sort(majors)
	return majors, nil
}

// checkMajor refuses to begin an empty data directory beside data of another major version, and a data directory whose
// content is not what its name says.
func checkMajor(dataDir string, in Install) error {
	majors, err := dataMajors(dataDir)
	if err != nil {
		return err
	}
	if !slices.Contains(majors, in.Major) {
		if len(majors) == 0 {
			return nil
		}
		old := majors[len(majors)-1]
		return fmt.Errorf("postgres: %s holds data of PostgreSQL %d (pg-%d) and the programs in %s are PostgreSQL %d; "+
			"install PostgreSQL %d, or set USHER_PG_BIN to its bin directory, or move pg-%d away to begin empty; "+
			"nothing was changed", dataDir, old, old, in.BinDir, in.Major, old, old)
	}
	text, err := os.ReadFile(filepath.Join(pgData(dataDir, in.Major), "PG_VERSION"))
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(text)); got != strconv.Itoa(in.Major) {
		return fmt.Errorf("postgres: %s holds data of PostgreSQL %s; nothing was changed", pgData(dataDir, in.Major), got)
	}
	return nil
}

func pgData(dataDir string, major int) string {
	return filepath.Join(dataDir, "pg-"+strconv.Itoa(major))
}

// initialise runs initdb when there is no data yet. It works under another name and renames at the end, so a crash
// halfway leaves nothing that looks like data.
func initialise(ctx context.Context, cfg Config, in Install, as account) error {
	final := pgData(cfg.DataDir, in.Major)
	switch _, err := os.Stat(final); {
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	half := final + ".init"
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	if err := as.own(half); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(ctx, initdbTimeout)
	defer cancel()
	args := []string{
		"-D", half, "-U", superuser, "--encoding=UTF8", "--locale=" + locale(),
		"--auth-local=trust",        // the socket is behind a 0700 directory
		"--auth-host=scram-sha-256", // a port is not
	}
	if cfg.NoSync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(in.BinDir, "initdb"), args...)
	cmd.Dir, cmd.Env = half, bareEnv()
	cmd.SysProcAttr = childAttr(as)
	cmd.WaitDelay = time.Second
	start := time.Now()
	if out, err := runLocked(cmd); err != nil {
		return fmt.Errorf("postgres: initdb: %w: %s", err, strings.TrimSpace(out))
	}
	if err := rename(half, final); err != nil {
		return fmt.Errorf("postgres: name the data directory: %w", err)
	}
	cfg.Log.InfoContext(ctx, "private postgres data directory made",
		"dir", final, "major", in.Major, "duration_ms", time.Since(start).Milliseconds())
	return nil
}

// rename makes the new name survive a power cut: losing it later would mean losing data written under it.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// locale is one that exists everywhere, knows UTF-8 where the system has such a one, and sorts by byte.
func locale() string {
	if runtime.GOOS == "linux" {
		return "C.UTF-8"
	}
	return "C"
}
