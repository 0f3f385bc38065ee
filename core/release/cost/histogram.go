package cost

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	perOctave = 4
	// Buckets is the number of buckets: bounds from 1 µs to 9.97 s, four to each doubling, and one for all above.
	Buckets = 95
)

// Histogram counts durations by bucket. The zero value is empty. It is a plain array: copying it is taking a snapshot,
// and who counts from many goroutines keeps an array of atomics of the same length.
type Histogram [Buckets]int64

// bounds are the upper bounds of all buckets but the last: bucket i holds what is above bounds[i-1] and not above
// bounds[i].
var bounds = func() (b [Buckets - 1]time.Duration) {
	for i := range b {
		b[i] = time.Duration(math.Round(float64(time.Microsecond) * math.Exp2(float64(i)/perOctave)))
	}
	return b
}()

// Bucket is the bucket that a duration falls in.
func Bucket(d time.Duration) int {
	i, _ := slices.BinarySearch(bounds[:], d)
	return i
}

// Bound is the greatest duration that bucket i holds; the last bucket holds whatever is above all bounds and answers
// with the greatest duration there is.
func Bound(i int) time.Duration {
	if i >= len(bounds) {
		return math.MaxInt64
	}
	return bounds[max(i, 0)]
}

// Observe counts one duration.
func (h *Histogram) Observe(d time.Duration) { h[Bucket(d)]++ }

// Add counts in what another histogram has.
func (h *Histogram) Add(o *Histogram) {
	for i, n := range o {
		h[i] += n
	}
}

// Count is the number of durations counted.
func (h *Histogram) Count() (n int64) {
	for _, c := range h {
		n += c
	}
	return n
}

// Above is the number of durations in buckets above bucket i, those slower than [Bound] of i.
func (h *Histogram) Above(i int) (n int64) {
	for _, c := range h[min(max(i+1, 0), Buckets):] {
		n += c
	}
	return n
}

// Quantile is the duration that the share q of all does not exceed, interpolated inside its bucket on the logarithmic
// scale of the bounds: off by less than a quarter of a doubling. An empty histogram answers 0; in the last bucket it
// answers the last bound, as no more is known.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.Count()
	if total <= 0 || math.IsNaN(q) {
		return 0
	}
	rank := min(max(q, 0), 1) * float64(total)
	var below float64
	for i, c := range h {
		if c <= 0 {
			continue
		}
		if below+float64(c) >= rank {
			return within(i, (rank-below)/float64(c))
		}
		below += float64(c)
	}
	return bounds[len(bounds)-1]
}

// within is the duration that lies the given share of the way through a bucket.
func within(i int, share float64) time.Duration {
	if i >= len(bounds) {
		return bounds[len(bounds)-1]
	}
	upper := float64(bounds[i])
	return time.Duration(upper * math.Exp2((share-1)/perOctave))
}

// MarshalJSON writes the buckets that are not empty, as pairs of bucket and count: a plugin's times lie in a few.
func (h Histogram) MarshalJSON() ([]byte, error) {
	pairs := [][2]int64{}
	for i, c := range h {
		if c != 0 {
			pairs = append(pairs, [2]int64{int64(i), c})
		}
	}
	return json.Marshal(pairs)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (h *Histogram) UnmarshalJSON(text []byte) error {
	var pairs [][2]int64
	if err := json.Unmarshal(text, &pairs); err != nil {
		return fmt.Errorf("histogram: wants pairs of bucket and count: %w", err)
	}
	*h = Histogram{}
	for _, p := range pairs {
		if p[0] < 0 || p[0] >= Buckets {
			return fmt.Errorf("histogram: has bucket %d; there are buckets 0 to %d", p[0], Buckets-1)
		}
		h[p[0]] += p[1]
	}
	return nil
}
