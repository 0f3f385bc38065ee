package guard

import "math"

// bounds are the multiples of the limit's ratio that a candidate is shown to stay below, truths the rates in terms of
// the predecessor's on which that bets.
var (
	bounds = [...]float64{1, 2, 5}
	truths = [...]float64{0.01, 0.5, 1}
)

// bound moves on the e-processes against "at least so many times as bad". For leniency the suspect is the predecessor,
// as when the alarm is weighed.
func (t *Test) bound(l Limit, m Metric, p Pair) {
	if m == Leniency {
		p = p.turned()
	}
	for i, times := range bounds {
		for j, truth := range truths {
			at := i*len(truths) + j
			t.Bounds[at] = min(max(t.Bounds[at]+step(p, l, l.Ratio*times, truth), bottom), top)
		}
	}
}

// confidence with which a verdict and the intervals of rates hold.
const confidence = 0.95

// below is the smallest multiple of the limit's ratio that the candidate is shown to stay below; 0 if none is.
func (t *Test) below() float64 {
	for i, times := range bounds {
		if logMean(t.Bounds[i*len(truths):(i+1)*len(truths)]) >= -math.Log(1-confidence) {
			return times
		}
	}
	return 0
}
