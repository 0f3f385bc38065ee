package trial_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
	"github.com/usher-id/usher/core/release/trial"
)

func probe(fuel int64) cost.Call {
	return cost.Call{Took: 50 * time.Microsecond, Fuel: fuel, Memory: 65536}
}

// BenchmarkObserve is what counting adds to a call, on all cores at once.
func BenchmarkObserve(b *testing.B) {
	own := digest("a")
	names := make([]string, 1<<16)
	for i := range names {
		names[i] = "0190b3c4-5b6e-7f00-8000-" + strconv.Itoa(100_000_000_000+i)
	}
	for name, tried := range map[string]bool{"nothing tried": false, "tried": true} {
		b.Run(name, func(b *testing.B) {
			c := trial.NewCounter(core.NewID(time.Now()))
			r := core.PluginRelease{Number: 2, Content: core.ReleaseContent{Plugins: []core.ReleasedPlugin{{Name: "gate", Digest: digest("a")}}}}
			if tried {
				r.Content.Plugins[0].Candidate = &core.PluginCandidate{Digest: digest("b"), Percent: 50}
			}
			c.Follow(r)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for n := 0; pb.Next(); n++ {
					c.Observe(trial.Call{
						Release: 2, Plugin: "gate", Digest: own, Role: core.TallyServing, Hook: hook, ByRun: names[n&(1<<16-1)],
						Outcome: guard.Passed, Cost: probe(1000),
					})
				}
			})
		})
	}
}
