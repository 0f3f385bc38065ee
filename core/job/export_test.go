package job

import (
	"context"
	"time"
)

// Measure looks at the queue once, for the benchmark.
func Measure(ctx context.Context, c *Client) error { return c.gauge.measure(ctx) }

// Scale is the rule by which workers follow the backlog, with a clock of the test's.
type Scale struct{ s *scale }

// NewScale makes one.
func NewScale(least, most int, quiet time.Duration, now func() time.Time) Scale {
	s := newScale(least, most, quiet)
	s.now, s.since = now, now()
	return Scale{s}
}

// Ask is how many jobs would be fetched.
func (s Scale) Ask(busy int) int { return s.s.ask(busy) }

// Full tells that as many came.
func (s Scale) Full() { s.s.full() }

// Current is how many mails may be under way.
func (s Scale) Current() int { return s.s.current() }
