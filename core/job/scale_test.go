package job_test

import (
	"context"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/job"
)

// TestScale walks the rule through a burst and a quiet time after it.
func TestScale(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	s := job.NewScale(4, 20, 10*time.Second, func() time.Time { return now })
	for i, step := range []struct {
		after time.Duration
		busy  int
		full  bool // the fetch that follows comes back full
		ask   int
		now   int // workers afterwards
	}{
		{0, 0, false, 4, 4},
		{time.Second, 3, false, 1, 4},
		{0, 4, false, 4, 8}, // none is free
		{0, 8, true, 8, 20}, // none is free, and there is more: 16, then 20
		{0, 20, false, 0, 20},
		{9 * time.Second, 2, false, 18, 20},
		{time.Second, 2, false, 8, 10},
		{0, 2, false, 8, 10},
		{10 * time.Second, 1, false, 4, 5},
		{10 * time.Second, 1, false, 3, 4},
		{time.Hour, 1, false, 3, 4},
		{0, 30, false, -10, 20}, // more than there may be
	} {
		now = now.Add(step.after)
		if ask := s.Ask(step.busy); ask != step.ask {
			t.Errorf("step %d: it asks for %d, want %d", i, ask, step.ask)
		}
		if step.full {
			s.Full()
		}
		if s.Current() != step.now {
			t.Errorf("step %d: %d workers, want %d", i, s.Current(), step.now)
		}
	}
}

// TestWorkersFollowTheBacklog has mails that none finishes: two of them have two workers of
// the two at least, a burst has all there may be, and no job is leased beyond.
func TestWorkersFollowTheBacklog(t *testing.T) {
	t.Parallel()
	p := pool(t)
	begun, finish := make(chan core.ID, 100), make(chan struct{})
	c := start(t, p, func(ctx context.Context, a core.MailAttempt) error {
		begun <- a.MessageID
		select {
		case <-finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, func(_ *job.Deps, c *job.Config) {
		c.Workers, c.MinWorkers, c.Quiet = 24, 2, 50*time.Millisecond
	})
	if busy, allowed, most := c.Workers(); busy != 0 || allowed != 2 || most != 24 {
		t.Errorf("at first: %d busy, %d allowed, %d at most", busy, allowed, most)
	}
	for range 60 {
		enqueue(t, p, "{}")
	}
	c.Wake()
	for range 24 {
		get(t, begun)
	}
	if busy, allowed, _ := c.Workers(); busy != 24 || allowed != 24 {
		t.Errorf("in the burst: %d busy, %d allowed", busy, allowed)
	}
	var leased int
	if err := p.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE state = 'running'`).Scan(&leased); err != nil || leased != 24 {
		t.Errorf("%d jobs are leased, %v", leased, err)
	}
	close(finish)
	for range 36 {
		get(t, begun)
	}
	until(t, "few workers are left", func() bool {
		busy, allowed, _ := c.Workers()
		return busy == 0 && allowed == 2
	})
}
