package job_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience bounds what a test waits for; it fails then.
const patience = 20 * time.Second

// pool gives the job pool of a store on a database of the test's own.
func pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return poolAt(t, pgtest.New(t))
}

func poolAt(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	s := storetest.OpenAt(t, url)
	return s.JobPool()
}

// mailer is a function.
type mailer func(context.Context, core.MailAttempt) error

func (f mailer) SendMail(ctx context.Context, a core.MailAttempt) error { return f(ctx, a) }

// start runs workers until the test ends.
func start(t testing.TB, p *pgxpool.Pool, m mailer, change func(*job.Deps, *job.Config)) *job.Client {
	t.Helper()
	d := job.Deps{
		Pool: p, Mailer: m, Log: slog.New(slog.DiscardHandler),
		Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}
	var c job.Config
	if change != nil {
		change(&d, &c)
	}
	client, err := job.New(d, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := client.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return client
}

// enqueue commits a job as the store does and gives its message's id.
func enqueue(t testing.TB, p *pgxpool.Pool, metadata string) core.ID {
	t.Helper()
	return enqueueAt(t, p, core.MailPrioritySingle, metadata)
}

func enqueueAt(t testing.TB, p *pgxpool.Pool, priority int, metadata string) core.ID {
	t.Helper()
	id := core.NewID(time.Now())
	if _, err := p.Exec(t.Context(), store.InsertMailJob(priority), [16]byte(id), metadata); err != nil {
		t.Fatal(err)
	}
	return id
}

// row is what the tests ask of a job.
type row struct {
	state    string
	attempt  int
	metadata string
	errors   int
	in       time.Duration // until it is due
}

// settled waits until the job of a message is in one of the states.
func settled(t testing.TB, p *pgxpool.Pool, id core.ID, states ...string) row {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for {
		var r row
		var due float64
		err := p.QueryRow(t.Context(), `SELECT state::text, attempt, metadata::text, coalesce(cardinality(errors), 0),
			extract(epoch FROM scheduled_at - coalesce(attempted_at, created_at))::float8
			FROM river_job WHERE args->>'message_id' = $1`, id.String()).Scan(&r.state, &r.attempt, &r.metadata, &r.errors, &due)
		if err != nil {
			t.Fatal(err)
		}
		r.in = time.Duration(due * float64(time.Second))
		for _, s := range states {
			if r.state == s {
				return r
			}
		}
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("the job is %+v", r)
		}
	}
}

// get waits for a value.
func get[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// until waits for something to be so.
func until(t testing.TB, what string, yes func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for !yes() {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatal("never: ", what)
		}
	}
}
