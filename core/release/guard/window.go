package guard

import (
	"time"

	"github.com/usher-id/usher/core/release/cost"
)

// Counts is what one version did at one hook in a window, summed over replicas.
//
// The unit is the first call of a run to a hook, and what came of that call; see [Once]. The run is what is assigned to
// a version: however often a person repeats a bad input, all of it lands on the same version and says no more than once
// would. And a call is counted when it ends, together with its outcome, so that events and runs of a window belong to
// each other. That goes for Latency too; what all calls cost is the cost card's.
//
// Runs that were assigned before the candidate was there are best left out: theirs was no choice between two versions.
type Counts struct {
	Runs    int64          `json:"runs"`
	Failed  int64          `json:"failed"` // trapped, timed out, or answered nonsense
	Denied  int64          `json:"denied"` // said no
	Latency cost.Histogram `json:"latency"`
}

// Outcome is what came of a call.
type Outcome int

// The outcomes.
const (
	Passed Outcome = iota
	Denied
	Failed
)

// Observe counts the first call of a run to a hook.
func (c *Counts) Observe(o Outcome, took time.Duration) {
	c.Runs++
	switch o {
	case Failed:
		c.Failed++
	case Denied:
		c.Denied++
	case Passed:
	}
	c.Latency.Observe(took)
}

// Since is what was counted since an earlier reading of the same counters. A counter that went back belongs to a
// replica that started anew, and all that it shows came since. So take it for each replica, before the sum.
func (c Counts) Since(before Counts) Counts {
	d := c
	d.Runs -= before.Runs
	d.Failed -= before.Failed
	d.Denied -= before.Denied
	for i, n := range before.Latency {
		d.Latency[i] -= n
	}
	if !d.good() {
		return c
	}
	return d
}

// Add counts in what another replica or hook counted.
func (c *Counts) Add(o Counts) {
	c.Runs += o.Runs
	c.Failed += o.Failed
	c.Denied += o.Denied
	c.Latency.Add(&o.Latency)
}

// most is more than one window can have; what is above is a mistake, and would overflow a sum some day.
const most = 1e9

// good tells whether all counts can be.
func (c Counts) good() bool {
	for _, n := range [...]int64{c.Runs, c.Failed, c.Denied} {
		if n < 0 || n > most {
			return false
		}
	}
	for _, n := range c.Latency {
		if n < 0 || n > most {
			return false
		}
	}
	return true
}

// Window is what both versions did at one hook at the same time, since that hook's window before. It may be as short or
// long as it likes, and the candidate's share of the traffic may differ from window to window. Versions are compared
// inside a window only, so what the day does to both is no evidence against one; and hooks are not mixed, because after
// a change of the share a candidate has more of the hooks with which runs begin.
type Window struct {
	Hook      string    `json:"hook"`
	Candidate Counts    `json:"candidate"`
	Serving   Counts    `json:"serving"`
	At        time.Time `json:"at"` // its end; shown to people, never calculated with
}

// add pools a window with the one after it.
func (w *Window) add(o Window) {
	w.Candidate.Add(o.Candidate)
	w.Serving.Add(o.Serving)
	w.Hook, w.At = o.Hook, o.At
}

// runs is the smaller of the two versions' numbers of runs.
func (w *Window) runs() int64 { return min(w.Candidate.Runs, w.Serving.Runs) }

// pair is the events of a metric among the runs or calls of both versions. slow is the bucket above which a call is
// slow, negative while it is not known.
func (w *Window) pair(m Metric, slow int) Pair {
	c, s := &w.Candidate, &w.Serving
	switch m {
	case Failures:
		return Pair{Tally{c.Failed, c.Runs}, Tally{s.Failed, s.Runs}}
	case Denials, Leniency:
		return Pair{Tally{c.Denied, c.Runs}, Tally{s.Denied, s.Runs}}
	case Latency:
		if slow >= 0 {
			return Pair{
				Tally{c.Latency.Above(slow), c.Latency.Count()},
				Tally{s.Latency.Above(slow), s.Latency.Count()},
			}
		}
	}
	return Pair{}
}

// Tally is how many runs, or calls, had the event of a metric.
type Tally struct {
	Events int64 `json:"events"`
	Of     int64 `json:"of"`
}

// Rate is the share that had the event.
func (t Tally) Rate() float64 {
	if t.Of <= 0 {
		return 0
	}
	return float64(t.Events) / float64(t.Of)
}

func (t Tally) plus(o Tally) Tally { return Tally{t.Events + o.Events, t.Of + o.Of} }

// Pair is the tallies of both versions.
type Pair struct {
	Candidate Tally `json:"candidate"`
	Serving   Tally `json:"serving"`
}

func (p Pair) plus(o Pair) Pair {
	return Pair{p.Candidate.plus(o.Candidate), p.Serving.plus(o.Serving)}
}

// turned exchanges the versions: who denies less than its peer has a peer that denies more.
func (p Pair) turned() Pair { return Pair{p.Serving, p.Candidate} }
