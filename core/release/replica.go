package release

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
)

// The pace of replicas.
const (
	beat       = time.Second         // between a replica's words, and between its looks at the ledger
	liveFor    = 5 * time.Second     // one that is not heard of for so long is waited for by nobody
	patience   = 2 * time.Second     // with the database, before the next try on another connection
	pinLook    = 5 * time.Second     // between looks at which releases runs began with
	retryAfter = 5 * time.Second     // after a release that serves could not be prepared
	mendWithin = 5 * time.Minute     // the longest between two attempts to serve a release whole
	maxPinned  = 8                   // releases that runs go on with, and as many that served a moment ago
	verifiable = 30 * 24 * time.Hour // how long an unverified signup counts as under way
)

// ReplicaStore is what a replica reads and says; package store implements it.
type ReplicaStore interface {
	PluginLedger(context.Context) (core.PluginLedger, error)
	FindPluginRelease(ctx context.Context, number int64) (core.PluginRelease, error)
	PinnedPluginReleases(ctx context.Context, verifiable time.Duration, limit int64) ([]core.PluginRelease, error)
	ServePluginRelease(ctx context.Context, number int64, live time.Duration, now bool) (bool, error)
	FailPluginRelease(ctx context.Context, number int64, live time.Duration, why string) error
	SayPluginReplica(context.Context, core.PluginReplica) error
	LeavePluginReplica(context.Context, core.ID) error
	// ListenPlugins calls heard with what the ledger says after each change and when it begins; it
	// comes back when the connection is lost.
	ListenPlugins(ctx context.Context, heard func(core.PluginNews)) error
}

// Target is what an engine is to serve.
type Target struct {
	Release core.PluginRelease   // its Number is 0 when nothing was released
	Earlier []core.PluginRelease // that runs go on with, the newest first
	Barred  []string             // digests that nobody may be asked of
	// Unreleased has what served before the first release kept warm, for a rollback to it.
	Unreleased bool
}

// Engine runs plugins.
type Engine interface {
	// Prepare makes a target ready without anybody seeing it. When every version is at hand, as
	// it is for a rollback, that takes no time worth counting. Of a release that serves already
	// it may leave candidates out: only what answers everybody keeps a replica from serving.
	// Safe for concurrent use.
	Prepare(context.Context, Target) (Ready, error)
	// Trouble says, a line each, in what the engine does otherwise than was committed last. The
	// target is prepared again, at growing intervals, until there is none.
	Trouble() []string
	// Digests are the versions that serve, by plugin.
	Digests() map[string]string
}

// Ready is a target that is prepared. It is ended once, by one of the two.
type Ready interface {
	Commit() // by one swap of a pointer
	Abort()
}

// ReplicaDeps are the parts that a replica needs; all but Looked are required.
type ReplicaDeps struct {
	Store  ReplicaStore
	Engine Engine
	Log    *slog.Logger
	// Flipped is told of each change of what serves, with the kind of release that made it, and
	// of each that could not be prepared, with the error.
	Flipped func(context.Context, core.PluginRelease, error)
	// Looked is told of what the ledger says, at each look, and which release serves here.
	Looked func(ctx context.Context, at core.PluginLedger, serves int64)
}

// ReplicaConfig names a replica for operators.
type ReplicaConfig struct {
	// Linger is how long a release that served is kept for runs that began this moment, and
	// that the next look at the database does not know of yet; a minute when 0.
	Linger time.Duration
	ID     core.ID
	Name   string
	Build  string
}

// Replica has one process serve what the ledger says. There is no coordinator: every replica
// prepares what is to come, says so, and the first that finds all of them ready has the
// database say that it serves. Whatever dies on the way, the next look at the ledger goes on
// from there.
//
//	NOTIFY, or a tick ──▶ read the ledger ──▶ serving another? ──▶ prepare ──▶ swap ──▶ say so
//	                                     └──▶ one is preparing? ──▶ prepare ──▶ say "ready" ──▶ all are? it serves
//
// A NOTIFY carries the release that serves with its commit, and a newer one than serves here is
// followed without waiting for the reading, which puts right what was not true.
//
// One that cannot reach the database serves what it has, and goes on when it can.
type Replica struct {
	deps   ReplicaDeps
	config ReplicaConfig
	heard  chan news
	done   chan outcome

	self     core.PluginReplica
	target   Target    // what serves here
	seen     time.Time // when the ledger was read that was acted on last
	recent   []served  // the last in front
	pinned   []core.PluginRelease
	pinnedAt time.Time
	upcoming *outcome                     // what is prepared and does not serve yet
	busy     map[int64]context.CancelFunc // by the release that is being prepared here
	retry    time.Time
	mend     time.Time // not before then is a release that is not whole here prepared again
	pause    time.Duration
}

// served is a release that served here until then.
type served struct {
	release core.PluginRelease
	until   time.Time
}

// outcome is a preparation that ended.
type outcome struct {
	target Target
	ready  Ready
	err    error
	took   time.Duration
	heard  time.Time
	read   time.Duration
	serve  bool // it was prepared to serve at once
	gaveUp bool // nobody wants it any more
}

// NewReplica checks that every part is there.
func NewReplica(d ReplicaDeps, c ReplicaConfig) (*Replica, error) {
	if d.Store == nil || d.Engine == nil || d.Log == nil || d.Flipped == nil || c.ID.IsZero() {
		return nil, errors.New("release: every part of ReplicaDeps and an id are required")
	}
	if c.Linger == 0 {
		c.Linger = time.Minute
	}
	return &Replica{
		deps: d, config: c, heard: make(chan news, 1), done: make(chan outcome), busy: map[int64]context.CancelFunc{},
		self: core.PluginReplica{ID: c.ID, Name: c.Name, Build: c.Build},
	}, nil
}

// ID names the process in the ledger and in what it counts.
func (r *Replica) ID() core.ID { return r.config.ID }

// Unserved says why a replica cannot serve what the ledger says.
type Unserved struct {
	Release int64
	Cause   error
}

// Error implements error.
func (u *Unserved) Error() string { return fmt.Sprintf("release %d: %v", u.Release, u.Cause) }

// Unwrap gives the cause.
func (u *Unserved) Unwrap() error { return u.Cause }

// Start has the replica serve what the ledger says now, before it takes any call. Its error
// says why that cannot be; a replica that is run all the same after [Unserved] goes on trying.
func (r *Replica) Start(ctx context.Context) error {
	at, err := r.deps.Store.PluginLedger(ctx)
	if err != nil {
		return err
	}
	if r.pinned, err = r.deps.Store.PinnedPluginReleases(ctx, verifiable, maxPinned); err != nil {
		return err
	}
	r.pinnedAt = time.Now()
	if at.Serving.Number > 0 {
		if err := r.startWith(ctx, at); err != nil {
			r.report(ctx) // operators see why, and wait for it when it goes on
			return err
		}
		r.recall(ctx, at.Serving)
	}
	return r.say(ctx)
}

// recall has the release that a rollback would go back to kept warm as on the replicas that
// served it. It is prepared by the first look, for which nobody waits.
func (r *Replica) recall(ctx context.Context, serving core.PluginRelease) {
	number, ok, err := before(ctx, r.deps.Store.FindPluginRelease, serving)
	var last core.PluginRelease
	if err == nil && number > 0 {
		last, err = r.deps.Store.FindPluginRelease(ctx, number)
	}
	r.recent, r.pinnedAt = nil, time.Time{}
	if err == nil && ok {
		r.recent = []served{{last, time.Now()}}
	}
	if err != nil {
		r.deps.Log.WarnContext(ctx, "the release before the one that serves is not kept warm", "error", err)
	}
}

func (r *Replica) startWith(ctx context.Context, at core.PluginLedger) error {
	o := outcome{target: r.targetOf(at), heard: time.Now(), serve: true}
	o.ready, o.err = r.deps.Engine.Prepare(ctx, o.target)
	if o.err != nil {
		r.deps.Flipped(ctx, at.Serving, o.err)
		r.self.Failed, r.self.Failure, r.retry = at.Serving.Number, o.err.Error(), time.Now().Add(retryAfter)
		return &Unserved{at.Serving.Number, o.err}
	}
	o.took = time.Since(o.heard)
	r.flip(ctx, o)
	return nil
}

// Run follows the ledger until the context ends, and then has the others forget this replica.
func (r *Replica) Run(ctx context.Context) {
	deaf := make(chan struct{})
	go func() { defer close(deaf); r.listen(ctx) }()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case n := <-r.heard:
			r.see(ctx, n)
		case <-tick.C:
			r.look(ctx)
			r.report(ctx)
		case o := <-r.done:
			r.finish(ctx, o)
		}
	}
	<-deaf
	r.leave(context.WithoutCancel(ctx))
}

// news is what the ledger says and how long reading it took.
type news struct {
	core.PluginNews

	read time.Duration
}

// listen hands on what the ledger says after each change. What was not looked at is replaced:
// only the last counts. While it cannot listen, the ticks look.
func (r *Replica) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.deps.Store.ListenPlugins(ctx, func(n core.PluginNews) {
			select {
			case <-r.heard:
			default:
			}
			r.heard <- news{n, time.Since(n.Told)}
		})
		if ctx.Err() == nil {
			r.deps.Log.WarnContext(ctx, "not told of releases; looking every second", "error", err)
			wait(ctx, beat)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// leave first has the others wait for this replica no more: what is compiled here meanwhile may
// take long to end.
func (r *Replica) leave(ctx context.Context) {
	short, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	if err := r.deps.Store.LeavePluginReplica(short, r.config.ID); err != nil {
		r.deps.Log.WarnContext(ctx, "the other replicas were not told that this one ends", "error", err)
	}
	for len(r.busy) > 0 {
		o := <-r.done
		r.forget(o)
		if o.ready != nil {
			o.ready.Abort()
		}
	}
	if r.upcoming != nil {
		r.upcoming.ready.Abort()
	}
}

// report says how the replica is; that it is not heard is no harm but that nobody waits for it.
func (r *Replica) report(ctx context.Context) {
	if err := r.say(ctx); err != nil && ctx.Err() == nil {
		r.deps.Log.WarnContext(ctx, "the other replicas were not told how this one is", "error", err)
	}
}

func (r *Replica) say(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.self.Digests, r.self.Trouble = r.deps.Engine.Digests(), strings.Join(r.deps.Engine.Trouble(), "; ")
	return r.deps.Store.SayPluginReplica(ctx, r.self)
}
