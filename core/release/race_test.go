package release_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// meddled are versions that something else happens beside while one is fetched, once.
type meddled struct {
	shelf

	meanwhile func()
}

func (m meddled) Fetch(ctx context.Context, digest string) ([]byte, core.PluginVersion, error) {
	m.meanwhile()
	return m.shelf.Fetch(ctx, digest)
}

// TestNothingIsLost: a release that comes to serve while another is made from the one before it
// is not taken back by that one, which nobody asked for; who made it is told.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]release.Change{
		"activate": {Kind: core.ReleaseActivate, Version: "other@1.0.0"},
		"at once":  {Kind: core.ReleaseActivate, Version: "other@1.0.0", Now: true},
		"rollback": {Kind: core.ReleaseRollback, Reason: "it was release 2 that was bad"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, stock := storetest.Open(t), versions()
			stock[numbered("f")] = core.PluginVersion{Digest: numbered("f"), Plugin: "other", Version: "1.0.0", Status: core.VersionGood}
			first := ledger(t, s, stock)
			for _, v := range []string{"gate@1.0.0", "gate@1.1.0"} {
				_, err := first.Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: v, Actor: "ada", Now: true})
				must(t, err)
			}
			_, err := first.Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0", Actor: "ada"})
			must(t, err)
			late, err := release.NewLedger(release.LedgerDeps{
				Store: s, Lacks: first.Lacks, Bindable: first.Bindable,
				Versions: meddled{stock, sync.OnceFunc(func() {
					_, err := first.ServeNow(t.Context(), 3)
					must(t, err)
				})},
			})
			must(t, err)
			second.Actor = "bob"
			if _, err := late.Make(t.Context(), second); core.ReasonOf(err) != "release_conflict" {
				t.Errorf("%v", err)
			}
			if now := standing(t, first); now != "c" {
				t.Errorf("now %q", now)
			}
		})
	}
}

// TestNoDeadlock: who has a release serve and who makes one that serves at once take their
// locks in one order.
func TestNoDeadlock(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	l := ledger(t, s, versions())
	for i, v := range []string{"gate@1.0.0", "gate@1.1.0"} {
		_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: v, Actor: "ada", Now: i == 0})
		must(t, err)
	}
	connect := func() *pgx.Conn {
		db, err := pgx.Connect(t.Context(), url)
		must(t, err)
		t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
		return db
	}
	watch := connect()
	hold, err := connect().Begin(t.Context())
	must(t, err)
	_, err = hold.Exec(t.Context(), "SELECT FROM plugin_releases WHERE number = 1 FOR UPDATE")
	must(t, err)
	ended := make(chan error, 2)
	waiting := func(n int) {
		until(t, "it waits for the lock", func() (all bool) {
			must(t, watch.QueryRow(t.Context(), `SELECT count(*) >= $1 FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock'`, n).Scan(&all))
			return all
		})
	}
	go func() {
		_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate", Reason: "drill", Actor: "ada", Now: true})
		ended <- err
	}()
	waiting(1)
	go func() {
		_, err := l.ServeNow(t.Context(), 2)
		ended <- err
	}()
	waiting(2)
	must(t, hold.Commit(t.Context()))
	for range cap(ended) {
		if err := <-ended; err != nil && core.CodeOf(err) != core.Conflict {
			t.Errorf("%v", err)
		}
	}
}
