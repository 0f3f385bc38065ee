package replay

import (
	"maps"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/sample"
	"github.com/usher-id/usher/hostapi"
)

// mostChanges bounds the changed verdicts that a report lists; all are counted.
const mostChanges = 200

// Report is what came of a replay.
type Report struct {
	Plugin    string
	Candidate Version
	Serving   Version

	Samples       int // that both were asked about
	Agreed        int
	Changed       int
	NotComparable map[string]int // by why
	Otherwise     int            // samples that what serves answers otherwise than it did then: redaction, time or its version
	Lost          map[string]int // samples that could not be opened, by the id of their key
	Stopped       string         // why not all samples were taken; empty when they were
	Changes       []Change       // the newest first

	CandidateCost     cost.Card
	ServingCost       cost.Card
	CandidateFailures map[string]int // by kind
	ServingFailures   map[string]int
}

// Version is one of the two.
type Version struct {
	Digest  string
	Version string
}

// Change is a call that the candidate answers otherwise.
type Change struct {
	Hook    hostapi.Hook
	At      time.Time
	Before  core.PluginVerdict
	After   core.PluginVerdict
	Members []string // of the answer that differ
}

// Tried is what a version made of a sample.
type Tried struct {
	release.Side

	Missed  string // the function that it asked for what was not recorded; empty for none
	Unasked string // why it was not asked; empty when it was
}

// add counts in what both made of a sample.
func (r *Report) add(c sample.Call, before, after Tried) {
	r.Samples++
	count(&r.ServingCost, r.ServingFailures, before)
	count(&r.CandidateCost, r.CandidateFailures, after)
	if before.Unasked == "" && !same(before.Verdict(c.Hook), c.Verdict) {
		r.Otherwise++
	}
	if why := apart(before, after); why != "" {
		r.NotComparable[why]++
		return
	}
	members := release.Differing(before.Side, after.Side)
	if before.Failure == after.Failure && len(members) == 0 {
		r.Agreed++
		return
	}
	r.Changed++
	if len(r.Changes) < mostChanges {
		r.Changes = append(r.Changes, Change{c.Hook, c.At, before.Verdict(c.Hook), after.Verdict(c.Hook), members})
	}
}

func count(card *cost.Card, failures map[string]int, t Tried) {
	if t.Unasked != "" {
		return
	}
	card.Observe(cost.Call{Took: t.Took, Fuel: t.Fuel, Memory: t.Memory})
	if t.Failure != "" {
		failures[t.Failure]++
	}
}

// apart says why two cannot be compared.
func apart(before, after Tried) string {
	switch {
	case before.Unasked != "":
		return "what serves " + before.Unasked
	case after.Unasked != "":
		return "the candidate " + after.Unasked
	case before.Missed != "":
		return "what serves asks " + before.Missed + " otherwise than was recorded: the request depends on what is redacted"
	case after.Missed != "":
		return "the candidate asks " + after.Missed + " for what was not recorded"
	}
	return ""
}

func same(a, b core.PluginVerdict) bool {
	return a.Outcome == b.Outcome && a.Failure == b.Failure && slices.Equal(a.Errors, b.Errors)
}

func newReport(plugin string) *Report {
	return &Report{
		Plugin: plugin, NotComparable: map[string]int{}, Lost: map[string]int{}, CandidateFailures: map[string]int{}, ServingFailures: map[string]int{},
	}
}

// clone gives a report that does not change any more.
func (r *Report) clone() *Report {
	c := *r
	c.NotComparable, c.Lost = maps.Clone(r.NotComparable), maps.Clone(r.Lost)
	c.CandidateFailures, c.ServingFailures = maps.Clone(r.CandidateFailures), maps.Clone(r.ServingFailures)
	c.Changes = slices.Clone(r.Changes)
	return &c
}
