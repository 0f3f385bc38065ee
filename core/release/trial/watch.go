package trial

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/guard"
)

// Store keeps tallies and trials; package store implements it.
type Store interface {
	PluginLedger(context.Context) (core.PluginLedger, error)
	FindPluginRelease(ctx context.Context, number int64) (core.PluginRelease, error)
	SavePluginTallies(context.Context, []core.PluginTally) error
	PluginTalliesOf(ctx context.Context, release int64, plugin string) ([]core.PluginTally, error)
	PluginTalliesOfDigest(ctx context.Context, digest string) ([]core.PluginTally, error)
	FindPluginTrial(ctx context.Context, release int64, plugin string) (core.PluginTrial, bool, error)
	PluginTrialEndedBy(ctx context.Context, rollback int64) (core.PluginTrial, bool, error)
	// SavePluginTrial writes the state where Looks is what it was; done is false where it is not.
	SavePluginTrial(context.Context, core.PluginTrial) (done bool, err error)
	// RollBackPluginTrial writes the release that ends a trial, with the quarantine of the
	// candidate and the evidence. It is [core.Conflict] when somebody else was first.
	RollBackPluginTrial(ctx context.Context, r core.PluginRelease, after int64, t core.PluginTrial) (core.PluginRelease, error)
}

// Versions are those of the registry.
type Versions interface {
	Find(ctx context.Context, name string) (core.PluginVersion, error)
}

// Deps are the parts that a watch needs; all are required.
type Deps struct {
	Store    Store
	Versions Versions
	Counter  *Counter
	Log      *slog.Logger
	// RolledBack is told of each candidate that this replica took back.
	RolledBack func(ctx context.Context, plugin string, m guard.Metric)
	// Acts tells whether a candidate that is worse than it may be is taken back; else that is
	// only said.
	Acts func() bool
}

// Config says how closely a watch looks. The zero value works.
type Config struct {
	Guard guard.Config
	Every time.Duration // between two looks while a candidate is tried; 1 s, and ten times that while none is
}

// Watch judges candidates. It is safe for concurrent use, by any number of replicas at once.
type Watch struct {
	Deps
	Config
}

// New checks that every part is there.
func New(d Deps, c Config) (*Watch, error) {
	if d.Store == nil || d.Versions == nil || d.Counter == nil || d.Log == nil || d.RolledBack == nil || d.Acts == nil {
		return nil, errors.New("trial: every part of Deps is required")
	}
	if c.Every <= 0 {
		c.Every = time.Second
	}
	return &Watch{d, c}, nil
}

// idle is how many times rarer the counts are written while no candidate is tried.
const idle = 10

// Run writes what is counted, and looks at it while a candidate is tried, until the context
// ends. What was counted last is written then.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			w.end(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		}
		if trying := w.Counter.Trying(); trying || n%idle == 0 {
			w.turn(ctx, trying)
		}
	}
}

// patience is how long a turn may take.
const patience = 5 * time.Second

func (w *Watch) turn(ctx context.Context, trying bool) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.Counter.Flush(within, w.Store.SavePluginTallies); err != nil {
		w.warn(ctx, "what plugins did was not written", err)
		return
	}
	if !trying {
		return
	}
	if err := w.Look(within); err != nil {
		w.warn(ctx, "the candidates were not looked at", err)
	}
}

func (w *Watch) end(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := w.Counter.Flush(within, w.Store.SavePluginTallies); err != nil {
		w.warn(ctx, "what plugins did last was not written", err)
	}
}

func (w *Watch) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		w.Log.WarnContext(ctx, "candidates are not watched at this moment; nothing is lost, and it is tried again", "what", what, "error", err)
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
