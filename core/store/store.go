package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/extra/bunotel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
)

// Deps are the parts that a store needs; all are required.
type Deps struct {
	Log    *slog.Logger
	Tracer trace.TracerProvider
	Meter  metric.MeterProvider
}

// Config says where the database is and how hard it may be used. URL is
// required; zero in any other field means the default beside it.
type Config struct {
	URL              core.Secret
	HotPoolSize      int           // connections for the paths of the pipeline; 8
	PoolSize         int           // connections for everything else; 4
	JobPoolSize      int           // connections of the job workers; 6
	StatementTimeout time.Duration // 5 s
	LockTimeout      time.Duration // 2 s
	ConnectTimeout   time.Duration // 800 ms: a request without a database is answered within a second
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	hot  *pgxpool.Pool // prepared statements, one round trip per use case
	job  *pgxpool.Pool // lent to the job workers
	cold *pgxpool.Pool // behind bun
	sql  *sql.DB
	bun  *bun.DB

	connectTimeout time.Duration
}

// Open makes the pools. It does not connect: a database that is down is
// reported by [Store.Ping] and by each call, and used as soon as it is back.
func Open(ctx context.Context, d Deps, c Config) (*Store, error) {
	if d.Log == nil || d.Tracer == nil || d.Meter == nil {
		return nil, errors.New("store: Log, Tracer and Meter are required")
	}
	c = c.withDefaults()
	s := &Store{connectTimeout: c.ConnectTimeout}
	for _, p := range []struct {
		into *(*pgxpool.Pool)
		size int
		tune func(*pgxpool.Config)
	}{
		{&s.hot, c.HotPoolSize, func(p *pgxpool.Config) {
			p.ConnConfig.Tracer = tracer(d)
			p.MinConns = 2 // the first request after a quiet time need not wait for one
			indexOnly(p)
		}},
		// A job that is lost with the machine's power is found again as stuck and its mail sent
		// twice with one Message-ID; waiting for the disk at each step of a job buys nothing.
		{&s.job, c.JobPoolSize, func(p *pgxpool.Config) {
			p.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
			indexOnly(p)
		}},
		{&s.cold, c.PoolSize, func(p *pgxpool.Config) { p.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec }},
	} {
		pool, err := newPool(ctx, c, p.size, p.tune)
		if err != nil {
			s.Close()
			return nil, err
		}
		*p.into = pool
	}
	s.sql = stdlib.OpenDBFromPool(s.cold)
	s.bun = bun.NewDB(s.sql, pgdialect.New()).
		WithQueryHook(bunotel.NewQueryHook(bunotel.WithTracerProvider(d.Tracer), bunotel.WithMeterProvider(d.Meter)))
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.HotPoolSize == 0 {
		c.HotPoolSize = 8
	}
	if c.PoolSize == 0 {
		c.PoolSize = 4
	}
	if c.JobPoolSize == 0 {
		c.JobPoolSize = 6
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 5 * time.Second
	}
	if c.LockTimeout == 0 {
		c.LockTimeout = 2 * time.Second
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 800 * time.Millisecond
	}
	return c
}

func tracer(d Deps) *otelpgx.Tracer {
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(d.Tracer), otelpgx.WithMeterProvider(d.Meter),
		otelpgx.WithDisableAcquireTracer(), otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithDisableSQLStatementInAttributes(), otelpgx.WithSpanNameFunc(spanName),
	)
}

func newPool(ctx context.Context, c Config, size int, tune func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	p, err := pgxpool.ParseConfig(c.URL.Reveal())
	if err != nil {
		// The library's words may repeat the URL with its password.
		return nil, errors.New("store: database.url is not a Postgres URL; it looks like postgres://user@host:5432/usher?sslmode=verify-full")
	}
	p.MaxConns = int32(size) //nolint:gosec // bounded by the config
	p.MaxConnIdleTime = 5 * time.Minute
	p.ConnConfig.ConnectTimeout = c.ConnectTimeout
	p.ConnConfig.RuntimeParams["application_name"] = "usher"
	p.ConnConfig.RuntimeParams["statement_timeout"] = milliseconds(c.StatementTimeout)
	p.ConnConfig.RuntimeParams["lock_timeout"] = milliseconds(c.LockTimeout)
	p.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	p.ConnConfig.RuntimeParams["timezone"] = "UTC"
	tune(p)
	pool, err := pgxpool.NewWithConfig(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("store: make a pool: %w", err)
	}
	return pool, nil
}

// indexOnly keeps a prepared plan good for the life of its connection. Every statement of
// these pools finds its rows by an index, but a plan made while a table was all but
// empty reads the whole table, and is kept when the table has grown.
func indexOnly(p *pgxpool.Config) {
	p.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	p.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	p.ConnConfig.RuntimeParams["enable_hashjoin"] = "off"
	p.ConnConfig.RuntimeParams["enable_mergejoin"] = "off"
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Pools are the pools by name, for the metrics of each.
func (s *Store) Pools() map[string]func() *pgxpool.Stat {
	return map[string]func() *pgxpool.Stat{"hot": s.hot.Stat, "cold": s.cold.Stat, "job": s.job.Stat}
}

// JobPool lends the connections on which package job runs its workers.
func (s *Store) JobPool() *pgxpool.Pool { return s.job }

// Ping asks the database for a sign of life, within the connect timeout.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.connectTimeout)
	defer cancel()
	if err := s.hot.Ping(ctx); err != nil {
		return failure("ping", err)
	}
	return nil
}

// Close waits for calls under way and closes every connection.
func (s *Store) Close() {
	if s.sql != nil {
		_ = s.sql.Close() // closes nothing of its own: the pools below are closed by name
	}
	for _, p := range []*pgxpool.Pool{s.hot, s.cold, s.job} {
		if p != nil {
			p.Close()
		}
	}
}
