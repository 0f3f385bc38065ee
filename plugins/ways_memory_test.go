package plugins_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/dnstest"
)

// All ways to fail in turn, fifty times on one engine, leave memory as it was: the heap and what the process has. The
// bounds are ten times what either swings by, and below ten kilobytes for each failure of one way.
func TestWaysToFailLeaveMemoryFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	if !inChild(t) {
		return
	}
	const warmUp, rounds, heapSwing, residentSwing = 10, 50, 512 << 10, 16 << 20
	c := newCrowd(t)
	for n := range warmUp {
		c.failAll(t, n)
	}
	heapBefore, residentBefore := c.atRest(t)
	for n := range rounds {
		c.failAll(t, warmUp+n)
	}
	heapAfter, residentAfter := c.atRest(t)
	t.Logf("%d failures: the heap had %d KB and has %d, the process %d KB and has %d", rounds*(len(c.loaded)+len(c.refused)),
		heapBefore>>10, heapAfter>>10, residentBefore>>10, residentAfter>>10)
	if heapAfter > heapBefore+heapSwing {
		t.Errorf("the heap grew from %d to %d KB", heapBefore>>10, heapAfter>>10)
	}
	if residentAfter > residentBefore+residentSwing {
		t.Errorf("the process grew from %d to %d KB", residentBefore>>10, residentAfter>>10)
	}
}

// crowd are guests that fail, each in its way, in one engine beside a neighbour.
type crowd struct {
	scene
	ways    map[string]way
	sources []plugins.Source // the neighbour, and those that are loaded
	loaded  []string         // the ways of these
	refused map[string]plugins.Source
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{ways: ways(t), refused: map[string]plugins.Source{}}
	inside := []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:127.0.0.1")}
	c.engine = newEngineWith(t, plugins.Deps{
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), KV: &shelf{}, Resolver: dnstest.Names(t, inside...),
	}, plugins.Config{
		Instances: 2, IdleAfter: 10 * time.Millisecond, Limits: hostapi.Limits{MemoryPages: 32}, Breaker: plugins.BreakerConfig{Failures: 1 << 30},
	})
	c.sources = []plugins.Source{c.neighbour(t)}
	for i, name := range slices.Sorted(maps.Keys(c.ways)) {
		bad := c.ways[name].guest(t)
		bad.Name = "bad-" + strconv.Itoa(i)
		if c.ways[name].refused != nil {
			c.refused[name] = bad
			continue
		}
		bad.Limits.WallMS = 10_000 // only what it does must end it, on a busy machine too
		if c.ways[name].kind == plugins.Deadline {
			bad.Limits.WallMS = 20
		}
		c.loaded, c.sources = append(c.loaded, name), append(c.sources, bad)
	}
	load(t, c.engine, c.sources...)
	return c
}

// failAll has each fail once, one after the other: guests that are loaded, and those that are refused.
func (c *crowd) failAll(t *testing.T, n int) {
	t.Helper()
	for i, name := range c.loaded {
		w := c.ways[name]
		call := plugins.Call{Hook: validate, Plugin: c.sources[i+1].Name, RunID: "run", Data: []byte(`{"slug":"fail"}`)}
		if w.hook != "" {
			call.Hook = w.hook
		}
		if w.ask != nil {
			w.ask(n, &call)
		}
		want := w.kind
		if w.fails != nil && !w.fails(n) {
			want = ""
		}
		if _, err := c.engine.Call(context.Background(), call); kindOf(err) != want {
			t.Fatalf("%s: %v, want %q", name, err, want)
		}
	}
	for name, bad := range c.refused {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // which an endless start function uses up
		if c.engine.Load(ctx, append(slices.Clone(c.sources), bad)) == nil {
			t.Fatalf("%s: it was loaded", name)
		}
		cancel()
	}
	c.greet(t)
}

// atRest is the heap and what the process has, in bytes, when each plugin is back to one instance and nobody holds what was.
func (c *crowd) atRest(t *testing.T) (heap, process int) {
	t.Helper()
	c.settle(t, len(c.sources))
	for range 3 { // code is unmapped by a finalizer, and what that held is collected after it
		runtime.GC()
	}
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	process, _ = resident(t)
	return int(stats.HeapAlloc), process
}
