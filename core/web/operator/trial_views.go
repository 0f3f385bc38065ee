package operator

import (
	"cmp"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
	"github.com/usher-id/usher/core/release/trial"
)

// trialView is how a candidate does beside its predecessor.
type trialView struct {
	Plugin         string        `json:"plugin"`
	Digest         string        `json:"digest"`
	Version        string        `json:"version"`
	Against        string        `json:"against"` // the digest of what serves
	AgainstVersion string        `json:"against_version"`
	Since          time.Time     `json:"since,omitzero"` // nothing was counted before
	Hooks          []trialHook   `json:"hooks"`
	Enough         bool          `json:"enough"`  // it is shown to be no worse than allowed
	Verdict        string        `json:"verdict"` // for a person
	Findings       []findingView `json:"findings"`
	Evidence       *guard.Alarm  `json:"evidence,omitzero"` // against it, once there is an alarm
}

type trialHook struct {
	Hook      string  `json:"hook"`
	Candidate armView `json:"candidate"`
	Serving   armView `json:"serving"`
}

// armView is what a version did at a hook: first calls of runs, or of tenants.
type armView struct {
	Runs   int64 `json:"runs"`
	Failed int64 `json:"failed"`
	Denied int64 `json:"denied"`
	P50US  int64 `json:"p50_us"`
	P99US  int64 `json:"p99_us"`
}

type findingView struct {
	Metric guard.Metric `json:"metric"`
	Says   string       `json:"says"`
}

// evidenceView is why a release was made by nobody.
type evidenceView struct {
	Plugin         string       `json:"plugin"`
	Digest         string       `json:"digest"`
	Version        string       `json:"version"`
	Against        string       `json:"against"`
	AgainstVersion string       `json:"against_version"`
	Release        int64        `json:"release"` // that tried it
	Since          time.Time    `json:"since"`
	Alarm          *guard.Alarm `json:"alarm"`
	Hooks          []trialHook  `json:"hooks"`
	Text           string       `json:"text"` // all of it, for a person
}

// costView is what a version costs, measured in one role.
type costView struct {
	Role        core.TallyRole `json:"role"`
	Calls       int64          `json:"calls"`
	P50US       int64          `json:"p50_us"`
	P99US       int64          `json:"p99_us"`
	FuelMean    float64        `json:"fuel_mean"`
	FuelMax     int64          `json:"fuel_max"`
	MemoryBytes int64          `json:"memory_bytes"` // the most that an instance had
	EgressCalls int64          `json:"egress_calls"`
	EgressBytes int64          `json:"egress_bytes"`
	SizeBytes   int64          `json:"size_bytes"`
}

func (l labels) trial(s trial.Standing) trialView {
	v := trialView{
		Plugin: s.Plugin, Digest: s.Digest, Version: l[s.Digest], Against: s.Against, AgainstVersion: l[s.Against], Since: s.Since,
		Hooks: hooksOf(s.Hooks), Enough: s.Verdict.Enough, Verdict: s.Verdict.String(), Evidence: s.Verdict.Alarm,
	}
	for _, f := range s.Verdict.Findings {
		v.Findings = append(v.Findings, findingView{f.Metric, f.String()})
	}
	return v
}

func evidenceOf(e *trial.Evidence) *evidenceView {
	if e == nil {
		return nil
	}
	return &evidenceView{
		Plugin: e.Plugin, Digest: e.Digest, Version: e.Version, Against: e.Against, AgainstVersion: e.Before, Release: e.Release,
		Since: e.Since, Alarm: e.Alarm, Hooks: hooksOf(e.Hooks), Text: e.Text,
	}
}

func hooksOf(all map[string]trial.Arms) []trialHook {
	list := make([]trialHook, 0, len(all))
	for hook, arms := range all {
		list = append(list, trialHook{hook, armOf(arms.Candidate), armOf(arms.Serving)})
	}
	slices.SortFunc(list, func(a, b trialHook) int { return cmp.Compare(a.Hook, b.Hook) })
	return list
}

func armOf(n guard.Counts) armView {
	return armView{n.Runs, n.Failed, n.Denied, n.Latency.Quantile(0.50).Microseconds(), n.Latency.Quantile(0.99).Microseconds()}
}

// costsOf lists cards in the order in which a version earns them.
func costsOf(cards map[core.TallyRole]cost.Card) []costView {
	list := []costView{}
	for _, role := range []core.TallyRole{core.TallyProbe, core.TallyShadow, core.TallyCandidate, core.TallyServing} {
		c, ok := cards[role]
		if !ok {
			continue
		}
		list = append(list, costView{
			Role: role, Calls: c.Calls(), P50US: c.P50().Microseconds(), P99US: c.P99().Microseconds(), FuelMean: c.FuelMean(), FuelMax: c.Fuel.Max,
			MemoryBytes: c.Memory, EgressCalls: c.Egress.Calls, EgressBytes: c.Egress.Bytes, SizeBytes: c.Size,
		})
	}
	return list
}
