package replay_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/replay"
	"github.com/usher-id/usher/core/release/sample"
	"github.com/usher-id/usher/hostapi"
)

// scene plays the samples, the registry and the stage.
type scene struct {
	samples []sample.Call
	lost    sample.Lost
	rate    float64
	before  func(sample.Call) replay.Tried
	after   func(context.Context, sample.Call) replay.Tried
	closed  chan struct{}
}

func (s *scene) Each(ctx context.Context, _ string, _ time.Duration, most int, each func(sample.Call) bool) (sample.Lost, error) {
	for _, c := range s.samples[:min(most, len(s.samples))] {
		if !each(c) {
			break
		}
	}
	return s.lost, ctx.Err()
}

func (s *scene) Find(_ context.Context, name string) (core.PluginVersion, error) {
	if name == "unknown" {
		return core.PluginVersion{}, core.E(core.NotFound, "unknown")
	}
	return core.PluginVersion{Plugin: "p", Version: "2.0.0", Digest: "d2"}, nil
}

func (s *scene) Pair(context.Context, core.PluginVersion) (replay.Pair, error) {
	return s, nil
}

func (s *scene) Serving() replay.Version { return replay.Version{Digest: "d1", Version: "1.0.0"} }

func (s *scene) AskServing(_ context.Context, c sample.Call) replay.Tried { return s.before(c) }

func (s *scene) AskCandidate(ctx context.Context, c sample.Call) replay.Tried { return s.after(ctx, c) }

func (s *scene) Close() { close(s.closed) }

func (s *scene) open(t *testing.T) *replay.Replays {
	t.Helper()
	s.closed = make(chan struct{})
	r, err := replay.New(t.Context(), replay.Deps{Samples: s, Versions: s, Stage: s, Log: slog.New(slog.DiscardHandler), Rate: func() float64 { return s.rate }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func order() replay.Order { return replay.Order{Version: "p@2.0.0", Since: time.Hour, Limit: 100} }

func ended(t *testing.T, r *replay.Replays, o replay.Order) (*replay.Report, error) {
	t.Helper()
	begun, err := r.Begin(t.Context(), o)
	if err != nil {
		return nil, err
	}
	s, err := r.Wait(t.Context(), begun.ID, time.Minute)
	if err == nil && !s.Done {
		t.Fatal("it goes on")
	}
	return s.Report, err
}

func says(output string) replay.Tried {
	return replay.Tried{Side: release.Side{Output: []byte(output), Took: time.Millisecond, Fuel: 10, Memory: 1}}
}

func fails(kind string) replay.Tried { return replay.Tried{Side: release.Side{Failure: kind}} }

func TestReport(t *testing.T) {
	t.Parallel()
	const yes, no = `{"outcome":"continue"}`, `{"outcome":"deny","errors":[{"field":"email","code":"blocked","message":"x"}]}`
	missed := says(yes)
	missed.Missed = "usher:kv/v1.get"
	before := map[string]replay.Tried{"same": says(yes), "other": says(yes), "crash": says(yes), "both": fails("trap"), "missed": says(yes), "hook": says(yes), "moved": says(no), "request": missed}
	after := map[string]replay.Tried{"same": says(yes), "other": says(no), "crash": fails("trap"), "both": fails("trap"), "missed": missed, "hook": {Unasked: "does not serve signup.validate"}, "moved": says(no), "request": missed}
	s := &scene{
		lost:   sample.Lost{"gone": 2},
		before: func(c sample.Call) replay.Tried { return before[c.Run] },
		after:  func(_ context.Context, c sample.Call) replay.Tried { return after[c.Run] },
	}
	for _, run := range []string{"same", "other", "crash", "both", "missed", "hook", "moved", "request"} {
		v := core.PluginVerdict{Outcome: "continue"}
		if run == "both" {
			v = core.PluginVerdict{Failure: "trap"}
		}
		s.samples = append(s.samples, sample.Call{Run: run, Hook: hostapi.HookSignupValidate, Verdict: v})
	}
	r, err := ended(t, s.open(t), order())
	if err != nil {
		t.Fatal(err)
	}
	if r.Samples != 8 || r.Agreed != 3 || r.Changed != 2 || r.Otherwise != 1 || r.Lost["gone"] != 2 || r.Stopped != "" || r.Plugin != "p" ||
		r.Candidate.Version != "2.0.0" || r.Serving.Version != "1.0.0" {
		t.Errorf("%+v", r)
	}
	for why, n := range r.NotComparable {
		if n != 1 || !strings.Contains(why, "usher:kv/v1.get") && !strings.Contains(why, "does not serve") {
			t.Errorf("%d: %s", n, why)
		}
	}
	if len(r.NotComparable) != 3 || len(r.Changes) != 2 || strings.Join(r.Changes[0].Members, " ") != "outcome errors" ||
		r.Changes[0].After.Errors[0].Code != "blocked" || r.Changes[1].After.Failure != "trap" {
		t.Errorf("%+v, %+v", r.NotComparable, r.Changes)
	}
	if r.ServingCost.Calls() != 8 || r.CandidateCost.Calls() != 7 || r.CandidateFailures["trap"] != 2 || r.ServingFailures["trap"] != 1 || r.CandidateCost.FuelMean() != 10 {
		t.Errorf("%+v", r)
	}
	<-s.closed
}

// Without samples it is said why, and what to do.
func TestNothingToReplay(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		scene scene
		order replay.Order
		says  []string
	}{
		"sampling is off":   {scene{}, order(), []string{"no sample of p of the last 1h0m0s", "plugins.samples.rate", "reload"}},
		"sampling is on":    {scene{rate: 0.01}, order(), []string{"is on for 1 % of the calls", "wait"}},
		"the keys are gone": {scene{lost: sample.Lost{"k1": 3, "k0": 1}}, order(), []string{"keys, k0, k1, are not in the ring", "expire"}},
		"unknown":           {scene{}, replay.Order{Version: "unknown", Since: time.Hour, Limit: 1}, []string{"unknown"}},
		"too long ago":      {scene{}, replay.Order{Version: "p", Since: 169 * time.Hour, Limit: 1}, []string{"since"}},
		"too many":          {scene{}, replay.Order{Version: "p", Since: time.Hour, Limit: 5001}, []string{"limit"}},
	} {
		_, err := ended(t, row.scene.open(t), row.order)
		for _, word := range row.says {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q is not said: %v", name, word, err)
			}
		}
	}
}

// One runs at a time; it can be stopped, and says what came of it until then.
func TestReplayIsStopped(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 3)
	s := &scene{
		samples: make([]sample.Call, 3),
		before:  func(sample.Call) replay.Tried { return says(`{"outcome":"continue"}`) },
		after: func(ctx context.Context, _ sample.Call) replay.Tried {
			if asked <- struct{}{}; len(asked) == 2 {
				<-ctx.Done()
			}
			return says(`{"outcome":"continue"}`)
		},
	}
	r := s.open(t)
	begun, err := r.Begin(t.Context(), order())
	if err != nil || begun.Done {
		t.Fatalf("%+v, %v", begun, err)
	}
	for len(asked) < 2 {
		if state, err := r.Wait(t.Context(), begun.ID, time.Millisecond); err != nil || state.Done {
			t.Fatalf("%+v, %v", state, err)
		}
	}
	if _, err := r.Begin(t.Context(), order()); core.CodeOf(err) != core.Conflict {
		t.Errorf("a second one: %v", err)
	}
	if err := r.Stop(begun.ID); err != nil {
		t.Fatal(err)
	}
	state, err := r.Wait(t.Context(), begun.ID, time.Minute)
	if err != nil || !state.Done || state.Report.Stopped != "it was stopped" || state.Report.Samples != 1 {
		t.Errorf("%+v, %v", state.Report, err)
	}
	<-s.closed
	if _, err := r.Wait(t.Context(), core.NewID(time.Now()), 0); core.CodeOf(err) != core.NotFound {
		t.Errorf("one that is not known: %v", err)
	}
}

// Nobody asks how it is, and it ends.
func TestReplayIsAbandoned(t *testing.T) {
	t.Parallel()
	s := &scene{
		samples: make([]sample.Call, 1),
		before:  func(sample.Call) replay.Tried { return replay.Tried{} },
		after:   func(ctx context.Context, _ sample.Call) replay.Tried { <-ctx.Done(); return replay.Tried{} },
	}
	r := s.open(t)
	replay.AbandonSoon(r)
	begun, err := r.Begin(t.Context(), order())
	if err != nil {
		t.Fatal(err)
	}
	<-s.closed
	state, err := r.Wait(t.Context(), begun.ID, time.Minute)
	if err != nil || state.Report.Stopped != "nobody asked how it was" || state.Report.Samples != 0 {
		t.Errorf("%+v, %v", state.Report, err)
	}
}
