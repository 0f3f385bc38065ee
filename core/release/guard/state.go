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
	Last    time.Time       `json:"last,omitzero"`
	Pending Window          `json:"pending"` // too few runs so far
	Warmup  cost.Histogram  `json:"warmup"`  // of the predecessor, towards the next SlowOver
	Slow    int             `json:"slow"`    // bucket above which a call is slow; -1 while it is not known
	Tests   map[Metric]Test `json:"tests"`
	Alarm   *Alarm          `json:"alarm,omitempty"`
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
	s.Last = w.At
	switch {
	case w.runs() < c.MinRuns:
		s.Pending.add(w)
		if s.Pending.runs() >= c.MinRuns {
			s.evaluate(c, s.Pending)
			s.Pending = Window{}
		}
	default:
		// What is pending may come from hours with another share of the traffic, so it is not mixed with this.
		if s.Pending.runs() > 0 {
			s.evaluate(c, s.Pending)
		}
		s.Pending = Window{}
		s.evaluate(c, w)
	}
	return s.Alarm
}

// whole tells whether a state is one that this version of the package wrote.
func (s *State) whole() bool {
	for _, m := range metrics {
		if t, ok := s.Tests[m]; !ok || !t.whole() {
			return false
		}
	}
	return s.Version == version
}

func (t *Test) whole() bool {
	return len(t.Evidence) == len(alternatives) && len(t.Bounds) == len(bounds)*len(truths)
}

func begin(at time.Time) State {
	s := State{Version: version, First: at, Slow: -1, Tests: map[Metric]Test{}}
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
func (s *State) evaluate(c Config, w Window) {
	if s.Alarm != nil {
		return
	}
	s.Windows++
	for _, m := range metrics {
		p := w.pair(m, s.Slow)
		if p.Candidate.Of <= 0 || p.Serving.Of <= 0 {
			continue
		}
		t := s.Tests[m]
		t.weigh(c, m, p, w.At)
		t.bound(c.limit(m), m, p)
		s.Tests[m] = t
		if e := logMean(t.Evidence); s.Alarm == nil && e >= math.Log(float64(len(metrics))/c.FalseAlarms) {
			s.Alarm = s.raise(c, m, e, w.At)
		}
	}
	s.learn(c, &w.Serving.Latency)
}

// learn moves the bound above which a call is slow after each warm-up's worth of calls. It only ever rests on windows
// before the one that it is applied to, so the choice favours nobody.
func (s *State) learn(c Config, h *cost.Histogram) {
	s.Warmup.Add(h)
	if s.Warmup.Count() < c.Warmup {
		return
	}
	p95 := float64(s.Warmup.Quantile(0.95))
	s.Slow = min(cost.Bucket(max(time.Duration(c.SlowFactor*p95), c.SlowFloor)), cost.Buckets-2)
	s.Warmup = cost.Histogram{}
}

// weigh moves the e-processes of one metric on.
func (t *Test) weigh(c Config, m Metric, p Pair, at time.Time) {
	l, suspect := c.limit(m), p
	if m == Leniency {
		suspect = p.turned()
	}
	if t.Due {
		t.start(at)
	}
	before := logMean(t.Evidence)
	for i, times := range alternatives {
		gain := min(step(suspect, l, l.Ratio, l.Ratio*times), math.Log(c.WindowCap))
		t.Evidence[i] = min(max(t.Evidence[i]+gain, bottom), top)
	}
	// A start is laid where there was an event of the suspect's: elsewhere it would only cost.
	t.Due = suspect.Candidate.Events > 0
	t.Total, t.Recent = t.Total.plus(p), t.Recent.plus(p)
	t.heed(Weighty{At: at, Factor: math.Exp(logMean(t.Evidence) - before), Pair: p})
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
