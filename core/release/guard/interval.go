package guard

import "math"

// confidence of the intervals of rates and of a verdict.
const confidence = 0.95

// Interval is where the true rate lies with 95 % confidence at every moment of the rollout at once, so it may be read
// whenever one likes. It is the set of rates p against which the mixture of binomial laws over Jeffreys' prior is not
// 20 times better (Robbins 1970, "Statistical methods related to the law of the iterated logarithm").
func (t Tally) Interval() (low, high float64) {
	n, k := float64(t.Of), float64(min(t.Events, t.Of))
	if n <= 0 {
		return 0, 1
	}
	mixture := logBeta(k+0.5, n-k+0.5) - logBeta(0.5, 0.5)
	outside := func(p float64) bool {
		return mixture-term(k, p)-term(n-k, 1-p) > -math.Log(1-confidence)
	}
	return bisect(k/n, 0, outside), bisect(k/n, 1, outside)
}

// term is k·ln p, where nothing of an impossible thing is certain.
func term(k, p float64) float64 {
	if k == 0 {
		return 0
	}
	return k * math.Log(p)
}

// bisect finds the edge between a point inside and an end that may be outside.
func bisect(inside, end float64, outside func(float64) bool) float64 {
	if !outside(end) {
		return end
	}
	for range 60 {
		middle := (inside + end) / 2
		if outside(middle) {
			end = middle
		} else {
			inside = middle
		}
	}
	return end
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}
