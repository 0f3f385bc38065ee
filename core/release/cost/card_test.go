package cost_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/usher-id/usher/core/release/cost"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	if first, last := cost.Bound(0), cost.Bound(cost.Buckets-2); first != time.Microsecond || last < 9*time.Second || last > 10*time.Second {
		t.Errorf("bounds reach from %v to %v", first, last)
	}
	for i := range cost.Buckets - 1 {
		if at, above := cost.Bucket(cost.Bound(i)), cost.Bucket(cost.Bound(i)+1); at != i || above != i+1 {
			t.Errorf("bound %d (%v) is in bucket %d, and what is above in %d", i, cost.Bound(i), at, above)
		}
	}
	for d, want := range map[time.Duration]int{-time.Second: 0, 0: 0, time.Hour: cost.Buckets - 1, math.MaxInt64: cost.Buckets - 1} {
		if got := cost.Bucket(d); got != want {
			t.Errorf("%v is in bucket %d, not %d", d, got, want)
		}
	}
}

// TestQuantiles compares with the quantiles of the sorted durations themselves.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 10, 1000, 20000} {
		var h cost.Histogram
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = time.Duration(2e6 * math.Exp(r.NormFloat64()))
			h.Observe(all[i])
		}
		slices.Sort(all)
		for _, q := range []float64{0, 0.01, 0.5, 0.95, 0.99, 1} {
			want := float64(all[max(0, int(math.Ceil(q*float64(n)))-1)])
			got := float64(h.Quantile(q))
			if math.Abs(math.Log2(got/want)) > 0.26 {
				t.Errorf("%d durations: quantile %g is %v, not %v", n, q, time.Duration(got), time.Duration(want))
			}
		}
	}
	var empty, odd cost.Histogram
	odd[cost.Buckets-1] = 1
	if empty.Quantile(0.5) != 0 || empty.Quantile(math.NaN()) != 0 || odd.Quantile(0.5) != cost.Bound(cost.Buckets-2) {
		t.Error("the quantile of nothing, or of what is above all bounds")
	}
}

func TestAdditionIsCountingTogether(t *testing.T) {
	t.Parallel()
	same := func(a, b []uint32) bool {
		var one, two, both cost.Card
		for i, list := range [][]uint32{a, b} {
			part := []*cost.Card{&one, &two}[i]
			for _, n := range list {
				call := cost.Call{Took: time.Duration(n), Fuel: int64(n % 1000), Memory: int64(n), Egress: int64(n % 3), EgressBytes: int64(n % 7)}
				part.Observe(call)
				both.Observe(call)
			}
		}
		one.Add(&two)
		above := one.Latency.Above(20)
		return reflect.DeepEqual(one, both) && one.Calls() == int64(len(a)+len(b)) && above <= one.Calls() &&
			one.Latency.Above(-1) == one.Calls() && one.Latency.Above(cost.Buckets) == 0
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	card := fast(1200)
	text, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	var back cost.Card
	if err := json.Unmarshal(text, &back); err != nil || back != card {
		t.Errorf("%s came back as %+v: %v", text, back, err)
	}
	if len(text) > 400 {
		t.Errorf("a card takes %d bytes: %s", len(text), text)
	}
	for _, bad := range []string{`{"latency":[[95,1]]}`, `{"latency":[[-1,1]]}`, `{"latency":{}}`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// fast is the card of a version whose calls take 10 to 40 ms.
func fast(calls int) cost.Card {
	c := cost.Card{Size: 2 << 20}
	for i := range calls {
		c.Observe(cost.Call{Took: time.Duration(10+30*i/calls) * time.Millisecond, Fuel: int64(200_000 + i), Memory: 8 << 20, Egress: int64(i % 2)})
	}
	return c
}

// scaled has all times of a card multiplied by a power of two's quarter.
func scaled(c cost.Card, quarters int) cost.Card {
	var h cost.Histogram
	copy(h[quarters:], c.Latency[:cost.Buckets-quarters])
	c.Latency = h
	return c
}

func TestCompare(t *testing.T) {
	t.Parallel()
	old := fast(2000)
	var tiny, few cost.Card
	for range 5000 {
		tiny.Observe(cost.Call{Took: 20 * time.Microsecond})
	}
	few.Observe(cost.Call{Took: time.Second})
	rows := map[string]struct {
		old, now cost.Card
		limits   cost.Limits
		want     string // the figures
		say      string
	}{
		"the same":                {old: old, now: old},
		"a little slower":         {old: old, now: scaled(old, 1)},
		"twice as slow":           {old: old, now: scaled(old, 4), want: "p50 p99", say: "the median time of a call grew from 24.2ms to 48.4ms (2 times); up to 36.3ms is allowed"},
		"microseconds":            {old: tiny, now: scaled(tiny, 4)},
		"nothing to compare":      {old: cost.Card{}, now: old},
		"too few calls":           {old: old, now: few},
		"few calls are allowed":   {old: old, now: func() cost.Card { c := scaled(fast(200), 8); c.Size = 0; return c }(), limits: cost.Limits{MinCalls: 100}, want: "p50 p99"},
		"more fuel":               {old: old, now: with(old, func(c *cost.Card) { c.Fuel.Sum *= 2 }), want: "fuel", say: "the fuel of an average call grew from 201000 to 401999 (2 times); up to 301499 is allowed"},
		"one dear call":           {old: old, now: with(old, func(c *cost.Card) { c.Fuel.Max = 5_000_000 }), want: "fuel_max"},
		"more memory":             {old: old, now: with(old, func(c *cost.Card) { c.Memory = 32 << 20 }), want: "memory", say: "the memory of an instance grew from 8.0 MiB to 32.0 MiB (4 times); up to 12.0 MiB is allowed"},
		"a little more memory":    {old: old, now: with(old, func(c *cost.Card) { c.Memory = 11 << 20 })},
		"calls out":               {old: tiny, now: with(tiny, func(c *cost.Card) { c.Egress.Calls = c.Calls() }), want: "egress", say: "the calls out for each call grew from 0 to 1; up to 0.1 is allowed"},
		"bytes out":               {old: old, now: with(old, func(c *cost.Card) { c.Egress.Bytes = c.Calls() << 20 }), want: "egress_bytes"},
		"a bigger module":         {old: old, now: with(old, func(c *cost.Card) { c.Size *= 2 }), want: "size"},
		"a limit of the caller's": {old: old, now: with(old, func(c *cost.Card) { c.Size *= 2 }), limits: cost.Limits{Size: cost.Growth{Ratio: 3}}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var figures []string
			found := cost.Compare(row.old, row.now, row.limits)
			for _, r := range found {
				figures = append(figures, r.Figure)
				if r.New <= r.Limit || r.Limit < r.Old {
					t.Errorf("%+v is no regression", r)
				}
			}
			if got := strings.Join(figures, " "); got != row.want {
				t.Errorf("found %q, not %q: %v", got, row.want, found)
			}
			if row.say != "" && (len(found) == 0 || found[0].String() != row.say) {
				t.Errorf("says %v, not %q", found, row.say)
			}
		})
	}
}

func with(c cost.Card, change func(*cost.Card)) cost.Card {
	change(&c)
	return c
}

// TestChanceIsNoRegression compares cards of a thousand calls of one and the same version whose times scatter widely.
func TestChanceIsNoRegression(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	measure := func() (c cost.Card) {
		for range 1000 {
			c.Observe(cost.Call{Took: time.Duration(20e6 * math.Exp(1.2*r.NormFloat64()))})
		}
		return c
	}
	for range 500 {
		if found := cost.Compare(measure(), measure(), cost.Limits{}); len(found) > 0 {
			t.Fatalf("the same version is worse than itself: %v", found)
		}
	}
}
