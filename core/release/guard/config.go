package guard

import "time"

// Metric is what the guard compares.
type Metric string

// The metrics. Each has a quarter of the false alarms that a rollout is allowed.
const (
	Failures Metric = "failures"      // traps, time-outs, nonsense
	Denials  Metric = "denials"       // says no more often than its predecessor
	Leniency Metric = "fewer_denials" // says no less often: a check that lets everything through is a hole
	Latency  Metric = "latency"       // calls slower than about twice the predecessor's p95
)

// metrics in the order in which they are evaluated and shown.
var metrics = [...]Metric{Failures, Denials, Leniency, Latency}

// Config says how much worse a candidate may be. The zero value works.
type Config struct {
	FalseAlarms float64 // probability of a false alarm in one whole rollout, however long; 0.001

	Failures Limit // 1.5 times the predecessor's and 0.1 % of the runs
	Denials  Limit // 1.5 times and 1 %, in both directions
	Latency  Limit // 2 times and 1 % of the calls

	// A call is slow above the first bound of the histogram that is not below SlowFactor (2) times the 95th percentile
	// of the predecessor's last Warmup (500) calls, nor below SlowFloor (1 ms): what takes microseconds may take a few
	// more.
	SlowFactor float64
	SlowFloor  time.Duration
	Warmup     int64

	MinRuns   int64   // of each version before a window is evaluated; fewer are pooled with the next window; 5
	WindowCap float64 // one window multiplies the evidence by at most this, so that no burst decides alone; 20
}

// Limit is how much worse than its predecessor a candidate may be without being at fault: its rate may be Ratio times
// the predecessor's, and Floor more.
type Limit struct {
	Ratio float64 `json:"ratio"` // above 1
	Floor float64 `json:"floor"` // share of the runs; negative for none

	// Cluster is how many events can come of one cause that hits one version alone: how often one run can be counted.
	// Evidence is gathered that many times more slowly. 1 for outcomes; 2 for latency, as several calls can wait for
	// the same stalled instance.
	Cluster float64 `json:"cluster"`
}

func (l Limit) or(d Limit) Limit {
	return Limit{
		Ratio:   sane(l.Ratio, d.Ratio, 1.01, 1000),
		Floor:   sane(l.Floor, d.Floor, 0, 1),
		Cluster: sane(l.Cluster, d.Cluster, 1, 1000),
	}
}

// filled is the config with its defaults in place and every value within sense.
func (c Config) filled() Config {
	c.FalseAlarms = sane(c.FalseAlarms, 0.001, 1e-9, 0.5)
	c.Failures = c.Failures.or(Limit{Ratio: 1.5, Floor: 0.001, Cluster: 1})
	c.Denials = c.Denials.or(Limit{Ratio: 1.5, Floor: 0.01, Cluster: 1})
	c.Latency = c.Latency.or(Limit{Ratio: 2, Floor: 0.01, Cluster: 2})
	c.SlowFactor = sane(c.SlowFactor, 2, 1, 1000)
	c.SlowFloor = sane(c.SlowFloor, time.Millisecond, 0, time.Hour)
	c.Warmup = sane(c.Warmup, 500, 20, 1e6)
	c.MinRuns = sane(c.MinRuns, 5, 1, 1e6)
	c.WindowCap = sane(c.WindowCap, 20, 1.1, 1e6)
	return c
}

// sane is v within its bounds, or what stands for it if it is zero or no number.
func sane[T ~int64 | ~float64](v, otherwise, low, high T) T {
	if v == 0 || v != v {
		return otherwise
	}
	return min(max(v, low), high)
}

// limit of a metric.
func (c Config) limit(m Metric) Limit {
	switch m {
	case Failures:
		return c.Failures
	case Latency:
		return c.Latency
	case Denials, Leniency:
	}
	return c.Denials
}
