package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Mailer makes one attempt at one mail.
type Mailer interface {
	SendMail(context.Context, core.MailAttempt) error
}

// Lists works off lists of invitations: it goes on with a run until that is over, or until a
// time, and tells whether something is left then.
type Lists interface {
	WorkBulk(ctx context.Context, at core.BulkAttempt, until time.Time) (more bool, err error)
}

// Deps are the parts that the workers need; all are required but Lists.
type Deps struct {
	Pool    *pgxpool.Pool // lent; it needs three connections for itself, and those of the Mailer
	Mailer  Mailer
	Lists   Lists // nil: this process works no lists off
	Log     *slog.Logger
	Tracer  trace.Tracer
	Signals *signal.Signals
}

// Config tunes the workers. Zero in any field means the default beside it.
type Config struct {
	Workers     int           // most mails under way at once in this process; 100: they wait more than they work
	MinWorkers  int           // as many when there is no backlog; 8, at most Workers
	Quiet       time.Duration // without a backlog, before workers are taken away; 10 s
	Fetch       time.Duration // shortest time between two fetches; 10 ms
	Poll        time.Duration // between fetches when no wake-up comes; 500 ms
	Timeout     time.Duration // of one attempt; 60 s
	RescueAfter time.Duration // when a job whose process died is done again; 3 min, above Timeout
	Drain       time.Duration // how long Stop lets attempts under way finish; 10 s
	Keep        time.Duration // how long the row of a finished job stays; 1 h
	Measure     time.Duration // between looks at the length of the queue; 5 s
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		into  *time.Duration
		value time.Duration
	}{
		{&c.Quiet, 10 * time.Second},
		{&c.Fetch, 10 * time.Millisecond},
		{&c.Poll, 500 * time.Millisecond},
		{&c.Timeout, time.Minute},
		{&c.RescueAfter, 3 * time.Minute},
		{&c.Drain, 10 * time.Second},
		{&c.Keep, time.Hour},
		{&c.Measure, 5 * time.Second},
	} {
		if *d.into == 0 {
			*d.into = d.value
		}
	}
	if c.Workers == 0 {
		c.Workers = 100
	}
	if c.MinWorkers == 0 {
		c.MinWorkers = 8
	}
	return c
}

// Client runs the workers of this process. Any number of processes may share one
// database.
type Client struct {
	river *river.Client[pgx.Tx]
	pool  *pgxpool.Pool
	mails *mailWorker
	scale *scale
	waker *waker
	gauge *gauge
}

// New makes the workers without starting them or touching the database.
func New(d Deps, c Config) (*Client, error) {
	if d.Pool == nil || d.Mailer == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("job: Pool, Mailer, Log, Tracer and Signals are required")
	}
	c = c.withDefaults()
	workers := river.NewWorkers()
	mails := &mailWorker{mailer: d.Mailer, log: d.Log, tracer: d.Tracer, signals: d.Signals}
	if err := river.AddWorkerSafely(workers, mails); err != nil {
		return nil, fmt.Errorf("job: add the mail worker: %w", err)
	}
	queues := map[string]river.QueueConfig{core.MailJobQueue: {MaxWorkers: c.Workers}}
	if d.Lists != nil {
		queues[core.BulkJobQueue] = river.QueueConfig{MaxWorkers: listsAtOnce, FetchPollInterval: max(listsPoll, c.Poll), FetchCooldown: c.Fetch}
		if err := river.AddWorkerSafely(workers, &bulkWorker{lists: d.Lists, stretch: c.Timeout / 2, log: d.Log, tracer: d.Tracer, signals: d.Signals}); err != nil {
			return nil, fmt.Errorf("job: add the worker of lists: %w", err)
		}
	}
	scale := newScale(c.MinWorkers, c.Workers, c.Quiet)
	client, err := river.NewClient(scaledDriver{riverpgxv5.New(d.Pool), scale}, &river.Config{
		Queues:               queues,
		Workers:              workers,
		FetchCooldown:        c.Fetch,
		FetchPollInterval:    c.Poll,
		JobTimeout:           c.Timeout,
		RescueStuckJobsAfter: c.RescueAfter,
		SoftStopTimeout:      c.Drain,
		MaxAttempts:          maxAttempts,
		RetryPolicy:          backoff{},
		Logger:               slog.New(atLeastWarn{d.Log.Handler()}),

		CompletedJobRetentionPeriod: c.Keep,
		CancelledJobRetentionPeriod: 7 * 24 * time.Hour, // what was given up is for an operator to see
		DiscardedJobRetentionPeriod: 7 * 24 * time.Hour,

		// The pool's statement timeout would break a rebuild off and leave it half made; the table
		// stays small because finished jobs leave soon.
		ReindexerSchedule: river.NeverSchedule(),
	})
	if err != nil {
		return nil, fmt.Errorf("job: make the client: %w", err)
	}
	made := &Client{river: client, pool: d.Pool, mails: mails, scale: scale, waker: newWaker(d.Pool, d.Log, c.Fetch)}
	made.gauge = &gauge{pool: d.Pool, signals: d.Signals, log: d.Log, every: c.Measure, workers: made.Workers}
	return made, nil
}

// Workers tells how many mails this process has under way, how many it would have as the
// backlog is now, and how many at most.
func (c *Client) Workers() (busy, allowed, most int) {
	return int(c.mails.busy.Load()), c.scale.current(), c.scale.most
}

// Start begins to work off jobs. It fails when the database cannot be reached;
// later the database may come and go. The context is for its values only: Stop ends
// the work.
func (c *Client) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := c.river.Start(ctx); err != nil {
		return fmt.Errorf("job: start: %w", err)
	}
	c.waker.start(ctx)
	c.gauge.start(ctx)
	return nil
}

// Stop takes no more jobs, lets those under way finish for Config.Drain, then
// cancels them: they go back to the queue and the attempt does not count. It returns the
// context's error when that ends first. Stopping twice, or before Start, does nothing.
func (c *Client) Stop(ctx context.Context) error {
	c.gauge.stop()
	c.waker.stop()
	if err := c.river.Stop(ctx); err != nil {
		return fmt.Errorf("job: stop: %w", err)
	}
	return nil
}

// Wake tells the workers of all processes that a commit left a mail to be sent.
// It never blocks and costs its caller next to nothing; a wake-up that is lost costs the
// mail at most Config.Poll. Safe for concurrent use, before Start and after Stop too.
func (c *Client) Wake() { c.waker.wake() }
