package guard

import (
	"math"
	"time"
)

// Alarm is why a rollout is taken back, for a person who is woken by it.
type Alarm struct {
	At       time.Time `json:"at"`
	Evidence Evidence  `json:"evidence"`
}

// Evidence is what is known of one metric.
type Evidence struct {
	Metric   Metric    `json:"metric"`
	EValue   float64   `json:"e_value"` // 1 is nothing; the more, the less of it is chance
	Since    time.Time `json:"since"`   // when it seems to have begun
	Recent   Pair      `json:"recent"`  // since then
	Total    Pair      `json:"total"`   // of the whole rollout
	SlowOver string    `json:"slow_over,omitempty"`
	Heaviest []Weighty `json:"heaviest,omitempty"`
}

func (s *State) raise(m Metric, e float64, at time.Time) *Alarm {
	t := s.Tests[m]
	return &Alarm{At: at, Evidence: Evidence{
		Metric: m, EValue: math.Exp(e), Since: t.Since, Recent: t.Recent, Total: t.Total, Heaviest: t.Heaviest,
	}}
}

// shown is how many of the heaviest windows are kept.
const shown = 3

// heed keeps a window if it is one of the heaviest.
func (t *Test) heed(w Weighty) {
	if w.Factor <= 1 {
		return
	}
	t.Heaviest = append(t.Heaviest, w)
	for i := len(t.Heaviest) - 1; i > 0 && t.Heaviest[i].Factor > t.Heaviest[i-1].Factor; i-- {
		t.Heaviest[i], t.Heaviest[i-1] = t.Heaviest[i-1], t.Heaviest[i]
	}
	t.Heaviest = t.Heaviest[:min(len(t.Heaviest), shown)]
}
