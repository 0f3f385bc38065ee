package storetest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
)

// Main runs a test binary whose databases have the schema. Call it from TestMain.
func Main(m *testing.M) {
	Template()
	pgtest.Main(m)
}

// Template gives the databases of a test binary the schema, where another Main than this one runs it.
func Template() {
	pgtest.Template(func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, core.Secret(url), slog.New(slog.DiscardHandler))
		return err
	}, "core/store/migrations/*.sql", "core/store/migrate.go", "go.mod")
}

// Open gives a store on a database of the test's own.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return OpenAt(t, pgtest.New(t))
}

// OpenAt gives a store on the database at url; several stores there are several
// replicas. It is closed when the test ends.
func OpenAt(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Deps{
		Log: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(),
	}, store.Config{URL: core.Secret(url), ConnectTimeout: 10 * time.Second}) // the machine may be busy with other tests
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	checkEvents(t, s, url)
	return s
}

// Ready has a replica say that it could serve releases up to that number at once.
func Ready(t testing.TB, s *store.Store, number int64) {
	t.Helper()
	r := core.PluginReplica{ID: core.NewID(time.Now()), Name: "ready", Build: "test", Prepared: number}
	if err := s.SayPluginReplica(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// Serve has a release that was just made serve, as a replica would that has it ready.
func Serve(t testing.TB, s *store.Store, r core.PluginRelease) core.PluginRelease {
	t.Helper()
	if r.State == core.ReleasePreparing {
		Ready(t, s, r.Number)
		if _, err := s.ServePluginRelease(t.Context(), r.Number, time.Minute, true); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.FindPluginRelease(t.Context(), r.Number)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
