package operator

import (
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
)

// costView is what a version costs, in figures.
type costView struct {
	P50US       float64 `json:"p50_us"`
	P99US       float64 `json:"p99_us"`
	FuelMean    float64 `json:"fuel_mean"`
	MemoryBytes int64   `json:"memory_bytes"` // the most that an instance had
}

// roleCostView is what a version costs, measured in one role.
type roleCostView struct {
	Role  core.TallyRole `json:"role"`
	Calls int64          `json:"calls"`
	costView
	FuelMax     int64 `json:"fuel_max"`
	EgressCalls int64 `json:"egress_calls"`
	EgressBytes int64 `json:"egress_bytes"`
	SizeBytes   int64 `json:"size_bytes"`
}

func costOf(c *cost.Card) costView {
	return costView{microsecondsOf(c.P50()), microsecondsOf(c.P99()), c.FuelMean(), c.Memory}
}

func microsecondsOf(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// costsOf lists cards in the order in which a version earns them.
func costsOf(cards map[core.TallyRole]cost.Card) []roleCostView {
	list := []roleCostView{}
	for _, role := range []core.TallyRole{core.TallyProbe, core.TallyShadow, core.TallyCandidate, core.TallyServing} {
		c, ok := cards[role]
		if !ok {
			continue
		}
		list = append(list, roleCostView{
			Role: role, Calls: c.Calls(), costView: costOf(&c), FuelMax: c.Fuel.Max, EgressCalls: c.Egress.Calls, EgressBytes: c.Egress.Bytes,
			SizeBytes: c.Size,
		})
	}
	return list
}
