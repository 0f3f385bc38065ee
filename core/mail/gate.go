package mail

import (
	"context"
	"sync"
	"time"
)

// gate holds mails back while the provider is down and lets one at a time through
// to find out whether it is back; when it is, all who wait go on at once. Safe for
// concurrent use.
type gate struct {
	probe    time.Duration // between probes of a provider that is down
	refused  time.Duration // between probes of one that refuses us: it may count wrong passwords
	patience time.Duration // how long a mail waits here before it goes back to the queue

	mu       sync.Mutex
	shut     *Failure      // why; nil while the provider is up
	since    time.Time     // when it was shut
	next     time.Time     // of the next probe
	probing  bool          // one is on its way
	changed  chan struct{} // closed and replaced when any of this changed
	draining bool
}

func newGate(c Config) *gate {
	return &gate{probe: c.Probe, refused: c.ProbeRefused, patience: c.Patience, changed: make(chan struct{})}
}

// pass waits until a mail may be tried and tells whether it is the probe; then the
// caller owes a report or an abandon. It returns why not when the provider stayed
// down for as long as a mail waits, or the context's error.
func (g *gate) pass(ctx context.Context) (probe bool, err error) {
	var patience <-chan time.Time
	for {
		v := g.ask()
		if v.shut == nil || v.probe {
			return v.probe, nil
		}
		if v.leave {
			return false, v.shut
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
			return false, v.shut
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// verdict is what the gate says to one who asks to pass.
type verdict struct {
	shut    *Failure
	probe   bool            // go, alone
	leave   bool            // do not wait
	wait    time.Duration   // ask again after this, or
	changed <-chan struct{} // when this is closed
}

func (g *gate) ask() verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := verdict{shut: g.shut, changed: g.changed, leave: g.draining}
	if g.shut == nil || g.draining || g.probing {
		return v
	}
	if v.wait = time.Until(g.next); v.wait <= 0 {
		v.probe, g.probing = true, true
	}
	return v
}

// report tells how an attempt that passed ended, and returns why the gate was shut
// before and is after. A failure that is the mail's own shows that the provider is up.
func (g *gate) report(probe bool, f *Failure) (before, after *Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probing = false
	}
	before = g.shut
	switch {
	case f != nil && f.providerDown():
		g.close(f)
	case before == nil:
		return nil, nil
	default:
		g.shut = nil
	}
	g.tell()
	return before, g.shut
}

func (g *gate) close(f *Failure) {
	now := time.Now()
	if g.shut == nil {
		g.since = now
	}
	g.shut = f
	g.next = now.Add(g.probe)
	if f.Class == Refused {
		g.next = now.Add(g.refused)
	}
}

// abandon is for an attempt that passed and never reached the provider.
func (g *gate) abandon(probe bool) {
	if !probe {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probing = false
	g.tell()
}

// drain sends everyone who waits back to the queue, and everyone who would.
func (g *gate) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
	g.tell()
}

// state is nil while the provider is up, or else why it is down, and since when.
func (g *gate) state() (*Failure, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut, g.since
}

// tell wakes everyone who waits. The caller holds the lock.
func (g *gate) tell() {
	close(g.changed)
	g.changed = make(chan struct{})
}
