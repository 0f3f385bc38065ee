package drills_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/pgtest"
)

// TestRollout: a version goes bad while a tenth of the runs are its own. The guardrail takes it back before anybody
// calls on-call, nobody who signs up sees any of it, and a good version is promoted and rolled back by hand.
func TestRollout(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), 3)
	f.publish(gate, "gate.c", "1.0.0")
	f.typed("plugin", "activate", "gate@1.0.0", "--reason", "the first")
	people := &traffic{t: t, fleet: f}
	rate := people.capacity() * 0.7
	t.Logf("the fleet takes %.0f signups a second on this machine; from now on %.0f come", rate/0.7, rate)
	people.begin(rate)

	f.publish(gate, "brittle.c", "2.0.0")
	f.typed("plugin", "shadow", "gate@2.0.0")
	people.pass(2 * rate) // two seconds' worth
	f.typed("plugin", "status")
	f.typed("plugin", "canary", "gate@2.0.0", "--percent", "10")
	people.pass(2 * rate)
	t.Log("from now on three in ten organizations have a name that version 2.0.0 does not bear")
	people.sour.Store(30)
	began := time.Now()
	at := f.until("the guardrail rolled back", func(r rollout) bool { return r.Serving.Automatic })
	t.Logf("the guardrail rolled back after %v: %s", time.Since(began).Round(time.Millisecond), at.Serving.Reason)
	f.everywhere(at.Serving.Number)
	f.typed("plugin", "status")
	f.typed("plugin", "evidence", fmt.Sprint(at.Serving.Number))
	f.typed("plugin", "list")
	if r := f.ask("plugin", "activate", "gate@2.0.0"); r.Code == 0 {
		t.Error("a version that is quarantined was activated")
	}

	f.publish(gate, "gate.c", "3.0.0")
	f.typed("plugin", "canary", "gate@3.0.0", "--percent", "50")
	people.pass(4 * rate)
	f.typed("plugin", "promote", "gate", "--force", "--reason", "the drill has no day to wait for")
	people.pass(rate)
	f.typed("plugin", "rollback", "--reason", "the drill")
	f.typed("plugin", "history")
	sent, failed := people.end()
	if len(failed) > 0 {
		t.Errorf("of %d signups failed: %v", sent, failed)
	}
	for _, r := range f.rollout().Replicas {
		t.Logf("%s: rolled back within %d µs of hearing of it", r.Name, r.Swap.ReadUS+r.Swap.PrepareUS+r.Swap.FlipUS)
	}
}

// pass waits until so many more people came.
func (l *traffic) pass(people float64) {
	l.t.Helper()
	until := l.next.Load() + int64(people)
	wait(l.t, "people sign up", func() bool { return l.next.Load() >= until })
}

// until waits for a state of the ledger.
func (f *fleet) until(what string, holds func(rollout) bool) (r rollout) {
	f.t.Helper()
	wait(f.t, what, func() bool {
		r = f.rollout()
		return holds(r)
	})
	return r
}

func (f *fleet) everywhere(release int64) {
	f.t.Helper()
	f.until("every replica serves it", func(r rollout) bool {
		for _, one := range r.Replicas {
			if one.Live && one.Serving < release {
				return false
			}
		}
		return true
	})
}

func wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(3 * time.Minute)
	defer late.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-late.C:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
