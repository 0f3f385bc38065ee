package mail

import (
	"context"
	"sync"
	"time"
)

// gates hold mails back from providers that are down. A mail goes to the first of its
// providers that is up; one at a time is let through to one that is down, to find out
// whether it is back, and when it is, all who wait go on at once. Safe for concurrent use.
type gates struct {
	probe    time.Duration // between probes of a provider that is down
	refused  time.Duration // between probes of one that refuses us: it may count wrong passwords
	patience time.Duration // how long a mail waits here before it goes back to the queue

	mu       sync.Mutex
	each     []gate        // one for each provider
	changed  chan struct{} // closed and replaced when any of this changed
	draining bool
}

// gate is that of one provider.
type gate struct {
	shut    *Failure  // why; nil while the provider is up
	since   time.Time // when it was shut
	next    time.Time // of the next probe
	probing bool      // one is on its way
}

// turn is the leave to try one provider. Whoever holds a probe owes a report or an abandon.
type turn struct {
	at    int // the provider
	probe bool
}

// longestRest is between probes of a provider that says itself when to come back: what
// an operator put right is found out without a restart.
const longestRest = 15 * time.Minute

func newGates(c Config, providers int) *gates {
	return &gates{probe: c.Probe, refused: c.ProbeRefused, patience: c.Patience, each: make([]gate, providers), changed: make(chan struct{})}
}

// pass waits until one of the providers may be tried. It returns why not when all stayed
// down for as long as a mail waits, or the context's error.
func (g *gates) pass(ctx context.Context, order []int) (turn, error) {
	var patience <-chan time.Time
	for {
		v := g.ask(order)
		if v.shut == nil {
			return v.turn, nil
		}
		if v.leave {
			return turn{}, v.shut
		}
		if patience == nil { // made only when there is something to wait for
			patience = time.After(g.patience)
		}
		var due <-chan time.Time
		if v.wait > 0 {
			due = time.After(v.wait)
		}
		select {
		case <-v.changed:
		case <-due:
		case <-patience:
			return turn{}, v.shut
		case <-ctx.Done():
			return turn{}, ctx.Err()
		}
	}
}

// try is pass without waiting; it gives false when all are down.
func (g *gates) try(order []int) (turn, bool) {
	if len(order) == 0 {
		return turn{}, false
	}
	v := g.ask(order)
	return v.turn, v.shut == nil
}

// verdict is what the gates say to one who asks to pass.
type verdict struct {
	turn    turn
	shut    *Failure        // nil when the turn may be taken; else why the first provider is down
	leave   bool            // do not wait
	wait    time.Duration   // ask again after this, or
	changed <-chan struct{} // when this is closed
}

func (g *gates) ask(order []int) verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := verdict{shut: g.each[order[0]].shut, leave: g.draining, changed: g.changed}
	for _, i := range order {
		one := &g.each[i]
		if one.shut == nil {
			return verdict{turn: turn{at: i}}
		}
		if g.draining || one.probing {
			continue
		}
		wait := time.Until(one.next)
		if wait <= 0 {
			one.probing = true
			return verdict{turn: turn{at: i, probe: true}}
		}
		if v.wait == 0 || wait < v.wait {
			v.wait = wait
		}
	}
	return v
}

// report tells how an attempt that passed ended, and returns why the gate was shut
// before and is after. A failure that is the mail's own shows that the provider is up.
func (g *gates) report(t turn, f *Failure) (before, after *Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := &g.each[t.at]
	if t.probe {
		one.probing = false
	}
	before = one.shut
	switch {
	case f != nil && f.providerDown():
		g.close(one, f)
	case before == nil:
		return nil, nil
	default:
		one.shut = nil
	}
	g.tell()
	return before, one.shut
}

func (g *gates) close(one *gate, f *Failure) {
	now := time.Now()
	if one.shut == nil {
		one.since = now
	}
	rest := g.probe
	if f.Class == Refused {
		rest = g.refused
	}
	one.shut = f
	one.next = now.Add(max(rest, min(f.RetryAfter, longestRest)))
}

// abandon is for a turn whose provider was never asked.
func (g *gates) abandon(t turn) {
	if !t.probe {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.each[t.at].probing = false
	g.tell()
}

// drain sends everyone who waits back to the queue, and everyone who would.
func (g *gates) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
	g.tell()
}

// state is nil while the provider is up, or else why it is down, and since when.
func (g *gates) state(at int) (*Failure, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.each[at].shut, g.each[at].since
}

// tell wakes everyone who waits. The caller holds the lock.
func (g *gates) tell() {
	close(g.changed)
	g.changed = make(chan struct{})
}
