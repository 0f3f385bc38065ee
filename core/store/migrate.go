package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/usher-id/usher/core"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that starters of several replicas queue on.
const migrationLock = 0x7573686572 // "usher"

// Migrate brings the schema at url up to this binary's: Usher's own tables, then the job
// queue's. Any number of replicas may call it at once; one applies, the others
// wait. It returns the number of Usher's migrations that were applied.
func Migrate(ctx context.Context, url core.Secret, log *slog.Logger) (int, error) {
	config, err := pgx.ParseConfig(url.Reveal())
	if err != nil {
		return 0, fmt.Errorf("store: migrate: database.url is not a Postgres URL")
	}
	db := stdlib.OpenDB(*config)
	defer func() { _ = db.Close() }()
	provider, err := newProvider(db)
	if err != nil {
		return 0, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("store: migrate: %w", err)
	}
	if err := migrateJobs(ctx, url, log); err != nil {
		return 0, err
	}
	return len(results), nil
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock), lock.WithLockTimeout(1, 120))
	if err != nil {
		return nil, fmt.Errorf("store: migrate: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store: migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("store: migrate: %w", err)
	}
	return provider, nil
}

// dropJobSearch drops the indexes with which the library's own console searches in jobs: two
// GIN indexes of what is inside them, and one of their kind. Every job would be entered into
// each three times on its way from available to completed: of 37 µs that those three writes took
// in bulk, 14 were the GIN indexes', and of what was left a seventh the other's. Nothing here looks a job up by what is inside it, and all
// are of one kind. What the library asks for while it works (fetch, complete, rescue, clean, lead)
// goes by state, queue, time and id.
const dropJobSearch = "DROP INDEX IF EXISTS river_job_args_index, river_job_metadata_index, river_job_kind"

// migrateJobs applies the job queue's own migrations under the same lock,
// because the library's migrator takes none.
func migrateJobs(ctx context.Context, url core.Secret, log *slog.Logger) error {
	pool, err := pgxpool.New(ctx, url.Reveal())
	if err != nil {
		return fmt.Errorf("store: migrate jobs: %w", err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return failure("migrate jobs", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return failure("migrate jobs", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock) }()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: log})
	if err != nil {
		return fmt.Errorf("store: migrate jobs: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("store: migrate jobs: %w", err)
	}
	if _, err := conn.Exec(ctx, dropJobSearch); err != nil {
		return failure("migrate jobs", err)
	}
	return nil
}

// Pending tells how many migrations of this binary the database lacks; those of the job
// queue count as one.
func (s *Store) Pending(ctx context.Context) (int, error) {
	provider, err := newProvider(s.sql)
	if err != nil {
		return 0, err
	}
	status, err := provider.Status(ctx)
	if err != nil {
		return 0, failure("read the migrations' state", err)
	}
	pending := 0
	for _, m := range status {
		if m.State == goose.StatePending {
			pending++
		}
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(s.job), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return 0, fmt.Errorf("store: read the job queue's migrations: %w", err)
	}
	jobs, err := migrator.Validate(ctx, nil)
	if err != nil {
		return 0, failure("read the state of the job queue's migrations", err)
	}
	if !jobs.OK {
		pending++
	}
	return pending, nil
}
