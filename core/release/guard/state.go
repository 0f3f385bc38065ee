package guard

import (
	"math"
	"time"

	"github.com/usher-id/usher/core/release/cost"
)

// version of the form of a [State].
const version = 1

// State is what the guard knows of one rollout. The zero value is its beginning. It is plain data: store its JSON
// between two evaluations, each in the order of time, and let any replica do the next. One that has another form, of
// another version of this package, begins anew.
type State struct {
	Version int             `json:"version"`
	Windows int64           `json:"windows"`           // evaluated
	Refused int64           `json:"refused,omitempty"` // had counts that cannot be
	First   time.Time       `json:"first,omitzero"`
	Last    time.Time       `json:"last,omitzero"` // end of the last window evaluated
	Hooks   map[string]Hook `json:"hooks"`
	Tests   map[Metric]Test `json:"tests"`
	Alarm   *Alarm          `json:"alarm,omitempty"`
}

// Hook is what is kept for the windows of one hook.
type Hook struct {
	Pending Window         `json:"pending"` // has too few runs so far
	Warmup  cost.Histogram `json:"warmup"`  // of the predecessor, towards the next Slow
	Slow    int            `json:"slow"`    // bucket above which a call is slow; -1 while it is not known
}

// Test is what is known of one metric.
type Test struct {
	Total  Pair      `json:"total"`
	Recent Pair      `json:"recent"` // since Since
	Since  time.Time `json:"since,omitzero"`

	// Evidence is the logarithm of the e-process of each alternative. It is the sum over all starts of what came
	// since then, times the start's weight.
	Evidence []float64 `json:"evidence"`
	Starts   int64     `json:"starts"` // laid so far
	Due      bool      `json:"due"`    // the next window begins with a start

	Heaviest []Weighty `json:"heaviest,omitempty"`
	Bounds   []float64 `json:"bounds"` // logarithms of the e-processes that the verdict rests on
}

// Weighty is a window that weighed much.
type Weighty struct {
	Hook   string    `json:"hook"`
	At     time.Time `json:"at"`
	Factor float64   `json:"factor"` // what it multiplied the evidence by
	Pair   Pair      `json:"counts"`
}

// Observe takes the next window in and answers with the alarm, now or at any time before; nil while there is none.
// After an alarm nothing is taken in: its evidence stays as it was. A window with counts that cannot be is refused,
// which [State.Refused] counts, and changes nothing else.
func (s *State) Observe(c Config, w Window) *Alarm {
	c = c.filled()
	if !s.whole() {
		*s = begin(w.At)
	}
	if s.Alarm != nil {
		return s.Alarm
	}
	if !w.Candidate.good() || !w.Serving.good() {
		s.Refused++
		return nil
	}
	h, ok := s.Hooks[w.Hook]
	if !ok {
		h.Slow = -1
	}
	if w.runs() < c.MinRuns {
		h.Pending.add(w)
		w = h.Pending
	} else if h.Pending.runs() > 0 {
		// What is pending may come from hours with another share of the traffic, so it is not mixed with this.
		s.evaluate(c, &h, h.Pending)
	}
	if w.runs() >= c.MinRuns {
		s.evaluate(c, &h, w)
		h.Pending = Window{}
	}
	s.Hooks[w.Hook] = h
	return s.Alarm
}

// whole tells whether a state is one that this version of the package wrote.
func (s *State) whole() bool {
	for _, m := range metrics {
		if t, ok := s.Tests[m]; !ok || !t.whole() {
			return false
		}
	}
	return s.Version == version && s.Hooks != nil
}

func (t *Test) whole() bool {
	return len(t.Evidence) == len(alternatives) && len(t.Bounds) == len(bounds)*len(truths)
}

func begin(at time.Time) State {
	s := State{Version: version, First: at, Hooks: map[string]Hook{}, Tests: map[Metric]Test{}}
	for _, m := range metrics {
		t := Test{Since: at, Starts: 1, Evidence: make([]float64, len(alternatives)), Bounds: make([]float64, len(bounds)*len(truths))}
		for i := range t.Evidence {
			t.Evidence[i] = math.Log(weight(0))
		}
		s.Tests[m] = t
	}
	return s
}

// evaluate weighs a window with enough runs in it.
func (s *State) evaluate(c Config, h *Hook, w Window) {
	if s.Alarm != nil {
		return
	}
	s.Windows++
	for _, m := range metrics {
		p := w.pair(m, h.Slow)
		if p.Candidate.Of <= 0 || p.Serving.Of <= 0 {
			continue
		}
		t := s.Tests[m]
		t.weigh(c.limit(m), m, p, c.WindowCap, span{w.Hook, s.Last, w.At})
		t.bound(c.limit(m), m, p)
		s.Tests[m] = t
		if e := logMean(t.Evidence); s.Alarm == nil && e >= math.Log(float64(len(metrics))/c.FalseAlarms) {
			s.Alarm = s.raise(c, m, e, w)
		}
	}
	h.learn(c, &w.Serving.Latency)
	s.Last = w.At
}

// learn moves the bound above which a call is slow after each warm-up's worth of calls. It only ever rests on windows
// before the one that it is applied to, so the choice favours nobody.
func (h *Hook) learn(c Config, latency *cost.Histogram) {
	h.Warmup.Add(latency)
	if h.Warmup.Count() < c.Warmup {
		return
	}
	p95 := float64(h.Warmup.Quantile(0.95))
	h.Slow = min(cost.Bucket(max(time.Duration(c.SlowFactor*p95), c.SlowFloor)), cost.Buckets-2)
	h.Warmup = cost.Histogram{}
}

// span is where and when a window was.
type span struct {
	hook     string
	from, to time.Time
}

// weigh moves the e-processes of one metric on by a window.
func (t *Test) weigh(l Limit, m Metric, p Pair, most float64, at span) {
	suspect := p
	if m == Leniency {
		suspect = p.turned()
	}
	if t.Due {
		t.start(at.from)
	}
	before := logMean(t.Evidence)
	for i, times := range alternatives {
		gain := min(step(suspect, l, l.Ratio, l.Ratio*times), math.Log(most))
		t.Evidence[i] = min(max(t.Evidence[i]+gain, bottom), top)
	}
	// A start is laid after an event of the suspect's: elsewhere it would only cost.
	t.Due = suspect.Candidate.Events > 0
	t.Total, t.Recent = t.Total.plus(p), t.Recent.plus(p)
	t.heed(Weighty{Hook: at.hook, At: at.to, Factor: math.Exp(logMean(t.Evidence) - before), Pair: p})
}

// start places the next part of the bet: on trouble that begins now. If what was gathered before is less than that, it
// is the beginning of whatever will be found.
func (t *Test) start(at time.Time) {
	log := math.Log(weight(t.Starts))
	t.Starts++
	if logMean(t.Evidence) < log {
		t.Since, t.Recent, t.Heaviest = at, Pair{}, nil
	}
	for i, e := range t.Evidence {
		t.Evidence[i] = logSum(e, log)
	}
}
