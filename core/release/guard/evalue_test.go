package guard_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/usher-id/usher/core/release/guard"
)

// pair makes the tallies of both versions.
func pair(k, n, j, m int) guard.Pair {
	return guard.Pair{
		Candidate: guard.Tally{Events: int64(k), Of: int64(n)},
		Serving:   guard.Tally{Events: int64(j), Of: int64(m)},
	}
}

// counts is the law of how many of the events with these probabilities happen.
func counts(p []float64) []float64 {
	law := []float64{1}
	for _, x := range p {
		next := make([]float64, len(law)+1)
		for k, mass := range law {
			next[k] += mass * (1 - x)
			next[k+1] += mass * x
		}
		law = next
	}
	return law
}

// expectation of an e-value, over all outcomes.
func expectation(l guard.Limit, ratio, alt float64, candidate, serving []float64) (sum float64) {
	laws := [2][]float64{counts(candidate), counts(serving)}
	size := int(l.Cluster)
	for k, a := range laws[0] {
		for j, b := range laws[1] {
			sum += a * b * math.Exp(guard.Step(pair(k*size, len(candidate), j*size, len(serving)), l, ratio, alt))
		}
	}
	return sum
}

// TestExpectation sums over all outcomes: an innocent candidate's e-value has an expectation of at most 1, whatever the
// predecessor's rate, for equal and for scattered rates and for events that come in clusters.
func TestExpectation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	worst := 0.0
	for _, sizes := range [][2]int{{1, 1}, {1, 12}, {5, 5}, {12, 3}, {10, 10}} {
		for _, rate := range []float64{0, 0.001, 0.05, 0.3, 0.6, 1} {
			for _, l := range []guard.Limit{
				{Ratio: 1.5, Cluster: 1}, {Ratio: 1.5, Floor: 0.001, Cluster: 1}, {Ratio: 2, Floor: 0.1, Cluster: 1}, {Ratio: 2, Floor: 0.01, Cluster: 3},
			} {
				// With clusters, that many events come of each cause.
				serving := scattered(r, sizes[1], rate/l.Cluster)
				allowed := min(1, (l.Ratio*mean(serving)*l.Cluster+l.Floor)/l.Cluster)
				candidate := scattered(r, sizes[0], allowed)
				for _, times := range guard.Alternatives {
					e := expectation(l, l.Ratio, l.Ratio*times, candidate, serving)
					if worst = max(worst, e); e > 1+1e-9 {
						t.Errorf("%v, rate %g, limit %+v, alternative %g: expectation %g", sizes, rate, l, times, e)
					}
				}
			}
		}
	}
	if worst < 0.999 {
		t.Errorf("the greatest expectation is %g; something is given away", worst)
	}
}

// TestExpectationOfVerdict is the same for evidence that the candidate is not as bad as all that.
func TestExpectationOfVerdict(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for _, sizes := range [][2]int{{1, 1}, {1, 12}, {5, 5}, {12, 3}} {
		for _, rate := range []float64{0, 0.001, 0.05, 0.3} {
			l := guard.Limit{Ratio: 1.5, Floor: 0.01, Cluster: 1}
			serving := scattered(r, sizes[1], rate)
			for _, worse := range []float64{1, 1.7, 3} {
				candidate := scattered(r, sizes[0], min(1, worse*(l.Ratio*mean(serving)+l.Floor)))
				for _, truth := range guard.Truths {
					if e := expectation(l, l.Ratio, truth, candidate, serving); e > 1+1e-9 {
						t.Errorf("%v, rate %g, %g times worse: expectation %g", sizes, rate, worse, e)
					}
				}
			}
		}
	}
}

// TestExpectationByAssignment takes any set of bad runs, however they came about, and assigns all runs by chance.
func TestExpectationByAssignment(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		for m := 1; m < 12; m++ {
			for bad := range n + m + 1 {
				for _, times := range guard.Alternatives {
					l := guard.Limit{Ratio: 1.5, Cluster: 1}
					var e float64
					for k := max(0, bad-m); k <= min(n, bad); k++ {
						law := choose(n, k) * choose(m, bad-k) / choose(n+m, bad)
						e += law * math.Exp(guard.Step(pair(k, n, bad-k, m), l, l.Ratio, l.Ratio*times))
					}
					if e > 1+1e-9 {
						t.Errorf("%d bad of %d and %d, alternative %g: expectation %g", bad, n, m, times, e)
					}
				}
			}
		}
	}
}

// TestStep compares with the likelihood ratio of two binomial laws, written out.
func TestStep(t *testing.T) {
	t.Parallel()
	law := func(k, j int, q float64) float64 {
		return choose(k+j, k) * math.Pow(q, float64(k)) * math.Pow(1-q, float64(j))
	}
	for k := range 6 {
		for j := range 6 {
			const n, m, ratio, alt = 7.0, 50.0, 1.5, 6.0
			want := law(k, j, n*alt/(n*alt+m)) / law(k, j, n*ratio/(n*ratio+m))
			got := math.Exp(guard.Step(pair(k, n, j, m), guard.Limit{Cluster: 1}, ratio, alt))
			if math.Abs(got/want-1) > 1e-9 {
				t.Errorf("%d and %d: %g, not %g", k, j, got, want)
			}
		}
	}
}

// TestWeights adds the weights of all starts up: the first million, and the integral above the others.
func TestWeights(t *testing.T) {
	t.Parallel()
	sum := 0.0
	const many = 1_000_000
	for n := range int64(many) {
		sum += guard.Weight(n)
	}
	if rest := 0.5 / 2.11 / math.Log(many); sum+rest > 1 || sum+rest < 0.99 {
		t.Errorf("the weights add up to %g", sum+rest)
	}
}

func mean(all []float64) (sum float64) {
	for _, x := range all {
		sum += x / float64(len(all))
	}
	return sum
}

// scattered are rates around a mean.
func scattered(r *rand.Rand, n int, rate float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = rate
	}
	for i := 0; i+1 < n; i += 2 {
		shift := r.Float64() * min(rate, 1-rate)
		all[i], all[i+1] = all[i]+shift, all[i+1]-shift
	}
	return all
}

func choose(n, k int) float64 {
	c := 1.0
	for i := range k {
		c = c * float64(n-i) / float64(i+1)
	}
	return c
}
