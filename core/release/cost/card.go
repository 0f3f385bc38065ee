package cost

import "time"

// Card is what a version cost in the calls it was measured in. The zero value is a version that was never called.
// Cards of the same digest, from replicas or from days, are added up.
type Card struct {
	Latency Histogram `json:"latency"`    // of each call, whatever its outcome
	Fuel    Fuel      `json:"fuel"`       // ticks of the metered guest
	Memory  int64     `json:"memory_max"` // bytes, the most that any instance had
	Egress  Egress    `json:"egress"`
	Size    int64     `json:"size"` // bytes of the module as pushed
}

// Fuel is the processor time of calls, counted by the guest's own meter: the same on a busy machine as on an idle one.
type Fuel struct {
	Calls int64 `json:"calls"` // those that were metered
	Sum   int64 `json:"sum"`
	Max   int64 `json:"max"`
}

// Egress is what calls sent out over the network.
type Egress struct {
	Calls int64 `json:"calls"`
	Bytes int64 `json:"bytes"` // both ways; 0 where it is not measured
}

// Call is one measured call.
type Call struct {
	Took        time.Duration
	Fuel        int64 // 0 if the guest was not metered
	Memory      int64 // bytes that its instance had afterwards
	Egress      int64 // calls out
	EgressBytes int64
}

// Observe counts one call in.
func (c *Card) Observe(call Call) {
	c.Latency.Observe(call.Took)
	if call.Fuel > 0 {
		c.Fuel.Calls++
		c.Fuel.Sum += call.Fuel
		c.Fuel.Max = max(c.Fuel.Max, call.Fuel)
	}
	c.Memory = max(c.Memory, call.Memory)
	c.Egress.Calls += call.Egress
	c.Egress.Bytes += call.EgressBytes
}

// Add counts in another card of the same digest.
func (c *Card) Add(o *Card) {
	c.Latency.Add(&o.Latency)
	c.Fuel.Calls += o.Fuel.Calls
	c.Fuel.Sum += o.Fuel.Sum
	c.Fuel.Max = max(c.Fuel.Max, o.Fuel.Max)
	c.Memory = max(c.Memory, o.Memory)
	c.Egress.Calls += o.Egress.Calls
	c.Egress.Bytes += o.Egress.Bytes
	c.Size = max(c.Size, o.Size)
}

// Calls is the number of calls that the card was measured in.
func (c *Card) Calls() int64 { return c.Latency.Count() }

// P50 is the median time of a call.
func (c *Card) P50() time.Duration { return c.Latency.Quantile(0.50) }

// P99 is the time that 99 of 100 calls do not exceed.
func (c *Card) P99() time.Duration { return c.Latency.Quantile(0.99) }

// FuelMean is the fuel of an average call.
func (c *Card) FuelMean() float64 { return per(c.Fuel.Sum, c.Fuel.Calls) }

// EgressMean is the number of calls out of an average call.
func (c *Card) EgressMean() float64 { return per(c.Egress.Calls, c.Calls()) }

func per(sum, n int64) float64 {
	if n <= 0 {
		return 0
	}
	return float64(sum) / float64(n)
}
