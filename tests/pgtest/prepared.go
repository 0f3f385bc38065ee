package pgtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"

	"github.com/usher-id/usher/core/postgres"
	"github.com/usher-id/usher/tests/checkout"
)

// prepare gives the directory dir data with a migrated template in it. Making one takes seconds of computing, which
// the first test binary spends; the others copy what it left in build/test, as long as nothing that it was made
// of has changed.
func prepare(ctx context.Context, dir string) error {
	root, err := checkout.Root()
	if err != nil {
		return err
	}
	key, err := fingerprint(ctx, root)
	if err != nil {
		return err
	}
	kept := filepath.Join(root, "build", "test", "postgres-"+key)
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		return err
	}
	unlock, err := checkout.Lock(filepath.Join(root, "build", "test", "postgres.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(kept); err == nil {
		return duplicate(kept, dir)
	}
	if err := makeTemplate(ctx, dir); err != nil {
		return err
	}
	return keep(dir, kept)
}

// keep copies a directory whole or not at all, and takes away those that were made of something older.
func keep(dir, kept string) error {
	older, _ := filepath.Glob(filepath.Join(filepath.Dir(kept), "postgres-*"))
	for _, one := range older {
		if err := os.RemoveAll(one); err != nil {
			return err
		}
	}
	draft := filepath.Join(filepath.Dir(kept), "postgres-draft")
	if err := duplicate(dir, draft); err != nil {
		return err
	}
	return os.Rename(draft, kept)
}

// duplicate copies a directory with the owners and modes of its files, which the server insists on.
func duplicate(from, to string) error {
	if said, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil { //nolint:noctx // some tens of milliseconds
		return fmt.Errorf("copy %s: %w\n%s", from, err, said)
	}
	return nil
}

// fingerprint names what a prepared directory is made of: the server's programs, and what the template's schema comes from.
func fingerprint(ctx context.Context, root string) (string, error) {
	in, err := postgres.Find(ctx, postgres.Config{BinDir: os.Getenv("USHER_PG_BIN")})
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, in, os.Getuid(), binary.migrate != nil)
	for _, pattern := range append(binary.from, "tests/pgtest/*.go") {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			return "", fmt.Errorf("nothing fits %s: %w", pattern, errors.Join(err, os.ErrNotExist))
		}
		sort.Strings(files)
		for _, file := range files {
			fmt.Fprintln(sum, file)
			f, err := os.Open(file)
			if err == nil {
				_, err = io.Copy(sum, f)
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:8]), nil
}
