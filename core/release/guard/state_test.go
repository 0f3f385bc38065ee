package guard_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
)

// at is a moment of a rollout.
func at(second int) time.Time { return time.Unix(1_800_000_000+int64(second), 0).UTC() }

// window of a second in which so many runs failed.
func window(second int, failed, runs, peerFailed, peerRuns int64) guard.Window {
	w := guard.Window{At: at(second)}
	w.Candidate.Failed, w.Candidate.Runs = failed, runs
	w.Serving.Failed, w.Serving.Runs = peerFailed, peerRuns
	return w
}

func TestObserve(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		window func(second int) guard.Window
		want   guard.Metric // none is empty
		within int          // windows
	}{
		"nothing happens":         {func(s int) guard.Window { return window(s, 0, 0, 0, 0) }, "", 1000},
		"nothing goes wrong":      {func(s int) guard.Window { return window(s, 0, 50, 0, 50) }, "", 1000},
		"both are broken":         {func(s int) guard.Window { return window(s, 50, 50, 50, 50) }, "", 1000},
		"both are broken at 1 %":  {func(s int) guard.Window { return window(s, 1, 1, 99, 99) }, "", 1000},
		"the predecessor is bad":  {func(s int) guard.Window { return window(s, 1, 50, 30, 50) }, "", 1000},
		"the candidate is broken": {func(s int) guard.Window { return window(s, 50, 50, 0, 50) }, guard.Failures, 5},
		"broken at 1 %":           {func(s int) guard.Window { return window(s, 1, 1, 0, 99) }, guard.Failures, 25},
		"a lone failure":          {func(s int) guard.Window { return window(s, one(s == 3), 5, 0, 495) }, "", 1000},
		"one in two thousand":     {func(s int) guard.Window { return window(s, one(s%40 == 3), 50, 0, 450) }, "", 2000},
		"one burst":               {func(s int) guard.Window { return window(s, 200*one(s == 3), 200, 0, 200) }, "", 1000},
		"no peer":                 {func(s int) guard.Window { return window(s, 10, 10, 0, 0) }, "", 1000},
		"denies everybody":        {denials(50, 2), guard.Denials, 5},
		"denies nobody":           {denials(0, 10), guard.Leniency, 60},
		"denies a little less":    {denials(8, 10), "", 1000},
		"slow":                    {calls(40*time.Millisecond, 10*time.Millisecond), guard.Latency, 25},
		"a little slow":           {calls(15*time.Millisecond, 10*time.Millisecond), "", 1000},
		"slow, and nobody minds":  {calls(400*time.Microsecond, 10*time.Microsecond), "", 1000},
		"slow beyond all bounds":  {calls(time.Minute, time.Minute), "", 1000},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var state guard.State
			for i := range row.within {
				a := state.Observe(guard.Config{}, row.window(i))
				switch {
				case a != nil && a.Evidence.Metric == row.want:
					return
				case a != nil:
					t.Fatalf("window %d: %s", i, a)
				}
			}
			if row.want != "" {
				t.Errorf("no alarm after %d windows: %s", row.within, state.Verdict(guard.Config{}))
			}
		})
	}
}

func one(is bool) int64 { return bit(is) }

func denials(candidate, serving int64) func(int) guard.Window {
	return func(s int) guard.Window {
		w := window(s, 0, 50, 0, 50)
		w.Candidate.Denied, w.Serving.Denied = candidate, serving
		return w
	}
}

func calls(candidate, serving time.Duration) func(int) guard.Window {
	return func(s int) guard.Window {
		w := window(s, 0, 50, 0, 50)
		w.Candidate.Latency[cost.Bucket(candidate)] = 50
		w.Serving.Latency[cost.Bucket(serving)] = 50
		return w
	}
}

// TestAlarmStays asks a state that has alarmed again, with windows that would clear the candidate.
func TestAlarmStays(t *testing.T) {
	t.Parallel()
	var state guard.State
	for i := range 10 {
		state.Observe(guard.Config{}, window(i, 50, 50, 0, 50))
	}
	before, _ := json.Marshal(state)
	if a := state.Observe(guard.Config{}, window(11, 0, 50, 50, 50)); a == nil || !a.At.Equal(at(2)) {
		t.Errorf("the alarm became %v", a)
	}
	if after, _ := json.Marshal(state); string(before) != string(after) {
		t.Errorf("the evidence became %s", after)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	var state guard.State
	state.Observe(guard.Config{}, window(1, 3, 50, 1, 50))
	before := state.Tests[guard.Failures]
	for _, change := range []func(*guard.Window){
		func(w *guard.Window) { w.Candidate.Failed = -1 },
		func(w *guard.Window) { w.Serving.Runs = -50 },
		func(w *guard.Window) { w.Serving.Latency[7] = -1 },
		func(w *guard.Window) { w.Candidate.Denied = math.MaxInt64 },
		func(w *guard.Window) { w.Candidate.Latency[0] = math.MaxInt64 },
	} {
		w := window(2, 50, 50, 0, 50)
		change(&w)
		state.Observe(guard.Config{}, w)
	}
	if state.Refused != 5 || state.Windows != 1 || !reflect.DeepEqual(before, state.Tests[guard.Failures]) {
		t.Errorf("%d were refused, %d evaluated", state.Refused, state.Windows)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	now := guard.Counts{Runs: 10, Failed: 2, Denied: 3, Latency: cost.Histogram{5: 9}}
	before := guard.Counts{Runs: 8, Failed: 2, Latency: cost.Histogram{5: 4}}
	if got, want := now.Since(before), (guard.Counts{Runs: 2, Denied: 3, Latency: cost.Histogram{5: 5}}); got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
	if got := before.Since(now); got != before {
		t.Errorf("after a new start: %+v, not all of %+v", got, before)
	}
}

// TestAnyReplica stores the state after each window and goes on with what was stored; it must come to the same as one
// that was never stored. What is stored stays small.
func TestAnyReplica(t *testing.T) {
	t.Parallel()
	second := scene{name: "stored", rate: 50, share: stairs, worse: func(o *odds, t int) { o.fail = float64(t) / 5000 }}.draw(1)
	var whole, stored guard.State
	size := 0
	for i := range 600 {
		w := second(i)[0]
		a, b := whole.Observe(guard.Config{}, w), stored.Observe(guard.Config{}, w)
		if (a == nil) != (b == nil) {
			t.Fatalf("second %d: %v and %v", i, a, b)
		}
		text, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, len(text))
		stored = guard.State{}
		if err := json.Unmarshal(text, &stored); err != nil {
			t.Fatal(err)
		}
		if a != nil {
			if !reflect.DeepEqual(a, b) || a.String() != b.String() {
				t.Errorf("%v and %v", a, b)
			}
			if size > 8192 {
				t.Errorf("a state takes %d bytes", size)
			}
			return
		}
	}
	t.Error("no alarm")
}

// TestOtherForm gives Observe what another version of the package may have stored.
func TestOtherForm(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `null`, `{"version":99}`, `{"version":1}`, `{"version":1,"hooks":{"":{"slow":4711}},"tests":{"failures":{}}}`,
		`{"version":1,"tests":{"failures":{"evidence":[1]},"denials":{},"fewer_denials":{},"latency":{}}}`,
	} {
		var state guard.State
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			t.Fatal(err)
		}
		_ = state.Verdict(guard.Config{}).String()
		var alarm *guard.Alarm
		for i := range 10 {
			alarm = state.Observe(guard.Config{}, window(i, 50, 50, 0, 50))
		}
		if alarm == nil || !state.First.Equal(at(0)) {
			t.Errorf("%s: not begun anew", text)
		}
	}
}

// TestMonotone compares windows that differ in one event: one more of the candidate's is more evidence, one more of the
// predecessor's is less.
func TestMonotone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	evidence := func(w guard.Window) float64 {
		var s guard.State
		s.Observe(guard.Config{WindowCap: 1e6}, w)
		sum := 0.0
		for _, log := range s.Tests[guard.Failures].Evidence {
			sum += math.Exp(log)
		}
		return sum
	}
	for range 2000 {
		n, m := 5+r.Int64N(100), 5+r.Int64N(100)
		k, j := r.Int64N(min(n, 8)), r.Int64N(m)
		e := evidence(window(1, k, n, j, m))
		if more := evidence(window(1, k+1, n, j, m)); more < e {
			t.Errorf("%d+1 of %d, %d of %d: %g became %g", k, n, j, m, e, more)
		}
		if less := evidence(window(1, k, n, j+1, m)); less > e {
			t.Errorf("%d of %d, %d+1 of %d: %g became %g", k, n, j, m, e, less)
		}
	}
}

// FuzzObserve feeds any counts and any config: nothing panics, and what is stored can be, and is a number.
func FuzzObserve(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"), 0.0, 0.0, int64(0))
	f.Add([]byte{50, 50, 0, 0, 0, 50, 0, 0, 0, 255, 255, 255}, 0.5, -1.0, int64(1))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0, 0, 0, 0, 0, 128}, math.NaN(), math.Inf(1), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, data []byte, x, y float64, n int64) {
		c := guard.Config{
			FalseAlarms: x, Failures: guard.Limit{Ratio: y, Floor: x, Cluster: y}, Latency: guard.Limit{Floor: y}, SlowFactor: y,
			SlowFloor: time.Duration(n), Warmup: n, MinRuns: n, WindowCap: x,
		}
		var state guard.State
		next := func() (v int64) {
			if len(data) == 0 {
				return 0
			}
			size := min(1+int(data[0]%8), len(data))
			var word [8]byte
			copy(word[:], data[:size])
			data = data[size:]
			return int64(binary.LittleEndian.Uint64(word[:]))
		}
		for i := 0; len(data) > 0; i++ {
			w := window(i, next(), next(), next(), next())
			w.Hook = []string{"", "one", "other"}[i%3]
			w.Candidate.Denied, w.Serving.Denied = next(), next()
			w.Candidate.Latency[i%cost.Buckets], w.Serving.Latency[i%7] = next(), next()
			alarm := state.Observe(c, w)
			text, err := json.Marshal(state)
			if err != nil {
				t.Fatalf("cannot be stored: %v", err)
			}
			var back guard.State
			if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back.Tests, state.Tests) {
				t.Fatalf("%s came back as %+v: %v", text, back, err)
			}
			if alarm != nil && (alarm.String() == "" || !(alarm.Evidence.EValue > 1)) {
				t.Fatalf("an alarm without evidence: %+v", alarm)
			}
			if state.Verdict(c).String() == "" {
				t.Fatal("a verdict without words")
			}
		}
	})
}

func TestOnce(t *testing.T) {
	t.Parallel()
	once := guard.Once{Keep: 3}
	for i, row := range []struct {
		key   uint64
		first bool
	}{{1, true}, {1, false}, {2, true}, {3, true}, {4, true}, {1, false}, {5, true}, {4, false}, {6, true}, {2, true}} {
		if got := once.First(row.key); got != row.first {
			t.Errorf("step %d, key %d: first %t", i, row.key, got)
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	outside := 0
	const walks = 200
	for range walks {
		var tally guard.Tally
		for i := range 400 {
			tally = guard.Tally{Events: tally.Events + bit(r.Float64() < 0.1), Of: tally.Of + 1}
			if i%5 != 0 {
				continue
			}
			low, high := tally.Interval()
			if rate := tally.Rate(); low > rate || rate > high || low < 0 || high > 1 {
				t.Fatalf("%+v: %g to %g", tally, low, high)
			}
			if low > 0.1 || high < 0.1 {
				outside++
				break
			}
		}
	}
	if outside > walks*5/100 {
		t.Errorf("the interval left the true rate out in %d of %d walks", outside, walks)
	}
	if low, high := (guard.Tally{}).Interval(); low != 0 || high != 1 {
		t.Errorf("of nothing: %g to %g", low, high)
	}
	if low, high := (guard.Tally{Of: 1000}).Interval(); low != 0 || high > 0.01 {
		t.Errorf("of no event: %g to %g", low, high)
	}
}
