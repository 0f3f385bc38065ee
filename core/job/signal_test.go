package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/signal"
)

type pooler = *pgxpool.Pool

func unstarted(t testing.TB, p *pgxpool.Pool) *job.Client {
	t.Helper()
	c, err := job.New(job.Deps{
		Pool: p, Mailer: mailer(func(context.Context, core.MailAttempt) error { return nil }), Log: slog.New(slog.DiscardHandler),
		Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}, job.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTraceContinues(t *testing.T) {
	t.Parallel()
	p := pool(t)
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	seen := make(chan string, 1)
	c := start(t, p, func(ctx context.Context, _ core.MailAttempt) error {
		seen <- signal.TraceID(ctx)
		return nil
	}, func(d *job.Deps, _ *job.Config) { d.Tracer = provider.Tracer("") })
	id := enqueue(t, p, `{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}`)
	c.Wake()
	if trace := get(t, seen); trace != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the mailer is in trace %s", trace)
	}
	settled(t, p, id, "completed")
	got := spans.GetSpans()
	if len(got) != 1 || got[0].Name != signal.SpanJobWork || got[0].Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("spans: %+v", got)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	p := pool(t)
	for state, n := range map[string]int{"running": 1, "retryable": 2, "scheduled": 3, "discarded": 4, "cancelled": 1, "completed": 9} {
		for range n {
			if _, err := p.Exec(t.Context(), `INSERT INTO river_job (args, kind, queue, state, created_at, scheduled_at, attempted_at, finalized_at)
				VALUES ('{"message_id": "0190a1b2-0000-7000-8000-000000000001"}', 'mail', 'mail', $1::text::river_job_state, now() - interval '90 s', now() + interval '1 h', now(),
				CASE WHEN $1 IN ('discarded', 'cancelled', 'completed') THEN now() END)`, state); err != nil {
				t.Fatal(err)
			}
		}
	}
	reader := metric.NewManualReader()
	signals, err := signal.New(metric.NewMeterProvider(metric.WithReader(reader)).Meter(""))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c := start(t, p, func(_ context.Context, a core.MailAttempt) error {
		if a.Number == 1 {
			return nil
		}
		return errors.New("no")
	}, func(d *job.Deps, c *job.Config) { d.Signals, c.Measure = signals, 20*time.Millisecond })
	settled(t, p, enqueueAndWake(t, p, c), "completed")

	want := map[string]float64{
		"usher_email_queue_depth ready": 0, "usher_email_queue_depth running": 1, "usher_email_queue_depth retrying": 2,
		"usher_email_queue_depth scheduled": 3, "usher_email_queue_depth dead": 5, "usher_email_queue_oldest_seconds ": 90,
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for {
		got := values(t, reader)
		missing := ""
		for name, v := range want {
			if got[name] < v || got[name] > v+30*float64(len(name)/len("usher_email_queue_oldest_seconds")) {
				missing = fmt.Sprintf("%s is %v, want %v", name, got[name], v)
			}
		}
		if at := got["usher_job_last_success_timestamp_seconds mail"]; at < float64(began.Unix()) || at > float64(time.Now().Unix()+1) {
			missing = fmt.Sprintf("the last success was at %v", at)
		}
		if missing == "" {
			return
		}
		select {
		case <-ticker.C:
		case <-late:
			t.Fatal(missing)
		}
	}
}

// values gives the gauges by name and first label.
func values(t *testing.T, r metric.Reader) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					label := ""
					if kv, ok := p.Attributes.Get(0); ok {
						label = kv.Value.AsString()
					}
					got[m.Name+" "+label] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					label := ""
					if kv, ok := p.Attributes.Get(0); ok {
						label = kv.Value.AsString()
					}
					got[m.Name+" "+label] = p.Value
				}
			}
		}
	}
	return got
}

// BenchmarkMeasure looks at a queue of 100,000 mails behind a million finished
// ones in miniature: what matters is that the finished are not read.
func BenchmarkMeasure(b *testing.B) {
	p := pool(b)
	for _, sql := range []string{
		`INSERT INTO river_job (args, kind, queue) SELECT '{}', 'mail', 'mail' FROM generate_series(1, 100000)`,
		`INSERT INTO river_job (args, kind, queue, state, finalized_at) SELECT '{}', 'mail', 'mail', 'completed', now() FROM generate_series(1, 100000)`,
		`VACUUM ANALYZE river_job`,
	} {
		if _, err := p.Exec(b.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
	c := unstarted(b, p)
	for b.Loop() {
		if err := job.Measure(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
