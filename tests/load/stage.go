package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/postgres"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/load/ledger"
	"github.com/usher-id/usher/tests/load/mailbox"
)

// stage is what all modes share.
type stage struct {
	options
	say     func(string, ...any)
	root    string // of the repository
	binary  string // of the host
	plugins map[string]string
	dir     string // for data that is thrown away
	pg      *postgres.Server
	version string
	ledger  *ledger.Ledger
	mails   *mailbox.Mailbox

	closers []func(context.Context) error
}

// disk is where the database goes: a folder that is not in memory on common systems.
const disk = "/var/tmp"

func setUp(ctx context.Context, o options, say func(string, ...any)) (s *stage, err error) {
	s = &stage{options: o, say: say}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	if err := s.build(ctx); err != nil {
		return s, err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return s, err
	}
	parent := disk
	if _, err := os.Stat(parent); err != nil {
		parent = os.TempDir()
	}
	if s.dir, err = os.MkdirTemp(parent, "usher-load-*"); err != nil {
		return s, err
	}
	s.closing(func(context.Context) error { return os.RemoveAll(s.dir) })
	if err := os.Chmod(s.dir, 0o711); err != nil { // root's Postgres runs as somebody else
		return s, err
	}
	if err := s.startPostgres(ctx); err != nil {
		return s, err
	}
	if s.mails, err = mailbox.Open(ctx); err != nil {
		return s, err
	}
	s.closing(func(context.Context) error { return s.mails.Close() })
	return s, nil
}

func (s *stage) startPostgres(ctx context.Context) error {
	c := postgres.Config{BinDir: os.Getenv("USHER_PG_BIN"), DataDir: filepath.Join(s.dir, "postgres"), Settings: map[string]string{
		"checkpoint_timeout": "1h", "max_wal_size": "4GB", // see the package's comment
	}}
	found, err := postgres.Find(ctx, c)
	if err != nil {
		return err
	}
	counting := hasStatements(found.BinDir)
	if counting {
		c.Settings["shared_preload_libraries"] = "pg_stat_statements"
	}
	if s.pg, err = postgres.Start(ctx, c); err != nil {
		return err
	}
	s.closing(s.pg.Stop)
	if s.ledger, err = ledger.Open(ctx, s.pg.URL("usher"), counting); err != nil {
		return err
	}
	s.closing(func(ctx context.Context) error { s.ledger.Close(ctx); return nil })
	s.version, err = s.ledger.Version(ctx)
	return err
}

// hasStatements tells whether the server's package has the extension that counts statements.
func hasStatements(binDir string) bool {
	for _, lib := range []string{"lib", "lib/postgresql"} {
		if found, _ := filepath.Glob(filepath.Join(filepath.Dir(binDir), lib, "pg_stat_statements.*")); len(found) > 0 {
			return true
		}
	}
	return false
}

// database makes one with the host's schema and gives its URL.
func (s *stage) database(ctx context.Context, name string) (string, error) {
	if err := s.ledger.CreateDatabase(ctx, name); err != nil {
		return "", err
	}
	url := s.pg.URL(name)
	if _, err := store.Migrate(ctx, core.Secret(url), slog.New(slog.DiscardHandler)); err != nil {
		return "", fmt.Errorf("migrate %s: %w", name, err)
	}
	return url, nil
}

func (s *stage) closing(f func(context.Context) error) { s.closers = append(s.closers, f) }

const closeTimeout = time.Minute

// close ends everything, the last first.
func (s *stage) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	var all error
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		all = errors.Join(all, s.closers[last](ctx))
		s.closers = s.closers[:last]
	}
	return all
}
