package guard

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Alarm is why a rollout is taken back, for a person who is woken by it.
type Alarm struct {
	Hook     string    `json:"hook"` // of the window that decided
	At       time.Time `json:"at"`   // its end
	Evidence Evidence  `json:"evidence"`
}

// Evidence is what speaks against the candidate.
type Evidence struct {
	Metric Metric `json:"metric"`
	Limit  Limit  `json:"limit"`

	// EValue is what a bet against the candidate's innocence has made of 1: an innocent one's comes to x in fewer than
	// one of x rollouts.
	EValue float64 `json:"e_value"`
	Chance float64 `json:"chance"` // at most, of an alarm like this in any metric in a whole rollout of an innocent one

	Since    time.Time `json:"since"`    // when it seems to have begun
	Recent   Pair      `json:"recent"`   // since then
	Total    Pair      `json:"total"`    // of the whole rollout
	Heaviest []Weighty `json:"heaviest"` // the windows that weighed most, the heaviest first
}

func (s *State) raise(c Config, m Metric, log float64, w Window) *Alarm {
	t := s.Tests[m]
	return &Alarm{Hook: w.Hook, At: w.At, Evidence: Evidence{
		Metric: m, Limit: c.limit(m), EValue: math.Exp(log), Chance: float64(len(metrics)) * math.Exp(-log),
		Since: t.Since, Recent: t.Recent, Total: t.Total, Heaviest: t.Heaviest,
	}}
}

// String is the alarm as a few lines of text.
func (a *Alarm) String() string {
	return fmt.Sprintf("%s: %s at %s\n%s", a.Evidence.Metric.accuses(), cmp.Or(a.Hook, "all hooks"), clock(a.At), a.Evidence.String())
}

// String is the evidence as a few lines of text.
func (e Evidence) String() string {
	var b strings.Builder
	what := e.Metric.event()
	fmt.Fprintf(&b, "  since %s: %s\n", clock(e.Since), e.Recent.say(what))
	if e.Total != e.Recent {
		fmt.Fprintf(&b, "  in the whole rollout: %s\n", e.Total.say(what))
	}
	fmt.Fprintf(&b, "  allowed: %s\n", e.Limit.say(e.Metric))
	fmt.Fprintf(&b, "  evidence: %s to 1; a candidate within what is allowed comes to that by chance in fewer than 1 of %s rollouts\n",
		number(e.EValue), number(1/e.Chance))
	for _, w := range e.Heaviest {
		fmt.Fprintf(&b, "  weighed most: %s until %s, candidate %s, predecessor %s: evidence ×%.3g\n",
			cmp.Or(w.Hook, "all hooks"), clock(w.At), w.Pair.Candidate.part(), w.Pair.Serving.part(), w.Factor)
	}
	return b.String()
}

// accuses is the headline of an alarm.
func (m Metric) accuses() string {
	switch m {
	case Failures:
		return "the candidate fails more often than its predecessor"
	case Denials:
		return "the candidate denies more often than its predecessor"
	case Leniency:
		return "the candidate lets through what its predecessor denies"
	case Latency:
		return "the candidate is slower than its predecessor"
	}
	return "the candidate is worse than its predecessor"
}

// event names what the metric counts.
func (m Metric) event() string {
	switch m {
	case Failures:
		return "runs failed"
	case Denials, Leniency:
		return "runs were denied"
	case Latency:
		return "calls were slow"
	}
	return "runs"
}

// say is the limit in words.
func (l Limit) say(m Metric) string {
	who, whose := "the candidate", "the predecessor's"
	if m == Leniency {
		who, whose = "the predecessor", "the candidate's"
	}
	return fmt.Sprintf("%s may have %.3g times %s rate and %s more", who, l.Ratio, whose, percent(l.Floor))
}

func (p Pair) say(what string) string {
	if p.Candidate.Of <= 0 && p.Serving.Of <= 0 {
		return "nothing was counted"
	}
	return fmt.Sprintf("%s of the candidate's %s %s (%s); %s of the predecessor's %s (%s)",
		count(p.Candidate.Events), count(p.Candidate.Of), what, p.Candidate.share(),
		count(p.Serving.Events), count(p.Serving.Of), p.Serving.share())
}

func (t Tally) share() string {
	low, high := t.Interval()
	return fmt.Sprintf("%s, 95 %% interval %s to %s", percent(t.Rate()), percent(low), percent(high))
}

func (t Tally) part() string { return count(t.Events) + " of " + count(t.Of) }

func percent(share float64) string {
	p := 100 * share
	switch {
	case p == 0:
		return "0 %"
	case p < 0.001:
		return "<0.001 %"
	case p >= 99.95:
		return "100 %"
	case p >= 10:
		return fmt.Sprintf("%.1f %%", p)
	}
	return fmt.Sprintf("%.2g %%", p)
}

// number is a large number to two digits.
func number(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.2g", x)
	}
	x = min(x, 1e15)
	scale := math.Pow(10, math.Floor(math.Log10(x))-1)
	return count(int64(math.Floor(x/scale) * scale))
}

// count is a number in groups of three digits.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// shown is how many of the heaviest windows are kept.
const shown = 3

// heed keeps a window if it is one of the heaviest.
func (t *Test) heed(w Weighty) {
	if w.Factor <= 1 {
		return
	}
	if len(t.Heaviest) == shown && w.Factor <= t.Heaviest[shown-1].Factor {
		return
	}
	t.Heaviest = append(t.Heaviest, w)
	for i := len(t.Heaviest) - 1; i > 0 && t.Heaviest[i].Factor > t.Heaviest[i-1].Factor; i-- {
		t.Heaviest[i], t.Heaviest[i-1] = t.Heaviest[i-1], t.Heaviest[i]
	}
	t.Heaviest = t.Heaviest[:min(len(t.Heaviest), shown)]
}
