package release_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// engine prepares what it is told to, when it may, and remembers what it served.
type engine struct {
	mu     sync.Mutex
	served []release.Target
	fails  map[int64]error
	held   map[int64]chan struct{} // releases that are prepared only when it is closed
	stuck  map[int64]chan struct{} // as held, and no context ends it
	begun  chan int64
	gaveUp []int64 // releases whose preparation was ended
	// trouble is what is wrong until something is committed.
	trouble []string
}

func (e *engine) Prepare(ctx context.Context, t release.Target) (release.Ready, error) {
	e.mu.Lock()
	err, hold, stuck := e.fails[t.Release.Number], e.held[t.Release.Number], e.stuck[t.Release.Number]
	e.mu.Unlock()
	select {
	case e.begun <- t.Release.Number:
	default:
	}
	if stuck != nil {
		<-stuck
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			e.mu.Lock()
			defer e.mu.Unlock()
			e.gaveUp = append(e.gaveUp, t.Release.Number)
			return nil, ctx.Err()
		}
	}
	return made{e, t}, err
}

func (e *engine) Digests() map[string]string { return map[string]string{"gate": numbered("a")} }

func (e *engine) Trouble() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.trouble
}

func (e *engine) serves() release.Target {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.served) == 0 {
		return release.Target{}
	}
	return e.served[len(e.served)-1]
}

type made struct {
	engine *engine
	target release.Target
}

func (m made) Commit() {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	m.engine.served, m.engine.trouble = append(m.engine.served, m.target), nil
}

func (made) Abort() {}

// fleet are replicas on one database.
type fleet struct {
	t       *testing.T
	url     string
	store   *store.Store
	ledger  *release.Ledger
	engines []*engine
}

func newFleet(t *testing.T, replicas int) *fleet {
	t.Helper()
	f := &fleet{t: t, url: pgtest.New(t)}
	f.store = storetest.OpenAt(t, f.url)
	f.ledger = ledger(t, f.store, versions())
	for range replicas {
		f.join(&engine{})
	}
	return f
}

// join starts one more; the function stops it as an orderly end does.
func (f *fleet) join(e *engine) (stop func()) {
	f.t.Helper()
	return f.joinOn(storetest.OpenAt(f.t, f.url), e)
}

func (f *fleet) joinOn(s release.ReplicaStore, e *engine) (stop func()) {
	f.t.Helper()
	e.begun = make(chan int64, 16)
	r, err := release.NewReplica(release.ReplicaDeps{
		Store: s, Engine: e, Log: slog.New(slog.DiscardHandler),
		Flipped: func(context.Context, core.PluginRelease, error) {},
	}, release.ReplicaConfig{Linger: time.Millisecond, ID: core.NewID(time.Now()), Name: "replica-" + string(rune('a'+len(f.engines))), Build: "test"})
	must(f.t, err)
	must(f.t, r.Start(f.t.Context()))
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	f.t.Cleanup(stop)
	f.engines = append(f.engines, e)
	return stop
}

func (f *fleet) make(c release.Change) core.PluginRelease {
	f.t.Helper()
	c.Actor = "ada"
	r, err := f.ledger.Make(f.t.Context(), c)
	must(f.t, err)
	return r
}

// until waits for something that is seen by asking.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func (f *fleet) allServe(number int64) {
	f.t.Helper()
	until(f.t, "every replica serves the release", func() bool {
		return !slices.ContainsFunc(f.engines, func(e *engine) bool { return e.serves().Release.Number != number })
	})
}

func (f *fleet) release(number int64) core.PluginRelease {
	f.t.Helper()
	r, err := f.ledger.Find(f.t.Context(), number)
	must(f.t, err)
	return r
}

func (f *fleet) ready(number int64) (n int) {
	f.t.Helper()
	_, replicas, err := f.ledger.Standing(f.t.Context())
	must(f.t, err)
	for _, r := range replicas {
		if r.Prepared >= number {
			n++
		}
	}
	return n
}

var activate = release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"}

// TestAllOrNone: nobody serves a release before every live replica has it ready.
func TestAllOrNone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	slow := &engine{held: map[int64]chan struct{}{1: make(chan struct{})}}
	f.join(slow)
	f.make(activate)
	until(t, "two are ready", func() bool { return f.ready(1) == 2 })
	if state := f.release(1).State; state != core.ReleasePreparing {
		t.Fatalf("release 1 is %s while one replica is not ready", state)
	}
	for _, e := range f.engines {
		if e.serves().Release.Number != 0 {
			t.Fatal("a replica serves before all are ready")
		}
	}
	close(slow.held[1])
	f.allServe(1)
	at, replicas, err := f.ledger.Standing(t.Context())
	must(t, err)
	if at.Serving.Number != 1 || at.Preparing != nil || at.Serving.ServingAt.IsZero() {
		t.Errorf("%+v", at)
	}
	until(t, "each says so", func() bool {
		_, replicas, err = f.ledger.Standing(t.Context())
		must(t, err)
		return !slices.ContainsFunc(replicas, func(r core.PluginReplica) bool { return r.Serving != 1 || r.Swap.Release != 1 || !r.Live })
	})
	if len(replicas) != 3 {
		t.Errorf("%d replicas", len(replicas))
	}
}

// TestOneCannot: a release that one replica cannot prepare changes nothing anywhere, and says
// which replica and why. What comes after it is not held up by it.
func TestOneCannot(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.make(activate)
	f.allServe(1)
	f.join(&engine{fails: map[int64]error{2: errors.New("plugin gate: compile: out of memory")}})
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	until(t, "it failed", func() bool { return f.release(2).State == core.ReleaseFailed })
	if why := f.release(2).Failure; !strings.Contains(why, "replica-c") || !strings.Contains(why, "out of memory") {
		t.Errorf("failure: %s", why)
	}
	for _, e := range f.engines {
		if n := e.serves().Release.Number; n != 1 {
			t.Errorf("release %d serves", n)
		}
	}
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	f.allServe(3)
}

// TestRollbackWaitsForNobody: neither for a replica that hangs nor for what is being prepared.
func TestRollbackWaitsForNobody(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.make(activate)
	f.allServe(1)
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	f.allServe(2)
	hangs := &engine{held: map[int64]chan struct{}{3: make(chan struct{})}}
	f.join(hangs)
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	until(t, "it is being prepared", func() bool { return f.ready(3) == 2 })
	back := f.make(release.Change{Kind: core.ReleaseRollback, Reason: "signups fail"})
	f.allServe(4)
	if back.Restores != 1 || back.State != core.ReleaseServing || back.Content.Plugins[0].Digest != numbered("a") {
		t.Errorf("%+v", back)
	}
	if state := f.release(3).State; state != core.ReleaseOvertaken {
		t.Errorf("release 3 is %s", state)
	}
	close(hangs.held[3])
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	f.allServe(5) // what was overtaken holds nothing up
}

// TestServeNow: an operator need not wait for a replica that is not ready; that one serves as
// soon as it can.
func TestServeNow(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	slow := &engine{held: map[int64]chan struct{}{1: make(chan struct{})}}
	f.join(slow)
	f.make(activate)
	until(t, "one is ready", func() bool { return f.ready(1) == 1 })
	_, err := f.ledger.ServeNow(t.Context(), 1)
	must(t, err)
	until(t, "it serves", func() bool { return f.engines[0].serves().Release.Number == 1 })
	if slow.serves().Release.Number != 0 {
		t.Error("a replica serves what it has not prepared")
	}
	close(slow.held[1])
	f.allServe(1)
	if _, err := f.ledger.ServeNow(t.Context(), 1); core.ReasonOf(err) != "release_serving" {
		t.Errorf("a second time: %v", err)
	}
}

// TestTheDeadAreNotWaitedFor: neither one that left nor one that was killed holds up a release.
func TestTheDeadAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.join(&engine{held: map[int64]chan struct{}{1: make(chan struct{})}})()
	f.engines = f.engines[:1]
	must(t, f.store.SayPluginReplica(t.Context(), core.PluginReplica{ID: core.NewID(time.Now()), Name: "killed", Build: "test"}))
	f.make(activate)
	f.allServe(1)
	_, replicas, err := f.ledger.Standing(t.Context())
	must(t, err)
	if len(replicas) != 2 || replicas[1].Name != "killed" && replicas[0].Name != "killed" {
		t.Errorf("%+v", replicas)
	}
}

// TestJoinsMidSwap: one that starts while a release is prepared serves what serves, prepares
// what is to come, and is waited for.
func TestJoinsMidSwap(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.make(activate)
	f.allServe(1)
	f.engines[0].mu.Lock()
	f.engines[0].held = map[int64]chan struct{}{2: make(chan struct{})}
	f.engines[0].mu.Unlock()
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	until(t, "it is begun", func() bool { return slices.Contains([]int64{<-f.engines[0].begun}, 2) })
	late := &engine{}
	f.join(late)
	if n := late.serves().Release.Number; n != 1 {
		t.Fatalf("it began with release %d", n)
	}
	close(f.engines[0].held[2])
	f.allServe(2)
}

// TestRunsKeepTheirRelease: the releases that runs under way began with stay, however many
// came after, and go with the last of those runs.
func TestRunsKeepTheirRelease(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.make(activate)
	f.allServe(1)
	db, err := pgx.Connect(t.Context(), f.url)
	must(t, err)
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	_, err = db.Exec(t.Context(), `INSERT INTO tenants (id, slug, name, status, plugin_release) VALUES (gen_random_uuid(), 'acme', 'Acme', 'pending', 1)`)
	must(t, err)
	for i, v := range []string{"gate@1.1.0", "gate@2.0.0"} {
		f.make(release.Change{Kind: core.ReleaseActivate, Version: v})
		f.allServe(int64(i + 2))
	}
	for range 3 {
		f.make(release.Change{Kind: core.ReleaseRollback, Reason: "drill", To: at(2)})
		f.make(release.Change{Kind: core.ReleaseRollback, Reason: "drill", To: at(3)})
	}
	earlier := func() (numbers []int64) {
		for _, e := range f.engines[0].serves().Earlier {
			numbers = append(numbers, e.Number)
		}
		return numbers
	}
	f.allServe(9)
	until(t, "the release of the run is kept", func() bool { return slices.Contains(earlier(), 1) })
	_, err = db.Exec(t.Context(), `UPDATE tenants SET status = 'active'`)
	must(t, err)
	until(t, "it goes with the run", func() bool { return !slices.Contains(earlier(), 1) })
}

// TestUnservedIsSeen: a replica that cannot serve what is released says why before it is run all
// the same, so that whoever rolls back from there waits for it too.
func TestUnservedIsSeen(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.make(activate)
	f.allServe(1)
	r, err := release.NewReplica(release.ReplicaDeps{
		Store: f.store, Engine: &engine{fails: map[int64]error{1: errors.New("its key is gone")}}, Log: slog.New(slog.DiscardHandler),
		Flipped: func(context.Context, core.PluginRelease, error) {},
	}, release.ReplicaConfig{ID: core.NewID(time.Now()), Name: "unserved", Build: "test"})
	must(t, err)
	if _, unserved := errors.AsType[*release.Unserved](r.Start(t.Context())); !unserved {
		t.Error("it started")
	}
	_, replicas, err := f.ledger.Standing(t.Context())
	must(t, err)
	if at := slices.IndexFunc(replicas, func(r core.PluginReplica) bool { return r.Name == "unserved" }); at < 0 ||
		!replicas[at].Live || replicas[at].Failed != 1 || replicas[at].Failure != "its key is gone" {
		t.Errorf("%+v", replicas)
	}
}

// TestMadeWhole: what a replica serves otherwise than its release says shows, and is mended by
// itself as soon as it can be.
func TestMadeWhole(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.make(activate)
	f.allServe(1)
	e := f.engines[0]
	trouble := func() string {
		_, replicas, err := f.ledger.Standing(t.Context())
		must(t, err)
		return replicas[0].Trouble
	}
	e.mu.Lock()
	e.trouble = []string{"the candidate of gate is left out"}
	e.mu.Unlock()
	until(t, "it is told", func() bool { return trouble() == "the candidate of gate is left out" })
	until(t, "it is mended", func() bool { return trouble() == "" && len(e.Trouble()) == 0 })
	if at := e.serves(); at.Release.Number != 1 || at.Release.State != core.ReleaseServing {
		t.Errorf("%+v", at)
	}
}

// TestBeforeTheFirstIsKeptWarm: what the configuration loads comes back by a rollback to release
// 0 as fast as a release does, also on a replica that starts in between.
func TestBeforeTheFirstIsKeptWarm(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.make(activate)
	f.allServe(1)
	late := &engine{}
	f.join(late)
	for i, e := range f.engines {
		if !e.serves().Unreleased {
			t.Errorf("replica %d gave up what served before the first release", i)
		}
	}
	for n := int64(2); n <= 3; n++ {
		f.make(release.Change{Kind: core.ReleaseActivate, Version: []string{"gate@1.1.0", "gate@2.0.0"}[n-2]})
		f.allServe(n)
	}
	until(t, "it is given up when a rollback goes elsewhere", func() bool {
		return !slices.ContainsFunc(f.engines, func(e *engine) bool { return e.serves().Unreleased })
	})
}

// TestNow: a release that waits for nobody serves when the first replica has it ready. Those that
// cannot prepare it go on with what they serve, and when nobody can it never serves.
func TestNow(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 0)
	cannot := errors.New("signup.validate: the plugin gate does not serve it")
	slow := &engine{held: map[int64]chan struct{}{2: make(chan struct{}), 4: make(chan struct{})}, fails: map[int64]error{3: cannot}}
	f.join(slow)
	f.join(&engine{fails: map[int64]error{2: cannot, 3: cannot}})
	f.make(activate)
	f.allServe(1)

	now := func(version string) core.PluginRelease {
		return f.make(release.Change{Kind: core.ReleaseActivate, Version: version, Now: true})
	}
	if r := now("gate@1.1.0"); r.State != core.ReleasePreparing || !r.AtOnce {
		t.Errorf("%+v", r)
	}
	until(t, "one cannot", func() bool { return f.failed(2) == 1 })
	if _, err := f.ledger.ServeNow(t.Context(), 2); core.ReasonOf(err) != "release_not_ready" || !strings.Contains(words(err), "No replica has release 2 ready") {
		t.Errorf("served what nobody has: %v", err)
	}
	if r := f.release(2); r.State != core.ReleasePreparing {
		t.Errorf("release 2 is %s while one replica may have it ready", r.State)
	}
	close(slow.held[2])
	until(t, "it serves where it can", func() bool { return slow.serves().Release.Number == 2 })
	if n := f.engines[1].serves().Release.Number; n != 1 {
		t.Errorf("the one that cannot serves release %d", n)
	}

	now("gate@2.0.0")
	until(t, "nobody can", func() bool { return f.release(3).State == core.ReleaseFailed })
	if at, _, err := f.ledger.Standing(t.Context()); err != nil || at.Serving.Number != 2 || !strings.Contains(f.release(3).Failure, "does not serve it") {
		t.Errorf("%+v, %v", at.Serving, err)
	}
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	if r := now("gate@2.0.0"); r.Number != 5 || f.release(4).State != core.ReleaseOvertaken {
		t.Errorf("%+v overtakes %+v", r, f.release(4))
	}
}

// failed counts the replicas that cannot prepare a release.
func (f *fleet) failed(number int64) (n int) {
	f.t.Helper()
	_, replicas, err := f.ledger.Standing(f.t.Context())
	must(f.t, err)
	for _, r := range replicas {
		if r.Failed == number {
			n++
		}
	}
	return n
}
