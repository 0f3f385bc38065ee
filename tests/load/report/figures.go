package report

import (
	"slices"
	"strings"
	"time"
)

// Figures sum up the requests of one step.
type Figures struct {
	Count   int            `json:"count"`
	Errors  int            `json:"errors"`
	Refused int            `json:"refused,omitempty"` // by the queue before password hashing, with a time to try again
	Reasons map[string]int `json:"reasons,omitempty"`
	Seconds float64        `json:"seconds"` // from the first request to the last answer, over all rounds
	Rate    float64        `json:"rate"`    // answers a second
	P50     float64        `json:"p50_ms"`
	P95     float64        `json:"p95_ms"`
	P99     float64        `json:"p99_ms"`
	Worst   float64        `json:"worst_ms"`
	Rounds  []float64      `json:"rate_by_round,omitempty"`
}

// Sample gathers what rounds of one step took.
type Sample struct {
	Durations []time.Duration
	Elapsed   time.Duration
	Reasons   map[string]int
	Queued    bool // a 503 is the queue's answer, and no error
	rates     []float64
}

// Add takes one round.
func (s *Sample) Add(durations []time.Duration, elapsed time.Duration, reasons map[string]int) {
	s.Durations = append(s.Durations, durations...)
	s.Elapsed += elapsed
	if elapsed > 0 {
		s.rates = append(s.rates, float64(len(durations))/elapsed.Seconds())
	}
	for what, n := range reasons {
		if s.Reasons == nil {
			s.Reasons = map[string]int{}
		}
		s.Reasons[what] += n
	}
}

// Figures sums up; it sorts the durations.
func (s *Sample) Figures() Figures {
	slices.Sort(s.Durations)
	f := Figures{
		Count: len(s.Durations), Reasons: s.Reasons, Seconds: s.Elapsed.Seconds(), Rounds: s.rates,
		P50: quantile(s.Durations, 0.50), P95: quantile(s.Durations, 0.95),
		P99: quantile(s.Durations, 0.99), Worst: quantile(s.Durations, 1),
	}
	for what, n := range s.Reasons {
		if s.Queued && strings.HasPrefix(what, "503 ") {
			f.Refused += n
		} else {
			f.Errors += n
		}
	}
	if f.Seconds > 0 {
		f.Rate = float64(f.Count) / f.Seconds
	}
	return f
}

// quantile is the nearest rank of sorted durations, in milliseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := min(int(q*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[rank]) / float64(time.Millisecond)
}
