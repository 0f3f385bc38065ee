package operator

import (
	"cmp"
	"slices"
	"time"

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
