package cost

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// Limits say how much dearer a version may be than the one before it. The zero value works.
type Limits struct {
	MinCalls int64 // of both cards, before times, fuel and calls out are compared; 1,000

	P50, P99 Growth // nanoseconds; 1.5 times and 0.5 ms, 1.5 times and 2 ms
	Fuel     Growth // ticks of an average call; 1.5 times and 100,000
	FuelMax  Growth // ticks of the dearest call; 2 times and 1,000,000
	Memory   Growth // bytes; 1.5 times and 4 MiB
	Egress   Growth // calls out of an average call; 1.25 times and 0.1
	Bytes    Growth // bytes of an average call; 2 times and 16 KiB
	Size     Growth // bytes of the module; 1.5 times and 1 MiB
}

// Growth is what a figure may grow by. It is a regression only if it is above both Ratio times what it was and Floor
// more than it was.
type Growth struct {
	Ratio float64
	Floor float64
}

func (g Growth) or(d Growth) Growth {
	return Growth{Ratio: cmp.Or(g.Ratio, d.Ratio), Floor: cmp.Or(g.Floor, d.Floor)}
}

const kib, mib = 1 << 10, 1 << 20

func (l Limits) filled() Limits {
	l.MinCalls = cmp.Or(l.MinCalls, 1000)
	l.P50 = l.P50.or(Growth{1.5, float64(500 * time.Microsecond)})
	l.P99 = l.P99.or(Growth{1.5, float64(2 * time.Millisecond)})
	l.Fuel = l.Fuel.or(Growth{1.5, 100_000})
	l.FuelMax = l.FuelMax.or(Growth{2, 1_000_000})
	l.Memory = l.Memory.or(Growth{1.5, 4 * mib})
	l.Egress = l.Egress.or(Growth{1.25, 0.1})
	l.Bytes = l.Bytes.or(Growth{2, 16 * kib})
	l.Size = l.Size.or(Growth{1.5, mib})
	return l
}

// Regression is one figure that grew beyond its limit.
type Regression struct {
	Figure string  `json:"figure"` // p50, p99, fuel, fuel_max, memory, egress, egress_bytes, size
	Old    float64 `json:"old"`
	New    float64 `json:"new"`
	Limit  float64 `json:"limit"` // the most that New might have been
	Say    string  `json:"say"`   // a sentence for a person
}

// String is the sentence.
func (r Regression) String() string { return r.Say }

// Measured tells whether a card has enough calls for its times, fuel and calls out to be compared.
func (c *Card) Measured(l Limits) bool { return c.Calls() >= l.filled().MinCalls }

// Compare lists what is worse in the second card than in the first, in the order of the figures; nothing if the second
// may be promoted. Compare cards of one kind: a probe's with a probe's, production's with production's.
//
// A percentile of a thousand calls is uncertain by itself, so it must have grown by more than chance explains: the
// lower end of its interval above the upper end of the old one's.
func Compare(before, after Card, l Limits) []Regression {
	l = l.filled()
	var found []Regression
	check := func(figure, name string, was, is float64, g Growth, show func(float64) string) {
		limit := max(was*g.Ratio, was+g.Floor)
		if is <= limit {
			return
		}
		found = append(found, Regression{Figure: figure, Old: was, New: is, Limit: limit, Say: fmt.Sprintf(
			"%s grew from %s to %s%s; up to %s is allowed", name, show(was), show(is), times(was, is), show(limit))})
	}
	measured := before.Measured(l) && after.Measured(l)
	if measured {
		for _, p := range []struct {
			figure, name string
			q            float64
			g            Growth
		}{{"p50", "the median time of a call", 0.50, l.P50}, {"p99", "the time of the slowest call in a hundred (p99)", 0.99, l.P99}} {
			if clearly(&before.Latency, &after.Latency, p.q) {
				check(p.figure, p.name, float64(before.Latency.Quantile(p.q)), float64(after.Latency.Quantile(p.q)), p.g, duration)
			}
		}
	}
	if measured && before.Fuel.Calls > 0 {
		check("fuel", "the fuel of an average call", before.FuelMean(), after.FuelMean(), l.Fuel, plain)
		check("fuel_max", "the fuel of the dearest call", float64(before.Fuel.Max), float64(after.Fuel.Max), l.FuelMax, plain)
	}
	if before.Memory > 0 {
		check("memory", "the memory of an instance", float64(before.Memory), float64(after.Memory), l.Memory, bytes)
	}
	if measured {
		check("egress", "the calls out for each call", before.EgressMean(), after.EgressMean(), l.Egress, plain)
		check("egress_bytes", "the bytes sent and fetched for each call", per(before.Egress.Bytes, before.Calls()),
			per(after.Egress.Bytes, after.Calls()), l.Bytes, bytes)
	}
	if before.Size > 0 {
		check("size", "the module", float64(before.Size), float64(after.Size), l.Size, bytes)
	}
	return found
}

// clearly tells whether a quantile grew by more than chance explains: three standard deviations of the rank, on either
// side.
func clearly(before, after *Histogram, q float64) bool {
	spread := func(h *Histogram) float64 { return 3 * math.Sqrt(q*(1-q)/float64(h.Count())) }
	return after.Quantile(q-spread(after)) > before.Quantile(q+spread(before))
}

func times(was, is float64) string {
	if was <= 0 {
		return ""
	}
	return fmt.Sprintf(" (%.2g times)", is/was)
}

func duration(ns float64) string {
	d := time.Duration(ns)
	unit := time.Nanosecond
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

func plain(n float64) string {
	if n >= 100 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.3g", n)
}

func bytes(n float64) string {
	switch {
	case n >= mib:
		return fmt.Sprintf("%.1f MiB", n/mib)
	case n >= kib:
		return fmt.Sprintf("%.1f KiB", n/kib)
	}
	return fmt.Sprintf("%.0f bytes", n)
}
