package guard

import "math"

// step is the logarithm of the e-value of one window: how much better the counts fit a rate of the suspect that is
// alt times its peer's than one that is ratio times its peer's and floor more. With k events in n units of the suspect,
// j in m of the peer, q0 = n·ratio/(n·ratio+m) and q1 = n·alt/(n·alt+m), it is
//
//	E = (q1/q0)^k · ((1-q1)/(1-q0))^j · exp(-n·floor·(q1/q0-1))
//
// For floor = 0 that is the likelihood ratio of two binomial laws for the suspect's part of the k+j events.
//
// E is an e-value, its expectation is at most 1, whenever the suspect is innocent. Write a = q1/q0, b = (1-q1)/(1-q0).
// Let the events be independent, with rates as different as they like whose means are p and r. Since 1+x ≤ exp(x),
// E[a^k] ≤ exp(n·p·(a-1)) and E[b^j] ≤ exp(m·r·(b-1)); the first for counts of Poisson as well. From the definitions
// n·ratio·(a-1) = m·(1-b). So for p = ratio·r + floor the exponents, with the last factor, add up to zero, and for any
// smaller p to less, as a > 1. There is no condition on r, which nobody knows.
//
// If alt < ratio, then a < 1, and the same holds for any greater p: E is evidence that the suspect is not as bad as
// that, which is what a verdict rests on.
//
// Events that are not independent are no harm as long as who is assigned is: given which of the n+m runs had events,
// the suspect's part is hypergeometric if the version makes no difference, and E, convex in k, has at most the
// expectation that it has under the binomial law of the same mean (Hoeffding 1963, theorem 4).
//
// With clusters, up to so many events from one cause, the root is taken: a^(d/cluster) ≤ 1 + d/cluster·(a-1) for every
// size d up to cluster, and the proof goes through with causes in place of events.
func step(p Pair, l Limit, ratio, alt float64) float64 {
	n, m := float64(p.Candidate.Of), float64(p.Serving.Of)
	if n <= 0 || m <= 0 {
		return 0
	}
	// a = alt/ratio · (n·ratio+m)/(n·alt+m), b = (n·ratio+m)/(n·alt+m)
	common := (n*ratio + m) / (n*alt + m)
	a := alt / ratio * common
	log := float64(p.Candidate.Events)*math.Log(a) + float64(p.Serving.Events)*math.Log(common) - n*l.Floor*(a-1)
	return log / l.Cluster
}

// alternatives are how many times above its limit a candidate may be; evidence is gathered for each, and their mean
// decides. One of them is never further from the truth than costs a few events.
var alternatives = [...]float64{1.2, 2, 4, 10, 30, 100}

// weight is the part of the bet that is placed on trouble that begins with the nth start; all of them add up to less
// than 1. Half is on a candidate that is bad from the beginning. The rest falls off as 1/(n·ln²n), about as slowly as a
// sum can that ends.
func weight(n int64) float64 {
	if n <= 0 {
		return 0.5
	}
	x := float64(n + 1)
	ln := math.Log(x)
	return 0.5 / (2.11 * x * ln * ln)
}

// logs of e-values are kept in bounds that JSON can hold and no decision comes near.
const bottom, top = -700, 700

// logSum is the logarithm of the sum of what a and b are logarithms of.
func logSum(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// logMean is the logarithm of the mean of what all are logarithms of.
func logMean(all []float64) float64 {
	sum := math.Inf(-1)
	for _, l := range all {
		sum = logSum(sum, l)
	}
	return sum - math.Log(float64(len(all)))
}
