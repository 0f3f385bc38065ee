package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core/postgres"
)

const (
	template     = "usher_template"
	startTimeout = 4 * time.Minute // the first start on a machine may fetch PostgreSQL
	stepTimeout  = time.Minute
)

// Migrate brings the database at url to the newest schema.
type Migrate func(ctx context.Context, url string) error

// binary is the one server of this test binary: the state that makes New a one-line call.
var binary struct {
	migrate Migrate
	from    []string
	start   sync.Once
	server  *postgres.Server
	dir     string
	err     error
	clones  atomic.Int64
	free    clones
}

// Template sets how the template database is made, and of which files, as patterns below the module's root: what was
// made once is used again until one of them changes. Call it in TestMain, before the first New; without it New
// gives empty databases.
func Template(migrate Migrate, from ...string) { binary.migrate, binary.from = migrate, from }

// New returns the URL of a database that belongs to this test alone until the test ends. It is safe for parallel tests. The
// user in the URL is a superuser.
func New(t testing.TB) string {
	t.Helper()
	binary.start.Do(startShared)
	if binary.err != nil {
		unavailable(t, binary.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	name, err := binary.free.take(ctx)
	if err != nil {
		t.Fatal("pgtest: clone the template:", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
		defer cancel()
		if err := binary.free.give(ctx, name, t.Failed()); err != nil {
			t.Error("pgtest: take the clone back:", err)
		}
	})
	return binary.server.URL(name)
}

// Need ends a test that starts a server by other ways than this package's, where no programs for one are found.
func Need(t testing.TB) {
	t.Helper()
	if err := findOnce(); err != nil {
		unavailable(t, err)
	}
}

var findOnce = sync.OnceValue(func() error { //nolint:gochecknoglobals // looking may ask npm, which is slow
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	_, err := postgres.Find(ctx, postgres.Config{BinDir: os.Getenv("USHER_PG_BIN")})
	return err
})

// unavailable ends a test that has no PostgreSQL: a laptop may lack it, CI may not, and no other failure is excused.
func unavailable(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, postgres.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip("pgtest: ", err)
	}
	t.Fatal("pgtest: ", err)
}

func startShared() {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	sweep()
	if binary.dir, binary.err = tempDir(fastest()); binary.err != nil {
		return
	}
	data := filepath.Join(binary.dir, "data")
	if binary.err = prepare(ctx, data); binary.err == nil {
		binary.server, binary.err = startAt(ctx, data)
	}
}

func startAt(ctx context.Context, data string) (*postgres.Server, error) {
	return postgres.Start(ctx, postgres.Config{
		BinDir:  os.Getenv("USHER_PG_BIN"),
		DataDir: data,
		NoSync:  true,
		Settings: map[string]string{ // nothing here outlives the binary
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
			"min_wal_size": "32MB", "max_wal_size": "64MB", // it may lie in memory
			"max_connections": "200",
		},
	})
}

// makeTemplate makes a server's data with the template in it, migrated and closed, because a database with a session
// cannot be cloned.
func makeTemplate(ctx context.Context, data string) error {
	server, err := startAt(ctx, data)
	if err != nil {
		return err
	}
	err = errors.Join(fillTemplate(ctx, server), server.Stop(ctx))
	return err
}

func fillTemplate(ctx context.Context, server *postgres.Server) error {
	if err := run(ctx, server.URL("postgres"), "CREATE DATABASE "+template); err != nil {
		return fmt.Errorf("create the template: %w", err)
	}
	if binary.migrate != nil {
		if err := binary.migrate(ctx, server.URL(template)); err != nil {
			return fmt.Errorf("migrate the template: %w", err)
		}
	}
	if err := run(ctx, server.URL("postgres"), "ALTER DATABASE "+template+" ALLOW_CONNECTIONS false"); err != nil {
		return fmt.Errorf("close the template: %w", err)
	}
	return nil
}

// admin runs one statement beside the tests' databases.
func admin(ctx context.Context, sql string) error {
	return run(ctx, binary.server.URL("postgres"), sql)
}

// run runs one statement over a connection of its own. A pool's goroutines would show up in the callers' leak checks.
func run(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

// stopShared stops the server, when one was started, and removes its data.
func stopShared() error {
	if binary.dir == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
	defer cancel()
	var err error
	if binary.server != nil {
		err = binary.server.Stop(ctx)
	}
	return errors.Join(err, os.RemoveAll(binary.dir))
}
