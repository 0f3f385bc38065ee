package cli

import (
	"fmt"
	"time"
)

// costAnswer is what a version costs, in figures.
type costAnswer struct {
	P50US       float64 `json:"p50_us"`
	P99US       float64 `json:"p99_us"`
	FuelMean    float64 `json:"fuel_mean"`
	MemoryBytes int64   `json:"memory_bytes"`
}

func (c costAnswer) p50() string    { return since(c.P50US) }
func (c costAnswer) p99() string    { return since(c.P99US) }
func (c costAnswer) fuel() string   { return fmt.Sprintf("%.0f", c.FuelMean) }
func (c costAnswer) memory() string { return fmt.Sprintf("%.1f MiB", float64(c.MemoryBytes)/(1<<20)) }

// since writes microseconds as a person reads them.
func since(us float64) string {
	d := time.Duration(us * float64(time.Microsecond))
	if d < time.Millisecond {
		return d.Round(time.Microsecond / 10).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// roleCostAnswer is what a version costs, measured in one role.
type roleCostAnswer struct {
	Role  string `json:"role"`
	Calls int64  `json:"calls"`
	costAnswer
	FuelMax     int64 `json:"fuel_max"`
	EgressCalls int64 `json:"egress_calls"`
	EgressBytes int64 `json:"egress_bytes"`
}

func (c roleCostAnswer) String() string {
	return fmt.Sprintf("%d calls, p50 %s, p99 %s, fuel %s (at most %d), %s of memory, %d calls out with %d bytes",
		c.Calls, c.p50(), c.p99(), c.fuel(), c.FuelMax, c.memory(), c.EgressCalls, c.EgressBytes)
}
