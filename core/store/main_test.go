package store_test

import (
	"context"
	"log/slog"
	"testing"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Template(func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, core.Secret(url), slog.New(slog.DiscardHandler))
		return err
	})
	pgtest.Main(m)
}

// open gives a store on a database of the test's own.
func open(t testing.TB) *store.Store {
	t.Helper()
	return openAt(t, pgtest.New(t))
}

func openAt(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Deps{
		Log: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(),
	}, store.Config{URL: core.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
