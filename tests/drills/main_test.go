package drills_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Template(func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, core.Secret(url), slog.New(slog.DiscardHandler))
		return err
	})
	hosttest.Main(m)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
