package trial

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/usher-id/usher/core/release/cost"
)

// shards spread the counters of a version over the caches of several cores.
const shards = 8

// meter is a [cost.Card] that many count into at once.
type meter [shards]shard

type shard struct {
	latency                                             [cost.Buckets]atomic.Int64
	metered, fuel, dearest, memory, egress, egressBytes atomic.Int64
	_                                                   [64]byte // keeps the next shard out of this one's cache line
}

func (m *meter) observe(c cost.Call) {
	s := &m[rand.Uint32N(shards)]
	s.latency[cost.Bucket(c.Took)].Add(1)
	if c.Fuel > 0 {
		s.metered.Add(1)
		s.fuel.Add(c.Fuel)
		raise(&s.dearest, c.Fuel)
	}
	raise(&s.memory, c.Memory)
	if c.Egress > 0 {
		s.egress.Add(c.Egress)
	}
	if c.EgressBytes > 0 {
		s.egressBytes.Add(c.EgressBytes)
	}
}

func raise(most *atomic.Int64, to int64) {
	for {
		now := most.Load()
		if to <= now || most.CompareAndSwap(now, to) {
			return
		}
	}
}

// card is what was counted so far.
func (m *meter) card() (c cost.Card) {
	for i := range m {
		s := &m[i]
		for b := range s.latency {
			c.Latency[b] += s.latency[b].Load()
		}
		c.Fuel.Calls += s.metered.Load()
		c.Fuel.Sum += s.fuel.Load()
		c.Fuel.Max = max(c.Fuel.Max, s.dearest.Load())
		c.Memory = max(c.Memory, s.memory.Load())
		c.Egress.Calls += s.egress.Load()
		c.Egress.Bytes += s.egressBytes.Load()
	}
	return c
}
