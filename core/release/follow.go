package release

import (
	"context"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
)

// look reads the ledger and begins what has to be done. It compiles nothing by itself.
func (r *Replica) look(ctx context.Context) {
	heard := time.Now()
	at, err := r.ledger(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.deps.Log.WarnContext(ctx, "the ledger of plugins cannot be read; what serves goes on", "error", err)
		}
		return
	}
	r.see(ctx, news{core.PluginNews{Ledger: at, Told: heard}, time.Since(heard)})
}

// see begins what has to be done after a look.
func (r *Replica) see(ctx context.Context, n news) {
	if n.Told.Before(r.seen) { // it lay there while a later one was read
		return
	}
	at := n.Ledger
	if n.Carried {
		if at.Serving.Number > r.target.Release.Number {
			r.follow(ctx, at, n.Told, n.read)
		}
		return
	}
	r.seen = n.Told
	r.giveUp(at)
	switch {
	case at.Serving.Number != r.target.Release.Number:
		r.follow(ctx, at, n.Told, n.read)
	case time.Since(r.pinnedAt) > pinLook || !slices.Equal(at.Barred, r.target.Barred):
		r.refreshPins(ctx, at)
	default:
		r.makeWhole(ctx)
	}
	r.anticipate(ctx, at)
	if r.deps.Looked != nil {
		r.deps.Looked(ctx, at, r.target.Release.Number)
	}
}

// ledger reads the ledger within a bounded time: from a connection that is dead and does not say
// so, nothing would come ever.
func (r *Replica) ledger(ctx context.Context) (core.PluginLedger, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.deps.Store.PluginLedger(ctx)
}

// giveUp ends the preparation of releases that will not serve: a rollback that has something to
// compile would wait for their compiler. One that is newer than what was read may serve.
func (r *Replica) giveUp(at core.PluginLedger) {
	for number, cancel := range r.busy {
		if number <= at.Newest && number != at.Serving.Number && (at.Preparing == nil || number != at.Preparing.Number) {
			cancel()
		}
	}
}

// follow has the replica serve what the ledger says.
func (r *Replica) follow(ctx context.Context, at core.PluginLedger, heard time.Time, read time.Duration) {
	number := at.Serving.Number
	if own := r.upcoming; own != nil && own.target.Release.Number == number {
		r.upcoming = nil
		own.heard, own.read = heard, read
		r.flip(ctx, *own)
		r.report(ctx)
		return
	}
	if r.busy[number] != nil || r.self.Failed == number && time.Now().Before(r.retry) {
		return
	}
	r.begin(ctx, outcome{target: r.targetOf(at), heard: heard, read: read, serve: true})
}

// anticipate prepares what is to come, and lets go of what will not.
func (r *Replica) anticipate(ctx context.Context, at core.PluginLedger) {
	if own := r.upcoming; own != nil && (at.Preparing == nil || at.Preparing.Number != own.target.Release.Number) {
		own.ready.Abort()
		r.upcoming = nil
	}
	if at.Preparing == nil {
		return
	}
	number := at.Preparing.Number
	switch {
	case r.upcoming != nil:
		r.serve(ctx, number)
	case r.busy[number] != nil:
	case number == r.self.Failed: // the ledger was not told, or did not hear it
		r.fail(ctx, number)
	case number > r.self.Failed:
		next := at
		next.Serving = *at.Preparing
		r.begin(ctx, outcome{target: r.targetOf(next)})
	}
}

// begin prepares a target beside what goes on.
func (r *Replica) begin(ctx context.Context, o outcome) {
	number := o.target.Release.Number
	ctx, cancel := context.WithCancel(ctx)
	r.busy[number] = cancel
	go func() {
		began := time.Now()
		o.ready, o.err = r.deps.Engine.Prepare(ctx, o.target)
		o.took, o.gaveUp = time.Since(began), ctx.Err() != nil
		r.done <- o
	}()
}

func (r *Replica) forget(o outcome) {
	number := o.target.Release.Number
	r.busy[number]()
	delete(r.busy, number)
}

// finish takes what was prepared: to serve it at once, or when all are ready.
func (r *Replica) finish(ctx context.Context, o outcome) {
	r.forget(o)
	switch {
	case o.err != nil && !o.gaveUp:
		r.failed(ctx, o)
		return
	case o.err != nil:
		return
	case o.gaveUp:
		o.ready.Abort()
		return
	}
	number := o.target.Release.Number
	if !o.serve {
		r.upcoming, r.self.Prepared = &o, max(r.self.Prepared, number)
		r.report(ctx)
		r.serve(ctx, number)
		r.look(ctx) // it may have been told to serve meanwhile
		return
	}
	if number < r.target.Release.Number { // overtaken while it was compiled
		o.ready.Abort()
		return
	}
	r.flip(ctx, o)
	r.report(ctx)
	r.look(ctx)
}

// failed says that a release cannot be prepared here. One that waits for its replicas ends with
// that; one that serves already is tried again, and what served before goes on here.
func (r *Replica) failed(ctx context.Context, o outcome) {
	if ctx.Err() != nil {
		return
	}
	release := o.target.Release
	if release.Number == r.target.Release.Number { // it serves here; the next attempt is due by itself
		r.deps.Log.ErrorContext(ctx, "release not prepared again, what serves goes on", "release", release.Number, "error", o.err)
		r.retry = time.Now().Add(retryAfter)
		r.report(ctx)
		return
	}
	if r.self.Failed < release.Number {
		r.deps.Flipped(ctx, release, o.err)
	}
	r.deps.Log.ErrorContext(ctx, "release not prepared", "release", release.Number, "kind", release.Kind, "plugin", release.Plugin, "error", o.err)
	r.self.Failed, r.self.Failure, r.retry = release.Number, o.err.Error(), time.Now().Add(retryAfter)
	r.report(ctx)
	if o.serve {
		return
	}
	r.fail(ctx, release.Number)
}

// fail ends a release that this replica cannot prepare.
func (r *Replica) fail(ctx context.Context, number int64) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := r.deps.Store.FailPluginRelease(ctx, number, liveFor, r.config.Name+": "+r.self.Failure); err != nil {
		r.deps.Log.WarnContext(ctx, "the ledger was not told of a release that failed", "release", number, "error", err)
	}
}

// serve has the database say that a release serves, if it is time.
func (r *Replica) serve(ctx context.Context, number int64) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := r.deps.Store.ServePluginRelease(ctx, number, liveFor, false); err != nil {
		r.deps.Log.WarnContext(ctx, "a release waits to serve", "release", number, "error", err)
	}
}

// flip has new calls see what was prepared.
func (r *Replica) flip(ctx context.Context, o outcome) {
	began := time.Now()
	o.ready.Commit()
	now := time.Now()
	last, next := r.target.Release, o.target.Release
	r.target = o.target
	r.target.Release.State = core.ReleaseServing
	if r.self.Failed <= next.Number {
		r.self.Failed, r.self.Failure = 0, ""
	}
	if next.Number == last.Number {
		return // other pins; nobody sees a difference
	}
	r.recent = append([]served{{last, now}}, r.recent[:min(len(r.recent), maxPinned-1)]...)
	r.mend, r.pause = now.Add(retryAfter), retryAfter
	r.self.Serving, r.self.Since, r.self.Prepared = next.Number, now, max(r.self.Prepared, next.Number)
	r.self.Swap = core.ReplicaSwap{Release: next.Number, Heard: o.heard, Read: o.read, Prepare: o.took, Flip: now.Sub(began)}
	r.deps.Log.InfoContext(ctx, "release serves", "release", next.Number, "kind", next.Kind, "plugin", next.Plugin, "reason", next.Reason,
		"automatic", next.Automatic, "read_us", o.read.Microseconds(), "prepare_us", o.took.Microseconds(), "flip_us", r.self.Swap.Flip.Microseconds())
	r.deps.Flipped(ctx, next, nil)
}

// targetOf is what serves, with the releases that runs go on with: those that the database
// knew of at the last look, and those that served a moment ago, which runs that began then may
// only now have written down.
func (r *Replica) targetOf(at core.PluginLedger) Target {
	t := Target{Release: at.Serving, Barred: at.Barred}
	kept := []core.PluginRelease{r.target.Release}
	for i, one := range r.recent {
		if i == 0 || time.Since(one.until) < r.config.Linger { // the last stays warm for a rollback
			kept = append(kept, one.release)
		}
	}
	for _, e := range append(kept, r.pinned...) {
		known := slices.ContainsFunc(t.Earlier, func(o core.PluginRelease) bool { return o.Number == e.Number })
		switch {
		case e.Number == 0:
			t.Unreleased = true
		case e.Number != at.Serving.Number && !known:
			t.Earlier = append(t.Earlier, e)
		}
	}
	return t
}

// makeWhole prepares a release again that serves here with less than it has, or with another
// configuration than is in force.
func (r *Replica) makeWhole(ctx context.Context) {
	number := r.target.Release.Number
	if number == 0 || r.busy[number] != nil || time.Now().Before(r.mend) || len(r.deps.Engine.Trouble()) == 0 {
		return
	}
	r.pause = min(2*r.pause, mendWithin)
	r.mend = time.Now().Add(r.pause)
	r.begin(ctx, outcome{target: r.target, heard: time.Now(), serve: true})
}

// refreshPins reads which releases runs began with, and serves with others when they changed.
func (r *Replica) refreshPins(ctx context.Context, at core.PluginLedger) {
	if time.Now().Before(r.retry) {
		return
	}
	pinned, err := r.pins(ctx)
	if err != nil {
		r.deps.Log.WarnContext(ctx, "the releases of runs under way cannot be read", "error", err)
		return
	}
	r.pinned, r.pinnedAt = pinned, time.Now()
	t := r.targetOf(at)
	if t.Release.Number > 0 && r.busy[t.Release.Number] == nil && !same(t, r.target) {
		r.begin(ctx, outcome{target: t, heard: time.Now(), serve: true})
	}
}

func (r *Replica) pins(ctx context.Context) ([]core.PluginRelease, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.deps.Store.PinnedPluginReleases(ctx, verifiable, maxPinned)
}

// same tells whether two targets of one release ask for the same.
func same(a, b Target) bool {
	number := func(x, y core.PluginRelease) bool { return x.Number == y.Number }
	return slices.EqualFunc(a.Earlier, b.Earlier, number) && slices.Equal(a.Barred, b.Barred) && a.Unreleased == b.Unreleased
}
