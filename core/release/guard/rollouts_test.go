package guard_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/core/release/guard"
)

// TestRollouts simulates rollouts and counts false alarms and misses. With -v it simulates as many as the table in the
// package's documentation has and prints that; without, fewer of the guilty, and those alone that nobody may miss.
func TestRollouts(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("candidate as good as its predecessor            weight  rollouts  false alarms (at 0.001)  (at 0.05)\n")
	strict, loose := countFalseAlarms(&table)
	if strict > 3 {
		t.Errorf("%d false alarms in 1,000 rollouts, where 1 is allowed to be expected", strict)
	}
	if loose > 50+21 { // three standard deviations of a binomial law
		t.Errorf("%d false alarms in 1,000 rollouts, where 50 are allowed to be expected", loose)
	}
	if alarms := countAtTheLimit(&table); alarms > 5+7 {
		t.Errorf("%d false alarms in 100 rollouts, where 5 are allowed to be expected", alarms)
	}
	if testing.Verbose() {
		countMistaken(&table)
	}
	table.WriteString("\ncandidate that is worse                         weight  rollouts  missed  seconds to the alarm, p95  candidate's runs, p95\n")
	countMisses(t, &table)
	t.Log("\n" + table.String())
}

func countFalseAlarms(table *strings.Builder) (strict, loose int) {
	for _, s := range innocent() {
		s.seconds, s.rate, s.base = 400, 50, anyBase
		weight := "any"
		if s.share != nil {
			weight = "varies"
		}
		a, b := both(s)
		strict, loose = strict+a.alarms(), loose+b.alarms()
		fmt.Fprintf(table, "  %-45s %6s  %8d  %23d  %9d\n", s.name, weight, a.of, a.alarms(), b.alarms())
	}
	return strict, loose
}

// both simulates with 0.001 and with 0.05 false alarms allowed. What raises no alarm with 0.05 raises none with 0.001,
// so nothing is simulated twice in vain.
func both(s scene) (strict, loose *result) {
	loose = play(s, guard.Config{FalseAlarms: 0.05}, 100)
	if loose.alarms() == 0 {
		return loose, loose
	}
	return play(s, guard.Config{}, 100), loose
}

// countAtTheLimit lets candidates be as bad as they may be.
func countAtTheLimit(table *strings.Builder) (loose int) {
	s := scene{name: "every rate at its limit", seconds: 400, rate: 50, base: anyBase, worse: func(o *odds, _ int) {
		o.fail, o.deny = o.fail*1.5+0.001, o.deny*1.5+0.01
	}}
	a, b := both(s)
	fmt.Fprintf(table, "\nas bad as it may be\n  %-45s %6s  %8d  %23d  %9d\n", s.name, "any", a.of, a.alarms(), b.alarms())
	return b.alarms()
}

// countMistaken shows what comes of counting calls where runs are to be counted.
func countMistaken(table *strings.Builder) {
	table.WriteString("\nthe same, wrongly counted\n")
	for _, s := range []scene{
		{name: "assigned by tenant, counted by run", tenants: 2000, byRun: true},
		{name: "20 tries again, each of them counted", repeat: 20, each: true},
		{name: "each run counted twice", repeat: 1, each: true},
		{name: "two steps counted as one, weight in stairs", share: stairs, steps: true, mixed: true},
	} {
		s.seconds, s.rate, s.base = 400, 50, anyBase
		a, b := both(s)
		fmt.Fprintf(table, "  %-45s %6s  %8d  %23d  %9d\n", s.name, "any", a.of, a.alarms(), b.alarms())
	}
}

func countMisses(t *testing.T, table *strings.Builder) {
	times := 250
	if !testing.Verbose() {
		times = 8
	}
	for _, g := range guilty() {
		for _, weight := range shares {
			clear := weight >= g.clear
			if !clear && !testing.Verbose() {
				continue
			}
			g.share, g.seconds, g.rate = always(weight), 1800, 50
			res := play(g.scene, guard.Config{}, times)
			missed := res.of - res.alarms()
			fmt.Fprintf(table, "  %-45s %4g %%  %8d  %6d  %19s, %4s  %16s, %4s\n", g.name, 100*weight, res.of, missed,
				quantile(res.seconds, 0.5), quantile(res.seconds, 0.95), quantile(res.runs, 0.5), quantile(res.runs, 0.95))
			if clear && missed > 0 {
				t.Errorf("%s, weight %g: %d of %d are missed", g.name, weight, missed, res.of)
			}
			if wrong := res.alarms() - res.by[g.metric]; wrong > 0 {
				t.Errorf("%s, weight %g: %v instead of %s", g.name, weight, res.by, g.metric)
			}
		}
	}
}

// TestVerdicts lets candidates be just worse than allowed, and nobody may be told that they are not.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	wrong, right := 0, 0
	for seed := range uint64(60) {
		bad := scene{name: "beyond", rate: 50, share: always(0.5), worse: func(o *odds, _ int) { o.deny = o.deny*1.5 + 0.011 }}
		good := scene{name: "good", rate: 50, share: always(0.5)}
		wrong += shown(bad, seed)
		right += shown(good, seed)
	}
	if wrong > 8 { // 3 are allowed to be expected
		t.Errorf("%d of 60 that are worse are said not to be", wrong)
	}
	if right < 57 {
		t.Errorf("only %d of 60 that are good are said to be", right)
	}
}

// shown tells whether, at any time, denials are said to be within the limit.
func shown(s scene, seed uint64) int {
	second := s.draw(seed)
	var state guard.State
	for t := range 400 {
		state.Observe(guard.Config{}, second(t)[0])
		if f := state.Verdict(guard.Config{}).Findings[1]; f.Below > 0 && f.Below <= f.Limit.Ratio {
			return 1
		}
	}
	return 0
}

// result is what became of many rollouts of a scene.
type result struct {
	of      int
	by      map[guard.Metric]int
	seconds []int // until the alarm, of those that had one
	runs    []int // of the candidate until then
}

func (r *result) alarms() int { return len(r.seconds) }

// play simulates a scene so many times, side by side; the seeds make the result the same each time.
func play(s scene, c guard.Config, times int) *result {
	res := &result{of: times, by: map[guard.Metric]int{}}
	var lock sync.Mutex
	var group sync.WaitGroup
	const side = 4
	for first := range side {
		group.Go(func() {
			for i := first; i < times; i += side {
				one := s
				if one.share == nil {
					one.share = always(shares[i%len(shares)])
				}
				metric, seconds, runs := one.once(c, uint64(i+1))
				if metric == "" {
					continue
				}
				lock.Lock()
				res.by[metric]++
				res.seconds, res.runs = append(res.seconds, seconds-s.from), append(res.runs, runs)
				lock.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(res.seconds)
	slices.Sort(res.runs)
	return res
}

// once simulates one rollout until its alarm, if there is one.
func (s scene) once(c guard.Config, seed uint64) (by guard.Metric, seconds, runs int) {
	second := s.draw(seed)
	var state guard.State
	for t := range s.seconds {
		for _, w := range second(t) {
			if t >= s.from {
				runs += int(w.Candidate.Runs)
			}
			if a := state.Observe(c, w); a != nil {
				return a.Evidence.Metric, t + 1, runs
			}
		}
	}
	return "", 0, 0
}

func quantile(sorted []int, q float64) string {
	if len(sorted) == 0 {
		return "-"
	}
	return fmt.Sprint(sorted[int(q*float64(len(sorted)-1))])
}

// shares are the weights of a canary.
var shares = []float64{0.01, 0.05, 0.10, 0.50}

func always(share float64) func(*rand.Rand, int) float64 {
	return func(*rand.Rand, int) float64 { return share }
}

// stairs goes up from 1 % to half while it runs, as a careful rollout does.
func stairs(_ *rand.Rand, t int) float64 { return shares[min(t/100, 3)] }

// anyBase picks how good the predecessor is.
func anyBase(r *rand.Rand) odds {
	fail := []float64{0, 0.0005, 0.01, 0.2}[r.IntN(4)]
	return odds{fail: fail, deny: []float64{0, 0.02, 0.3}[r.IntN(3)], slower: 1}
}

// innocent are scenes in which the candidate is as its predecessor. One without a share has a weight of each size.
func innocent() []scene {
	return []scene{
		{name: "steady traffic"},
		{name: "clients that send ten bad runs a second", burst: 0.03},
		{name: "both become slower and fail for a while", common: func(o *odds, t int) {
			o.slower *= 1 + float64(t)/200
			if t > 200 && t < 300 {
				o.fail, o.deny = 0.5, 0.3
			}
		}},
		{name: "weight in stairs, outages of both", share: stairs, common: func(o *odds, t int) {
			if t%200 > 90 && t%200 < 130 {
				o.fail, o.slower = 0.6, 10
			}
		}},
		{name: "replicas that start anew", restart: 0.02},
		{name: "pauses of the candidate, thin traffic", thin: true, share: func(_ *rand.Rand, t int) float64 {
			return 0.2 * float64(1-t/50%2)
		}},
		{name: "weight that jumps every second", share: func(r *rand.Rand, _ int) float64 { return shares[r.IntN(4)] }, common: func(o *odds, t int) {
			if t%20 < 3 {
				o.fail, o.deny = 0.3, 0.6
			}
		}},
		{name: "tenants of all sizes, assigned by run", tenants: 2000, scatter: true, byRun: true},
		{name: "assigned and counted by tenant", tenants: 2000},
		{name: "runs of two steps, weight in stairs", share: stairs, steps: true},
	}
}

// crime is a scene in which the candidate is worse.
type crime struct {
	scene
	metric guard.Metric
	clear  float64 // from this weight on, half an hour is enough to find it every time
}

func guilty() []crime {
	fails := func(rate float64) func(*odds, int) { return func(o *odds, _ int) { o.fail = rate } }
	denies := func(rate float64) func(*odds, int) { return func(o *odds, _ int) { o.deny = rate } }
	slower := func(times float64) func(*odds, int) { return func(o *odds, _ int) { o.slower = times } }
	never := func(*rand.Rand) odds { return odds{deny: 0.05, slower: 1} }
	return []crime{
		{scene{name: "fails in 2 % of the runs, was 1 %", worse: fails(0.02)}, guard.Failures, 1},
		{scene{name: "fails in 5 %, was 1 %", worse: fails(0.05)}, guard.Failures, 0.05},
		{scene{name: "fails in 20 %, was 1 %", worse: fails(0.2)}, guard.Failures, 0},
		{scene{name: "fails in 1 %, was never", worse: fails(0.01), base: never}, guard.Failures, 0.1},
		{scene{name: "fails in 5 %, was never", worse: fails(0.05), base: never}, guard.Failures, 0},
		{scene{name: "fails always, was never", worse: fails(1), base: never}, guard.Failures, 0},
		{scene{name: "fails in 20 %, was 1 %, after ten minutes", from: 600, worse: func(o *odds, t int) {
			if t >= 600 {
				o.fail = 0.2
			}
		}}, guard.Failures, 0},
		{scene{name: "denies 15 %, was 5 %", worse: denies(0.15)}, guard.Denials, 0.05},
		{scene{name: "denies everybody, was 5 %", worse: denies(1)}, guard.Denials, 0},
		{scene{name: "denies 2 %, was 5 %", worse: denies(0.02)}, guard.Leniency, 1},
		{scene{name: "denies nobody, was 5 %", worse: denies(0)}, guard.Leniency, 0},
		{scene{name: "twice as slow", worse: slower(2)}, guard.Latency, 0.1},
		{scene{name: "four times as slow", worse: slower(4)}, guard.Latency, 0},
	}
}
