package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/sample"
)

// The bounds of a replay.
const (
	MaxSince   = 7 * 24 * time.Hour
	MaxSamples = 5000

	maxTime   = 3 * time.Minute  // with making the versions
	abandoned = 15 * time.Second // without anybody asking how it is
)

// Samples gives recorded calls; [sample.Keeper] has them.
type Samples interface {
	Each(ctx context.Context, plugin string, since time.Duration, most int, each func(sample.Call) bool) (sample.Lost, error)
}

// Versions finds the version that an operator names; package release has it.
type Versions interface {
	Find(ctx context.Context, name string) (core.PluginVersion, error)
}

// Stage makes versions beside what serves.
type Stage interface {
	// Pair makes a candidate and the version of its plugin that serves. Its errors are
	// [core.Error] where an operator can do something about it.
	Pair(ctx context.Context, candidate core.PluginVersion) (Pair, error)
}

// Pair are two versions that can be asked, one question at a time.
type Pair interface {
	Serving() Version
	AskServing(context.Context, sample.Call) Tried
	AskCandidate(context.Context, sample.Call) Tried
	Close()
}

// Deps are the parts that replays need; all are required.
type Deps struct {
	Samples  Samples
	Versions Versions
	Stage    Stage
	Log      *slog.Logger
	Rate     func() float64 // of calls that become samples
}

// Replays runs replays, one at a time. It is safe for concurrent use.
type Replays struct {
	Deps
	life context.Context //nolint:containedctx // a replay outlives the request that began it

	patience time.Duration // how long one goes on that nobody asks about

	mu  sync.Mutex
	run *run // the last one
}

// New checks that every part is there. No replay outlives the context.
func New(life context.Context, d Deps) (*Replays, error) {
	if d.Samples == nil || d.Versions == nil || d.Stage == nil || d.Log == nil || d.Rate == nil {
		return nil, errors.New("replay: every part of Deps is required")
	}
	return &Replays{Deps: d, life: life, patience: abandoned}, nil
}

// Order is what an operator wants replayed.
type Order struct {
	Version string
	Since   time.Duration
	Limit   int
}

// State is how a replay is.
type State struct {
	ID     core.ID
	Done   bool
	Report *Report // of what was asked so far
}

// Begin begins a replay and gives its id.
func (r *Replays) Begin(ctx context.Context, o Order) (State, error) {
	if o.Since <= 0 || o.Since > MaxSince {
		return State{}, core.Invalid(core.FieldError{Field: "since", Code: "out_of_range", Message: "Samples are kept for 7 days at most: give up to 168h."})
	}
	if o.Limit < 1 || o.Limit > MaxSamples {
		return State{}, core.Invalid(core.FieldError{Field: "limit", Code: "out_of_range", Message: fmt.Sprintf("Give 1 to %d samples.", MaxSamples)})
	}
	v, err := r.Versions.Find(ctx, o.Version)
	if err != nil {
		return State{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run != nil && !r.run.over() {
		return State{}, core.E(core.Conflict, "A replay runs on this replica already. Try again when it has ended, or ask another replica.").Because("replay_runs")
	}
	r.run = begin(r.life, r.patience, func(ctx context.Context, report *shared) error { return r.do(ctx, v, o, report) })
	return State{ID: r.run.id, Report: newReport(v.Plugin)}, nil
}

// Wait gives how a replay is when it has ended, or after a time. Its error is that of the
// replay.
func (r *Replays) Wait(ctx context.Context, id core.ID, most time.Duration) (State, error) {
	run, err := r.find(id)
	if err != nil {
		return State{}, err
	}
	return run.wait(ctx, most)
}

// Stop ends a replay before its time.
func (r *Replays) Stop(id core.ID) error {
	run, err := r.find(id)
	if err == nil {
		run.cancel(errStopped)
	}
	return err
}

func (r *Replays) find(id core.ID) (*run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run == nil || r.run.id != id {
		return nil, core.E(core.NotFound, "This replica has no such replay; it keeps the last one. Ask the replica that began it, or begin another.").Because("unknown_replay")
	}
	return r.run, nil
}

// do prepares both versions, asks them, and reports.
func (r *Replays) do(ctx context.Context, v core.PluginVersion, o Order, report *shared) error {
	// 1. Is there anything to ask?
	if err := r.look(ctx, v, o); err != nil {
		return err
	}
	// 2. Both versions, beside what serves.
	pair, err := r.Stage.Pair(ctx, v)
	if err != nil {
		return err
	}
	defer pair.Close()
	report.begin(v, pair.Serving())
	// 3. Asked about the same.
	lost, err := r.Samples.Each(ctx, v.Plugin, o.Since, o.Limit, func(c sample.Call) bool {
		if ctx.Err() != nil {
			return false
		}
		before, after := pair.AskServing(ctx, c), pair.AskCandidate(ctx, c)
		if ctx.Err() == nil {
			report.add(c, before, after)
		}
		return ctx.Err() == nil
	})
	report.lose(lost)
	if ctx.Err() != nil {
		report.stop(context.Cause(ctx))
		return nil
	}
	return err
}

// look says what to do when there is no sample that can be opened.
func (r *Replays) look(ctx context.Context, v core.PluginVersion, o Order) error {
	found := false
	lost, err := r.Samples.Each(ctx, v.Plugin, o.Since, o.Limit, func(sample.Call) bool { found = true; return false })
	switch {
	case err != nil || found:
		return err
	case len(lost) > 0:
		return core.E(core.Conflict, fmt.Sprintf("No sample of %s can be opened: their keys, %s, are not in the ring any more. They expire by themselves; replay again when there are newer ones.",
			v.Plugin, keysOf(lost))).Because("samples_sealed")
	}
	say := fmt.Sprintf("There is no sample of %s of the last %v.", v.Plugin, o.Since)
	if r.Rate() == 0 {
		say += " Sampling is off: set plugins.samples.rate, such as 0.01 for one call in a hundred, and reload the configuration; calls are kept from then on."
	} else {
		say += fmt.Sprintf(" Sampling is on for %g %% of the calls: wait for some, or raise plugins.samples.rate.", 100*r.Rate())
	}
	return core.E(core.Conflict, say).Because("no_samples")
}
