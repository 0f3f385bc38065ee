package trial_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/guard"
	"github.com/usher-id/usher/core/release/trial"
)

// TestReplicasAreSummed: what every replica counted comes into the trial once, whoever looks,
// and one that starts anew in the middle counts on.
func TestReplicasAreSummed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.calls(s.replicas[0], 30, guard.Passed)
	s.calls(s.replicas[1], 20, guard.Denied)
	s.flush(s.replicas...)
	s.look(s.replicas[0])
	s.look(s.replicas[1])
	got := s.standing()
	if got.Candidate.Runs != 50 || got.Serving.Runs != 50 || got.Candidate.Denied != 20 || got.Serving.Denied != 0 {
		t.Fatalf("%d and %d runs, %d denied", got.Candidate.Runs, got.Serving.Runs, got.Candidate.Denied)
	}
	// The second ends, and another process comes in its place.
	s.calls(s.replicas[1], 3, guard.Passed)
	s.flush(s.replicas[1])
	anew := s.join(s.store)
	anew.counter.Follow(s.serving())
	s.calls(anew, 7, guard.Passed)
	s.flush(anew)
	s.look(anew)
	if got = s.standing(); got.Candidate.Runs != 60 || got.Serving.Runs != 60 {
		t.Errorf("%d and %d runs after a restart", got.Candidate.Runs, got.Serving.Runs)
	}
}

// TestOnceForEachRun: of the calls of a run to a hook the first counts, whichever version
// answered it; runs of another release, and shadows, count not at all.
func TestOnceForEachRun(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	r := s.replicas[0]
	same := func(c *trial.Call) { c.ByRun = "one" }
	s.call(r, "b", guard.Failed, same)
	s.call(r, "a", guard.Passed, same) // what serves answers in its place
	s.call(r, "b", guard.Failed, same)
	s.call(r, "b", guard.Failed, same, func(c *trial.Call) { c.Hook = "activation.validate" })
	s.call(r, "a", guard.Denied, func(c *trial.Call) { c.Release-- })
	s.call(r, "a", guard.Denied, func(c *trial.Call) { c.Role = core.TallyShadow })
	s.call(r, "c", guard.Denied)
	s.call(r, "a", guard.Passed, func(c *trial.Call) { c.ByRun = "" })
	s.call(r, "a", guard.Passed, func(c *trial.Call) { c.ByRun = "" })
	s.flush(r)
	s.look(r)
	got := s.standing()
	if got.Candidate.Runs != 1 || got.Candidate.Failed != 1 || got.Serving.Runs != 2 || got.Serving.Denied != 0 {
		t.Errorf("%d and %d runs, %d failed, %d denied", got.Candidate.Runs, got.Serving.Runs, got.Candidate.Failed, got.Serving.Denied)
	}
}

// TestTenantsAreTheUnit where tenants are assigned.
func TestTenantsAreTheUnit(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	s.make(release.Change{Kind: core.ReleaseCanary, Plugin: "gate", Percent: 50, ByTenant: true})
	for range 9 {
		s.call(s.replicas[0], "b", guard.Passed, func(c *trial.Call) { c.ByTenant = "one" })
	}
	s.flush(s.replicas[0])
	s.look(s.replicas[0])
	if n := s.standing().Candidate.Runs; n != 1 {
		t.Errorf("a tenant counts %d times", n)
	}
}

// TestNothingIsLost: what could not be written is part of what is written next, and what was
// written and has not changed is not written again.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	r := s.replicas[0]
	s.calls(r, 5, guard.Passed)
	fails := func(context.Context, []core.PluginTally) error { return errAway }
	if err := r.counter.Flush(t.Context(), fails); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	s.calls(r, 5, guard.Passed)
	rows := 0
	count := func(_ context.Context, list []core.PluginTally) error {
		rows += len(list)
		return s.store.SavePluginTallies(t.Context(), list)
	}
	for range 2 {
		must(t, r.counter.Flush(t.Context(), count))
	}
	s.look(r)
	if got := s.standing(); rows != 2 || got.Candidate.Runs != 10 {
		t.Errorf("%d rows, %d runs", rows, got.Candidate.Runs)
	}
}

// TestOneRollback: three replicas look at the same time, again and again, and one of them
// takes the candidate back, once, with everything that belongs to it.
func TestOneRollback(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3)
	for range 3 {
		for _, r := range s.replicas {
			s.calls(r, 10, guard.Passed)
		}
		s.flush(s.replicas...)
		s.all()
	}
	at := s.goBad()
	s.all()
	s.all()
	if now := s.serving(); now.Number != at.Number {
		t.Errorf("release %d came after release %d", now.Number, at.Number)
	}
	p := at.Content.Plugins[0]
	if at.Kind != core.ReleaseRollback || at.Actor != trial.Actor || at.Restores != 1 || at.Base != 2 || p.Candidate != nil || p.Digest != digest("a") {
		t.Errorf("%+v", at)
	}
	if !strings.Contains(at.Reason, "fails more often") || !strings.Contains(at.Reason, "of the candidate's") || strings.Contains(at.Reason, "\n") {
		t.Errorf("the reason: %s", at.Reason)
	}
	ledger, err := s.store.PluginLedger(t.Context())
	must(t, err)
	if len(ledger.Barred) != 1 || ledger.Barred[0] != digest("b") {
		t.Errorf("quarantined: %v", ledger.Barred)
	}
	told, logged := 0, ""
	for _, r := range s.replicas {
		told += len(r.told)
		logged += r.log.String()
	}
	if told != 1 || strings.Count(logged, "level=ERROR") != 1 || !strings.Contains(logged, "evidence: ") {
		t.Errorf("told %d times; the log: %s", told, logged)
	}
	e, err := s.replicas[2].watch.EvidenceOf(t.Context(), at)
	must(t, err)
	for _, says := range []string{"gate 2.0.0 (bbbbbbbbbbbb) was taken back", "1.0.0 (aaaaaaaaaaaa) answers", "release 2", "evidence: ", hook, "usher plugin clear"} {
		if !strings.Contains(e.Text, says) {
			t.Errorf("the evidence lacks %q:\n%s", says, e.Text)
		}
	}
	if e.Alarm.Evidence.Metric != guard.Failures || e.Hooks[hook].Candidate.Failed == 0 {
		t.Errorf("%+v", e.Alarm)
	}
	t.Log(e.Text)
	events, err := s.store.PluginReleases(t.Context(), 0, 10)
	must(t, err)
	if len(events) != 3 {
		t.Errorf("%d releases", len(events))
	}
}

// TestAnAlarmIsNotLost: the database goes away between the alarm and the rollback, and then
// somebody changes the share before anybody looks again.
func TestAnAlarmIsNotLost(t *testing.T) {
	t.Parallel()
	for _, changed := range []bool{false, true} {
		s := newScene(t, 1)
		gone := &away{Store: s.store, off: true}
		r := s.join(gone)
		s.replicas = s.replicas[1:]
		r.counter.Follow(s.serving())
		var err error
		for n := 0; n < 50 && !errors.Is(err, errAway); n++ {
			s.calls(r, 5, guard.Failed)
			s.flush(r)
			err = r.watch.Look(t.Context())
		}
		if !errors.Is(err, errAway) || s.serving().Number != 2 {
			t.Fatalf("%v; release %d", err, s.serving().Number)
		}
		if changed {
			s.make(release.Change{Kind: core.ReleaseCanary, Plugin: "gate", Percent: 60})
		}
		gone.off = false
		s.look(r)
		if at := s.serving(); !at.Automatic || at.Restores != 1 {
			t.Errorf("changed %t: %+v", changed, at)
		} else if e, err := r.watch.EvidenceOf(t.Context(), at); err != nil || e == nil {
			t.Errorf("no evidence: %v", err)
		}
	}
}

// TestWatching: a guardrail that may not act says once what it found, the gate holds it against
// a promotion, and it acts as soon as it may.
func TestWatching(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	r := s.replicas[0]
	r.rests = true
	for range 20 {
		s.calls(r, 5, guard.Failed)
		s.flush(r)
		s.look(r)
	}
	if n := strings.Count(r.log.String(), "plugins.guardrail is watch"); n != 1 || s.serving().Automatic {
		t.Errorf("said %d times, release %d", n, s.serving().Number)
	}
	found, err := r.watch.Gate(t.Context(), s.serving(), s.serving().Content.Plugins[0])
	must(t, err)
	if all := strings.Join(found, "; "); !strings.Contains(all, "fails more often") {
		t.Errorf("%s", all)
	}
	r.rests = false
	s.look(r)
	if !s.serving().Automatic {
		t.Error("it does not act")
	}
}

// TestStairs: another share is the same trial; the same candidate after a rollback is another.
func TestStairs(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	r := s.replicas[0]
	s.calls(r, 20, guard.Passed)
	s.flush(r)
	s.look(r)
	s.make(release.Change{Kind: core.ReleaseCanary, Plugin: "gate", Percent: 80})
	if n := s.standing().Candidate.Runs; n != 20 {
		t.Errorf("%d runs are known after the share was changed", n)
	}
	s.calls(r, 5, guard.Passed)
	s.flush(r)
	s.look(r)
	if n := s.standing().Candidate.Runs; n != 25 {
		t.Errorf("%d runs", n)
	}
	s.goBad()
	_, _, err := s.store.SetPluginStatus(t.Context(), core.PluginVersion{Digest: digest("b"), Status: core.VersionGood}, core.VersionQuarantined, core.PluginAct{Actor: "ada", Action: "clear"})
	must(t, err)
	s.make(release.Change{Kind: core.ReleaseCanary, Version: "gate@2.0.0", Percent: 5})
	s.look(r)
	if n := s.standing().Candidate.Runs; n != 0 || s.serving().Automatic {
		t.Errorf("%d runs, automatic %t", n, s.serving().Automatic)
	}
}

// TestGate: a candidate is promoted when it is shown to be no worse and costs no more.
func TestGate(t *testing.T) {
	t.Parallel()
	promote := release.Change{Kind: core.ReleasePromote, Plugin: "gate", Actor: "ada"}
	for _, row := range []struct {
		name string
		runs int
		fuel int64
		says string
	}{
		{"nothing came", 0, 0, "not enough traffic yet"},
		{"too little", 100, 1000, "not enough traffic yet"},
		{"good", 20_000, 1000, ""},
		{"dearer", 20_000, 900_000, "the fuel of an average call grew"},
	} {
		s := newScene(t, 1)
		r := s.replicas[0]
		for n := range row.runs {
			denied := guard.Passed
			if n%50 == 0 {
				denied = guard.Denied
			}
			for _, letter := range []string{"a", "b"} {
				s.runs(r, letter, denied, row.fuel)
			}
			if n%200 == 199 {
				s.flush(r)
				s.look(r)
			}
		}
		_, err := s.ledger.Make(t.Context(), promote)
		told, _ := errors.AsType[*core.Error](err)
		if row.says == "" && err != nil || row.says != "" && (told == nil || !strings.Contains(told.Say, row.says)) {
			t.Errorf("%s: %v", row.name, err)
		}
		forced := promote
		forced.Force, forced.Reason = true, "it has to be"
		if _, err := s.ledger.Make(t.Context(), forced); row.says != "" && err != nil {
			t.Errorf("%s: --force: %v", row.name, err)
		}
	}
}

// runs is a call of the canary's release without asking which it is.
func (s *scene) runs(r *replica, letter string, o guard.Outcome, fuel int64) {
	s.run++
	c := trial.Call{Release: 2, Plugin: "gate", Digest: digest(letter), Role: core.TallyServing, Hook: hook, Outcome: o}
	c.Cost.Took, c.Cost.Fuel, c.Cost.Memory = 100*time.Microsecond, 1000, 65536
	if letter == "b" {
		c.Role, c.Cost.Fuel = core.TallyCandidate, fuel
	}
	r.counter.Observe(c)
}

// TestProbes are compared where production has too little to say.
func TestProbes(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	r := s.replicas[0]
	for range 20 {
		r.counter.Probed("gate", digest("a"), hook, probe(1000))
		r.counter.Probed("gate", digest("b"), hook, probe(5_000_000))
	}
	s.flush(r)
	found, err := r.watch.Gate(t.Context(), s.serving(), s.serving().Content.Plugins[0])
	must(t, err)
	if all := strings.Join(found, "; "); !strings.Contains(all, "fuel of an average call grew") {
		t.Errorf("%s", all)
	}
	v, err := shelf{}.Find(t.Context(), digest("b"))
	must(t, err)
	cards, err := r.watch.Cards(t.Context(), v)
	must(t, err)
	if c := cards[core.TallyProbe]; c.Calls() != 20 || c.Size != 1000 {
		t.Errorf("%d calls, %d bytes", c.Calls(), c.Size)
	}
}
