package trial

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
)

// Call is one call of a guest that ended.
type Call struct {
	Release  int64 // that the call belongs to
	Plugin   string
	Digest   string
	Role     core.TallyRole
	Hook     string
	ByRun    string // whom the share of a candidate is told by; empty when nobody knows
	ByTenant string // the same where the share is one of tenants
	Outcome  guard.Outcome
	Cost     cost.Call
}

// kept is how many releases the counters are kept of, the newest ones.
const kept = 8

// Counter counts what versions do on this replica. It is safe for concurrent use, and a call
// waits for nobody but another one of the same plugin whose run is being counted.
type Counter struct {
	replica  core.ID
	cells    atomic.Pointer[map[key]*cell]
	tried    atomic.Pointer[map[string]*pair] // by plugin; nil while no candidate is tried
	releases atomic.Pointer[[]int64]          // that are counted, the newest last

	growing sync.Mutex // of whoever changes the tallies, or what is above
	tallies map[tallyKey]*tally
}

type tallyKey struct {
	release        int64
	plugin, digest string
	role           core.TallyRole
}

type key struct {
	tallyKey
	hook string
}

// tally is a row: a version in one role under one release.
type tally struct {
	tallyKey
	meter meter
	hooks map[string]*cell
	sent  int64 // calls and runs together, when the row was last written
}

// cell is what the guard compares, at one hook.
type cell struct {
	tally *tally
	mu    sync.Mutex
	count guard.Counts
}

// pair is a candidate beside its predecessor.
type pair struct {
	release            int64
	candidate, serving string
	byTenant           bool

	mu   sync.Mutex
	once guard.Once
}

// NewCounter counts for a replica.
func NewCounter(replica core.ID) *Counter {
	c := &Counter{replica: replica, tallies: map[tallyKey]*tally{}}
	c.cells.Store(&map[key]*cell{})
	c.releases.Store(&[]int64{0})
	return c
}

// Follow has the counter know that a release serves here.
func (c *Counter) Follow(r core.PluginRelease) {
	c.growing.Lock()
	defer c.growing.Unlock()
	c.keep(r.Number)
	was := c.tried.Load()
	tried := map[string]*pair{}
	for _, p := range r.Content.Plugins {
		if !isTried(p) {
			continue
		}
		now := &pair{release: r.Number, candidate: p.Candidate.Digest, serving: p.Digest, byTenant: p.Candidate.ByTenant}
		if was != nil && (*was)[p.Name].same(now) {
			now = (*was)[p.Name]
		}
		tried[p.Name] = now
	}
	if len(tried) == 0 {
		c.tried.Store(nil)
		return
	}
	c.tried.Store(&tried)
}

// same tells whether both are one trial in one release.
func (p *pair) same(o *pair) bool {
	return p != nil && p.release == o.release && p.candidate == o.candidate && p.serving == o.serving && p.byTenant == o.byTenant
}

// isTried tells whether a candidate answers for a share of the runs beside its predecessor.
func isTried(p core.ReleasedPlugin) bool {
	return p.Candidate != nil && !p.Candidate.Shadow && p.Candidate.Percent > 0 && p.Digest != ""
}

// keep remembers a release, and forgets the oldest with what was counted of it.
func (c *Counter) keep(release int64) {
	list := *c.releases.Load()
	if slices.Contains(list, release) {
		return
	}
	list = append(slices.Clone(list), release)
	if len(list) > kept {
		c.forget(list[0])
		list = list[1:]
	}
	c.releases.Store(&list)
}

func (c *Counter) forget(release int64) {
	old := func(k tallyKey) bool { return k.release == release && k.role != core.TallyProbe }
	cells := maps.Clone(*c.cells.Load())
	maps.DeleteFunc(cells, func(k key, _ *cell) bool { return old(k.tallyKey) })
	maps.DeleteFunc(c.tallies, func(k tallyKey, _ *tally) bool { return old(k) })
	c.cells.Store(&cells)
}

// counts tells whether what belongs to a release is counted: the last few that served here,
// and one that calls see before the replica says so.
func (c *Counter) counts(k tallyKey) bool {
	list := *c.releases.Load()
	return k.role == core.TallyProbe || k.release > list[len(list)-1] || slices.Contains(list, k.release)
}

// Trying tells whether a candidate is tried here.
func (c *Counter) Trying() bool { return c.tried.Load() != nil }

// Observe counts a call.
func (c *Counter) Observe(call Call) {
	own := c.cell(key{tallyKey{call.Release, call.Plugin, call.Digest, call.Role}, call.Hook})
	if own == nil {
		return
	}
	own.tally.meter.observe(call.Cost)
	if tried := c.tried.Load(); tried != nil {
		(*tried)[call.Plugin].observe(own, &call)
	}
}

// observe counts the first call of a run, or of a tenant, to a hook.
func (p *pair) observe(own *cell, call *Call) {
	if p == nil || call.Release != p.release || call.Digest != p.candidate && call.Digest != p.serving || call.Role == core.TallyShadow {
		return
	}
	unit := call.ByRun
	if p.byTenant {
		unit = call.ByTenant
	}
	if unit != "" { // else each call was assigned by itself
		seen := hash(hash(offset, unit)^separator, call.Hook)
		p.mu.Lock()
		first := p.once.First(seen)
		p.mu.Unlock()
		if !first {
			return
		}
	}
	own.mu.Lock()
	defer own.mu.Unlock()
	own.count.Observe(call.Outcome, call.Cost.Took)
}

// FNV-1a (RFC 9923), 64 bits.
const (
	offset    = 14695981039346656037
	prime     = 1099511628211
	separator = 0xff // which no UTF-8 text has
)

func hash(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}

// cell finds where a call is counted; nil where its release is not counted any more.
func (c *Counter) cell(k key) *cell {
	if own := (*c.cells.Load())[k]; own != nil {
		return own
	}
	if !c.counts(k.tallyKey) {
		return nil
	}
	return c.grow(k)
}

func (c *Counter) grow(k key) *cell {
	c.growing.Lock()
	defer c.growing.Unlock()
	if own := (*c.cells.Load())[k]; own != nil {
		return own
	}
	if k.role != core.TallyProbe {
		c.keep(k.release)
	}
	t := c.tallies[k.tallyKey]
	if t == nil {
		t = &tally{tallyKey: k.tallyKey, hooks: map[string]*cell{}}
		c.tallies[k.tallyKey] = t
	}
	own := &cell{tally: t}
	t.hooks[k.hook] = own
	cells := maps.Clone(*c.cells.Load())
	cells[k] = own
	c.cells.Store(&cells)
	return own
}

// Probed counts a call of a probe, which belongs to no release.
func (c *Counter) Probed(plugin, digest, hook string, call cost.Call) {
	c.cell(key{tallyKey{0, plugin, digest, core.TallyProbe}, hook}).tally.meter.observe(call)
}
