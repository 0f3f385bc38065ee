package guard_test

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/usher-id/usher/core/release/guard"
)

// odds are what may happen to a run.
type odds struct {
	fail, deny float64
	slower     float64 // factor on the time of a call
}

// spread are the quantiles of how the time of a call scatters: as the exponential of a normal law.
var spread = func() (q [4096]float64) {
	for i := range q {
		p := (float64(i) + 0.5) / float64(len(q))
		q[i] = math.Exp(0.7 * math.Sqrt2 * math.Erfinv(2*p-1))
	}
	return q
}()

// scene is a kind of rollout. Each second some runs begin; each is assigned to a version and has its outcome.
type scene struct {
	name    string
	seconds int
	rate    float64                           // runs a second
	share   func(r *rand.Rand, t int) float64 // of the candidate
	base    func(r *rand.Rand) odds           // of the predecessor, chosen once a rollout
	common  func(o *odds, t int)              // what the day does to both versions
	worse   func(o *odds, t int)              // what the candidate does

	burst   float64 // probability a second that a client begins to send bad runs, ten a second for ten seconds
	repeat  int     // a run that fails or is denied is tried again every second, so often
	each    bool    // and each time is counted, which is what a caller must not do
	tenants int     // versions are assigned to tenants, of very different size and habits
	byRun   bool    // and runs are counted, which is what a caller must not do
	scatter bool    // tenants are not assigned; their runs are
	thin    bool    // there is next to no traffic
	steps   bool    // a minute later each run comes to a second hook, which denies much
	mixed   bool    // and both hooks are counted as one, which is what a caller must not do
	from    int     // second in which the candidate becomes worse
	restart float64 // probability a second that a replica starts anew
}

// draw makes a generator of one rollout: windows of a second.
func (s scene) draw(seed uint64) func(t int) []guard.Window {
	name := fnv.New64()
	_, _ = name.Write([]byte(s.name))
	r := rand.New(rand.NewPCG(seed, name.Sum64()))
	base := odds{fail: 0.01, deny: 0.05, slower: 1}
	if s.base != nil {
		base = s.base(r)
	}
	g := &traffic{
		scene: s, r: r, base: base, replicas: make([]replica, 3),
		seen: map[int]bool{}, places: map[int]float64{}, again: map[int][]retry{}, later: map[int][]retry{},
	}
	return g.second
}

type traffic struct {
	scene
	r        *rand.Rand
	base     odds
	bursts   []int // seconds that each has left
	again    map[int][]retry
	later    map[int][]retry // at the second hook
	replicas []replica
	seen     map[int]bool
	places   map[int]float64
}

type retry struct {
	candidate, failed, denied bool
}

// replica counts for both versions and is read as who evaluates reads it.
type replica struct{ now, read [2]guard.Counts }

// second is the windows of one second, one for each hook.
func (g *traffic) second(t int) []guard.Window {
	share := g.share(g.r, t)
	rate := g.rate
	if g.thin {
		rate = 0.2
	}
	n := poisson(g.r, rate)
	for range n {
		g.run(t, share, false)
	}
	g.burstiness(t, share)
	for _, again := range g.again[t] {
		g.counts(again.candidate).Add(again.counts())
	}
	delete(g.again, t)
	w := guard.Window{At: time.Unix(int64(t), 0).UTC()}
	for i := range g.replicas {
		rep := &g.replicas[i]
		if g.restart > 0 && g.r.Float64() < g.restart {
			rep.now = [2]guard.Counts{} // what was counted since the last reading is lost
		}
		w.Serving.Add(rep.now[0].Since(rep.read[0]))
		w.Candidate.Add(rep.now[1].Since(rep.read[1]))
		rep.read = rep.now
		if g.restart == 0 {
			break
		}
	}
	if !g.steps {
		return []guard.Window{w}
	}
	next := guard.Window{Hook: "second", At: w.At}
	for _, later := range g.later[t] {
		if later.candidate {
			next.Candidate.Add(later.counts())
		} else {
			next.Serving.Add(later.counts())
		}
	}
	delete(g.later, t)
	if g.mixed {
		w.Candidate.Add(next.Candidate)
		w.Serving.Add(next.Serving)
		return []guard.Window{w}
	}
	return []guard.Window{w, next}
}

// counts are those of one call.
func (r retry) counts() guard.Counts {
	return guard.Counts{Runs: 1, Failed: bit(r.failed), Denied: bit(r.denied)}
}

func (g *traffic) burstiness(t int, share float64) {
	if g.burst == 0 {
		return
	}
	if g.r.Float64() < g.burst {
		g.bursts = append(g.bursts, 10)
	}
	for i := range g.bursts {
		if g.bursts[i]--; g.bursts[i] >= 0 {
			for range 10 {
				g.run(t, share, true)
			}
		}
	}
}

// counts are those of one version on any of the replicas.
func (g *traffic) counts(candidate bool) *guard.Counts {
	i := 0
	if g.restart > 0 {
		i = g.r.IntN(len(g.replicas))
	}
	return &g.replicas[i].now[bit(candidate)]
}

func (g *traffic) run(t int, share float64, bad bool) {
	candidate := g.r.Float64() < share
	o := g.base
	key := -1
	if g.tenants > 0 {
		// A few have most of the traffic, and one in ten has input that is mostly denied.
		key = int(float64(g.tenants) * math.Pow(g.r.Float64(), 3))
		if !g.scatter {
			candidate = g.place(key) < share
		}
		if key%10 == 3 {
			o.fail, o.deny = 0.2, 0.5
		}
	}
	if g.common != nil {
		g.common(&o, t)
	}
	if candidate && g.worse != nil {
		g.worse(&o, t)
	}
	c := g.counts(candidate)
	c.Latency.Observe(time.Duration(2e6 * o.slower * spread[g.r.IntN(len(spread))]))
	u := g.r.Float64()
	failed, denied := u < o.fail, u >= o.fail && (bad || u < o.fail+o.deny)
	if key >= 0 && !g.byRun {
		c.Runs += g.first(key * 3)
		c.Failed += bit(failed) * g.firstIf(failed, key*3+1)
		c.Denied += bit(denied) * g.firstIf(denied, key*3+2)
		return
	}
	c.Add(retry{candidate, failed, denied}.counts())
	if g.steps {
		g.later[t+60] = append(g.later[t+60], retry{candidate, false, g.r.Float64() < 0.3})
	}
	if g.repeat > 0 && g.each && (failed || denied) {
		for i := 1; i <= g.repeat; i++ {
			g.again[t+i] = append(g.again[t+i], retry{candidate, failed, denied})
		}
	}
}

func (g *traffic) first(key int) int64 {
	if g.seen[key] {
		return 0
	}
	g.seen[key] = true
	return 1
}

func (g *traffic) firstIf(ok bool, key int) int64 {
	if !ok {
		return 0
	}
	return g.first(key)
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// place is where between 0 and 1 a tenant stands, otherwise in each rollout.
func (g *traffic) place(key int) float64 {
	p, ok := g.places[key]
	if !ok {
		p = g.r.Float64()
		g.places[key] = p
	}
	return p
}

func poisson(r *rand.Rand, mean float64) int {
	if mean > 200 {
		return max(0, int(mean+math.Sqrt(mean)*r.NormFloat64()+0.5))
	}
	limit, n := math.Exp(-mean), 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}
