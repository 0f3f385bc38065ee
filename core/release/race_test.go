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
				serve(t, first, s, release.Change{Kind: core.ReleaseActivate, Version: v})
			}
			_, err := first.Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0", Actor: "ada"})
			must(t, err)
			late, err := release.NewLedger(release.LedgerDeps{
				Store: s, Lacks: first.Lacks, Bindable: first.Bindable,
				Versions: meddled{stock, sync.OnceFunc(func() {
					storetest.Ready(t, s, 3)
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
	serve(t, l, s, release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"})
	_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0", Actor: "ada"})
	must(t, err)
	storetest.Ready(t, s, 2)
	held := hold(t, url)
	ended := make(chan error, 2)
	go func() {
		_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate", Reason: "drill", Actor: "ada", Now: true})
		ended <- err
	}()
	held.waiting(1)
	go func() {
		_, err := l.ServeNow(t.Context(), 2)
		ended <- err
	}()
	held.waiting(2)
	held.letGo()
	for range cap(ended) {
		if err := <-ended; err != nil && core.CodeOf(err) != core.Conflict {
			t.Errorf("%v", err)
		}
	}
}

// held has release 1 locked.
type held struct {
	t     *testing.T
	watch *pgx.Conn
	lock  pgx.Tx
}

func hold(t *testing.T, url string) held {
	t.Helper()
	connect := func() *pgx.Conn {
		db, err := pgx.Connect(t.Context(), url)
		must(t, err)
		t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
		return db
	}
	h := held{t: t, watch: connect()}
	var err error
	h.lock, err = connect().Begin(t.Context())
	must(t, err)
	_, err = h.lock.Exec(t.Context(), "SELECT FROM plugin_releases WHERE number = 1 FOR UPDATE")
	must(t, err)
	return h
}

// waiting waits until so many wait for a lock.
func (h held) waiting(n int) {
	h.t.Helper()
	until(h.t, "it waits for the lock", func() (all bool) {
		must(h.t, h.watch.QueryRow(h.t.Context(), `SELECT count(*) >= $1 FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`, n).Scan(&all))
		return all
	})
}

func (h held) letGo() {
	h.t.Helper()
	must(h.t, h.lock.Commit(h.t.Context()))
}

// TestNoBarredVersionServes: whoever comes first, the one who has a version serve or the one who
// bars it, the other is told, and what serves may serve.
func TestNoBarredVersionServes(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]func(*release.Ledger) error{
		"its release comes to serve": func(l *release.Ledger) error { _, err := l.ServeNow(t.Context(), 2); return err },
		"a rollback brings it back": func(l *release.Ledger) error {
			_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseRollback, To: at(1), Reason: "drill", Actor: "ada"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			s := storetest.OpenAt(t, r.url)
			v, w := r.mustPush("gate 1.0.0", "new"), r.mustPush("gate 2.0.0", "new")
			l := ledger(t, s, shelf{v.Digest: v, w.Digest: w})
			barred := w
			serve(t, l, s, release.Change{Kind: core.ReleaseActivate, Version: v.Digest})
			if name == "a rollback brings it back" {
				barred = v
				serve(t, l, s, release.Change{Kind: core.ReleaseActivate, Version: w.Digest})
			} else {
				_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: w.Digest, Actor: "ada"})
				must(t, err)
				storetest.Ready(t, s, 2)
			}
			held := hold(t, r.url)
			if barred.Digest == v.Digest { // the lock of what serves, then
				_, err := held.lock.Exec(t.Context(), "SELECT FROM plugin_releases WHERE number = 2 FOR UPDATE")
				must(t, err)
			}
			served, stopped := make(chan error, 1), make(chan error, 1)
			go func() { served <- second(l) }()
			held.waiting(1)
			go func() { stopped <- r.set(barred, core.VersionRevoked) }()
			held.waiting(2)
			held.letGo()
			errServed, errStopped := <-served, <-stopped
			at, _, err := l.Standing(t.Context())
			must(t, err)
			now, err := r.Find(t.Context(), at.Serving.Content.Plugins[0].Digest)
			must(t, err)
			if now.Status != core.VersionGood || (errServed == nil) == (errStopped == nil) {
				t.Errorf("%s %s serves, which is %s: %v, %v", now.Plugin, now.Version, now.Status, errServed, errStopped)
			}
		})
	}
}
