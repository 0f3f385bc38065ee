package plugins_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// fifty are releases of fifty plugins in two versions, each of which is warm in the other.
func fifty(b *testing.B, wasm []byte) (releases [2]plugins.Release) {
	b.Helper()
	for side, config := range []string{`{"v":1}`, `{"v":2}`} {
		releases[side].Number = int64(side + 1)
		for n := range 50 {
			source := given(plugins.Source{Name: fmt.Sprintf("plugin-%d", n), Wasm: wasm})
			source.Config = []byte(config)
			releases[side].Sources = append(releases[side].Sources, source)
		}
	}
	releases[0].Warm, releases[1].Warm = releases[1].Sources, releases[0].Sources
	return releases
}

// BenchmarkPrepareWarm is a swap of fifty plugins to versions that are all warm.
func BenchmarkPrepareWarm(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	releases := fifty(b, answering([]byte(`{"outcome":"continue"}`)))
	prepare(b, e, releases[0]).Commit()
	var commits time.Duration
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		ready := prepare(b, e, releases[n%2])
		began := time.Now()
		ready.Commit()
		commits += time.Since(began)
	}
	b.ReportMetric(float64(commits.Nanoseconds())/float64(n), "ns/commit")
}

// BenchmarkManyPlugins is what a process takes for fifty plugins written in C in two
// warm versions each, all in.
func BenchmarkManyPlugins(b *testing.B) {
	wasm := companyDomainInC(b)
	debug.FreeOSMemory()
	before, _ := resident(b)
	for b.Loop() {
		e := newEngine(b, plugins.Config{})
		releases := fifty(b, wasm)
		prepare(b, e, releases[0]).Commit()
		prepare(b, e, releases[1]).Commit()
		debug.FreeOSMemory()
		after, most := resident(b)
		b.ReportMetric(float64(after)/1e6, "MB")
		b.ReportMetric(float64(after-before)/1e6, "MB-added")
		b.ReportMetric(float64(most)/1e6, "MB-at-most")
		if err := e.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSwaps is what eight callers of a Go guest see of swaps, a hundred a second, as
// ratios to what they see without.
func BenchmarkSwaps(b *testing.B) {
	e := newEngine(b, plugins.Config{Instances: 8, Limits: hostapi.Limits{WallMS: 10_000}})
	one := plugins.Source{Name: "guest", Wasm: companyDomain(b), Config: []byte(`{"allowed_domains":["one.example"]}`)}
	two := one
	two.Config = []byte(`{"allowed_domains":["two.example"]}`)
	first, second := pair(one, two)
	prepare(b, e, first).Commit()
	call := signup(b, "acme.example")
	phase := func(swapping bool) (p99 time.Duration, rss int) {
		var callers, swapper sync.WaitGroup
		ctx, stop := context.WithCancel(context.Background())
		if swapping {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			swapper.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					prepare(b, e, []plugins.Release{second, first}[n%2]).Commit()
					select {
					case <-tick.C:
					case <-ctx.Done():
					}
				}
			})
		}
		times := make([][]time.Duration, 8)
		for caller := range times {
			callers.Go(func() {
				for range max(b.N/8, 500) {
					began := time.Now()
					if _, err := e.Call(context.Background(), call); err != nil {
						b.Error(err)
						return
					}
					times[caller] = append(times[caller], time.Since(began))
				}
			})
		}
		callers.Wait()
		stop()
		swapper.Wait()
		debug.FreeOSMemory()
		rss, _ = resident(b)
		all := slices.Concat(times...)
		slices.Sort(all)
		return all[len(all)*99/100], rss
	}
	phase(true) // both have all the instances that they want then
	steady, before := phase(false)
	p99, after := phase(true)
	b.ReportMetric(float64(steady.Microseconds()), "us-p99-steady")
	b.ReportMetric(float64(p99.Microseconds()), "us-p99-swapping")
	b.ReportMetric(float64(p99)/float64(steady), "p99-ratio")
	b.ReportMetric(float64(after)/float64(before), "rss-ratio")
}
