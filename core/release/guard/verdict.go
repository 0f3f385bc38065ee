package guard

import (
	"fmt"
	"math"
	"strings"
)

// bounds are the multiples of the limit's ratio that a candidate is shown to stay below, truths the rates in terms of
// the predecessor's on which that bets.
var (
	bounds = [...]float64{1, 2, 5}
	truths = [...]float64{0.01, 0.5, 1}
)

// bound moves on the e-processes against "at least so many times as bad". For leniency the suspect is the predecessor,
// as when the alarm is weighed.
func (t *Test) bound(l Limit, m Metric, p Pair) {
	if m == Leniency {
		p = p.turned()
	}
	for i, times := range bounds {
		for j, truth := range truths {
			at := i*len(truths) + j
			t.Bounds[at] = min(max(t.Bounds[at]+step(p, l, l.Ratio*times, truth), bottom), top)
		}
	}
}

// below is the smallest ratio that the candidate is shown to stay below; 0 if none is.
func (t *Test) below(l Limit) float64 {
	for i, times := range bounds {
		if logMean(t.Bounds[i*len(truths):(i+1)*len(truths)]) >= -math.Log(1-confidence) {
			return l.Ratio * times
		}
	}
	return 0
}

// Verdict is what a rollout has shown so far, for who is about to promote the candidate. Each statement holds with
// 95 % confidence, however often it is asked for.
type Verdict struct {
	Enough   bool      `json:"enough"` // every metric is shown to be within its limit
	Alarm    *Alarm    `json:"alarm,omitempty"`
	Findings []Finding `json:"findings"` // one for each metric
}

// Finding is what is shown of one metric.
type Finding struct {
	Metric Metric  `json:"metric"`
	Limit  Limit   `json:"limit"`
	Total  Pair    `json:"total"`
	Below  float64 `json:"below"` // times the predecessor's rate, and the limit's floor more; 0 if nothing is shown
}

// Verdict tells what is shown so far.
func (s *State) Verdict(c Config) Verdict {
	c = c.filled()
	v := Verdict{Enough: s.Alarm == nil, Alarm: s.Alarm}
	for _, m := range metrics {
		f := Finding{Metric: m, Limit: c.limit(m)}
		if t, ok := s.Tests[m]; ok && t.whole() {
			f.Total, f.Below = t.Total, t.below(f.Limit)
		}
		v.Enough = v.Enough && f.within()
		v.Findings = append(v.Findings, f)
	}
	return v
}

// within tells whether the candidate is shown to be within the limit.
func (f Finding) within() bool { return f.Below > 0 && f.Below <= f.Limit.Ratio }

// String is the verdict as a few lines of text.
func (v Verdict) String() string {
	var b strings.Builder
	switch {
	case v.Alarm != nil:
		b.WriteString(v.Alarm.String())
	case v.Enough:
		b.WriteString("the candidate is shown to be no worse than allowed\n")
	default:
		b.WriteString("nothing speaks against the candidate, and more traffic is needed to show that it is no worse than allowed\n")
	}
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "  %s: %s\n", f.Metric, f)
	}
	return b.String()
}

// String is the finding as a line of text.
func (f Finding) String() string {
	if f.Metric == Leniency {
		return f.shows() // the counts are those of the denials
	}
	return f.Total.say(f.Metric.event()) + "; " + f.shows()
}

func (f Finding) shows() string {
	switch {
	case f.Below <= 0:
		return "too little to say more"
	case f.Metric == Leniency:
		return fmt.Sprintf("the predecessor denies no more than %.3g times as many and %s, with 95 %% confidence", f.Below, percent(f.Limit.Floor))
	}
	return fmt.Sprintf("no worse than %.3g times the predecessor and %s more, with 95 %% confidence", f.Below, percent(f.Limit.Floor))
}
