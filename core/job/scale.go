package job

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/usher-id/usher/core"
)

// scale is how many mails may be under way in this process. It follows the backlog, of which a
// fetch of jobs tells without a question of its own:
//
//	a fetch that comes back full, or finds no worker free   twice as many, up to most
//	none of that for a while                                half as many, down to least
//
// So a burst has all workers within a few statements, and a process that is idle takes few jobs
// at once, which leaves the others of a small backlog to the other replicas. Safe for concurrent
// use.
type scale struct {
	least, most int
	quiet       time.Duration // without a sign of a backlog, before workers are taken away
	now         func() time.Time

	mu      sync.Mutex
	allowed int
	since   time.Time // of the last sign, or of the last taking away
}

func newScale(least, most int, quiet time.Duration) *scale {
	least = min(max(least, 1), most)
	return &scale{least: least, most: most, quiet: quiet, now: time.Now, allowed: least}
}

// ask tells how many jobs to fetch while so many are under way.
func (s *scale) ask(busy int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.since) >= s.quiet {
		s.allowed, s.since = max(s.allowed/2, s.least), now
	}
	for s.allowed <= busy && s.allowed < s.most {
		s.grow()
	}
	return s.allowed - busy
}

// full tells that a fetch came back full, and gives whether there are more workers now.
func (s *scale) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.allowed
	s.grow()
	return s.allowed > before
}

// grow doubles. The caller holds the lock.
func (s *scale) grow() { s.allowed, s.since = min(2*s.allowed, s.most), s.now() }

func (s *scale) current() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allowed
}

// scaledDriver is the library's driver, which fetches no more mail jobs than the scale allows. The
// library's own bound cannot change while it runs (v0.51: producer.maxJobsToFetch reads its
// config; removing and adding a queue waits for its jobs). A job that is not fetched is not
// leased, so that another replica may have it.
type scaledDriver struct {
	*riverpgxv5.Driver
	scale *scale
}

var _ riverdriver.Driver[pgx.Tx] = scaledDriver{}

// GetExecutor implements riverdriver.Driver.
func (d scaledDriver) GetExecutor() riverdriver.Executor {
	return scaledExecutor{d.Driver.GetExecutor(), d.scale}
}

type scaledExecutor struct {
	riverdriver.Executor
	scale *scale
}

// JobGetAvailable implements riverdriver.Executor.
func (e scaledExecutor) JobGetAvailable(ctx context.Context, p *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	if p.Queue != core.MailJobQueue {
		return e.Executor.JobGetAvailable(ctx, p)
	}
	all := &riverdriver.JobGetAvailableResult{}
	busy, part := e.scale.most-p.MaxToLock, *p
	for {
		part.MaxToLock = e.scale.ask(busy)
		if part.MaxToLock <= 0 {
			return all, nil
		}
		got, err := e.Executor.JobGetAvailable(ctx, &part)
		if err != nil {
			if len(all.Jobs) > 0 { // these are leased: they must be worked off
				return all, nil
			}
			return nil, err
		}
		all.Jobs = append(all.Jobs, got.Jobs...)
		if all.DecodeErrors == nil {
			all.DecodeErrors = got.DecodeErrors
		} else {
			maps.Copy(all.DecodeErrors, got.DecodeErrors)
		}
		if busy += len(got.Jobs); len(got.Jobs) < part.MaxToLock || !e.scale.full() {
			return all, nil
		}
	}
}
