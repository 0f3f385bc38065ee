package plugins

import (
	"fmt"
	"time"

	"github.com/usher-id/usher/hostapi"
)

// Release is what an engine is to have loaded: the plugins, and who is asked where.
type Release struct {
	Number  int64    // of the ledger; 0 for one that is in none
	Sources []Source // one for each plugin: what serves
	// Bindings are the chains of all hooks; of those of one hook the first is asked
	// first. Nil binds each plugin at all its hooks, in the order of Sources.
	Bindings []Binding
	// CallTimeout bounds a call where neither the binding nor the plugin says how
	// long it may take; 0 leaves it to the hook.
	CallTimeout time.Duration
	// Candidates are tried beside what serves: for each plugin one that answers for a
	// share of the runs and one that is a shadow, at most.
	Candidates []Candidate
	// Optional leaves out candidates that cannot be made, which [Prepared.LeftOut] tells: what
	// serves answers in their place. Otherwise one that cannot fails the release.
	Optional bool
	// Earlier are releases with runs that have not ended: their calls go on with the
	// versions that they began with. One that is left out is revoked: its calls see
	// the current one.
	Earlier []Earlier
	// Warm are kept compiled for a swap back, and nobody is asked there. One that
	// cannot be made is logged and left out: nobody waits for it.
	Warm []Source
}

// Candidate is a version of a plugin that may come to serve. At a hook that it does not
// serve the one of Sources is asked.
type Candidate struct {
	Source   Source
	Percent  float64 // of runs that it answers for, 0 to 100
	ByTenant bool    // the share is of tenants, not of runs
	Shadow   bool    // asked about copies after the answer was given; Percent is 0 then
}

// LeftOut is a candidate that a release is without.
type LeftOut struct {
	Plugin string
	Digest string
	Cause  error
}

func (c Candidate) check() error {
	if !(c.Percent >= 0 && c.Percent <= 100) { // no NaN either
		return fmt.Errorf("percent: %v is outside of 0 to 100", c.Percent)
	}
	if c.Shadow && c.Percent != 0 {
		return fmt.Errorf("percent: a shadow answers for nobody, so it is 0, not %v", c.Percent)
	}
	return nil
}

// Earlier is a release that some runs began under.
type Earlier struct {
	Number     int64
	Sources    []Source
	Candidates []Candidate
}

// Binding has a plugin asked at a hook.
type Binding struct {
	Hook   hostapi.Hook
	Plugin string // the name of a Source
	// Tenants are the ids of those in whose calls it is asked; empty for every call.
	Tenants []string
	// OnFailure is the hook's own when its Word is empty.
	OnFailure OnFailure
	// Timeout bounds a call, the wait for an instance included; 0 leaves it to the
	// plugin, the release, the hook, in this order.
	Timeout time.Duration
	Off     bool   // it keeps its place and is not asked
	At      string // how the operator finds it, for errors
}

// OnFailure is what it means that a bound plugin failed. The engine knows only
// whether the chain goes on with the next plugin; Word is the caller's.
type OnFailure struct {
	Word string
	GoOn bool
}
