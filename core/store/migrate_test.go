package store_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// A migration that was cut short between the two sets of tables is not a schema to serve on.
func TestPendingKnowsTheJobQueue(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	if n, err := s.Pending(t.Context()); n != 0 || err != nil {
		t.Fatalf("a whole schema lacks %d, %v", n, err)
	}
	count(t, url, `WITH gone AS (DELETE FROM river_migration RETURNING 1) SELECT count(*) FROM gone`)
	if n, err := s.Pending(t.Context()); n != 1 || err != nil {
		t.Errorf("a schema without the job queue lacks %d, %v; want 1", n, err)
	}
}

// TestPendingOfASilentDatabase: one that takes connections and is too busy to answer is told from one
// that is not there, because a host that starts asks the first again.
func TestPendingOfASilentDatabase(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pending := func() error {
		s, err := store.Open(t.Context(), store.Deps{
			Log: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(),
		}, store.Config{URL: core.Secret("postgres://usher@" + l.Addr().String() + "/usher?sslmode=disable"), ConnectTimeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_, err = s.Pending(t.Context())
		return err
	}
	if err := pending(); !errors.Is(err, context.DeadlineExceeded) || core.CodeOf(err) != core.Unavailable {
		t.Errorf("silent: %v", err)
	}
	l.Close()
	if err := pending(); errors.Is(err, context.DeadlineExceeded) || core.CodeOf(err) != core.Unavailable {
		t.Errorf("not there: %v", err)
	}
}
