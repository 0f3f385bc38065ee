package web

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Check is one thing that a health page looks at. Run gives nil, an error that
// wraps [ErrDegraded], or any other error for down; what the error says is shown to
// nobody. Run is never called twice at the same time.
type Check struct {
	Name string // snake_case, public
	Run  func(context.Context) error
}

// ErrDegraded is wrapped by a check whose matter works, but not as it should.
var ErrDegraded = errors.New("degraded")

// freshness is how long a result is shown again, so that no number of callers
// makes more than one look at a time.
const freshness = 2 * time.Second

// probe is one health page.
type probe struct {
	checks  []*check
	list    func() []Check // gives the checks anew for each look, when set
	timeout time.Duration

	mu    sync.Mutex
	taken time.Time
	last  health
}

func newProbe(checks []Check, timeout time.Duration) *probe {
	p := &probe{timeout: timeout}
	for _, c := range checks {
		p.checks = append(p.checks, &check{Check: c, free: make(chan struct{}, 1)})
	}
	return p
}

// newListProbe makes a page whose checks come and go. They are known answers: none
// may hang.
func newListProbe(list func() []Check, timeout time.Duration) *probe {
	return &probe{list: list, timeout: timeout}
}

// look gives the result, at most two seconds old. Who comes while others look
// waits for their result.
func (p *probe) look() health {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.taken.IsZero() && time.Since(p.taken) < freshness {
		return p.last
	}
	p.last = p.run()
	p.taken = time.Now()
	return p.last
}

func (p *probe) run() health {
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	checks := p.checks
	if p.list != nil {
		checks = newProbe(p.list(), p.timeout).checks
	}
	answers := make([]checkAnswer, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { answers[i] = c.answer(ctx) })
	}
	all.Wait()
	found := health{Status: ok, Checks: answers}
	for _, a := range answers {
		found.Status = worse(found.Status, a.Status)
	}
	return found
}

// check is a Check that may hang without taking its page with it.
type check struct {
	Check
	free chan struct{} // full while Run runs
}

func (c *check) answer(ctx context.Context) checkAnswer {
	began := time.Now()
	verdict := down // also when an earlier run has not come back
	select {
	case c.free <- struct{}{}:
		done := make(chan condition, 1)
		go func() {
			defer func() { <-c.free }()
			done <- conditionOf(c.Run(ctx))
		}()
		select {
		case verdict = <-done:
		case <-ctx.Done():
		}
	default:
	}
	return checkAnswer{Name: c.Name, Status: verdict, LatencyMS: float64(time.Since(began).Microseconds()) / 1000}
}

func conditionOf(err error) condition {
	switch {
	case err == nil:
		return ok
	case errors.Is(err, ErrDegraded):
		return degraded
	}
	return down
}
