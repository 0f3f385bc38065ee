package replay

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/sample"
)

// Why a replay ended before its end.
var (
	errStopped   = errors.New("it was stopped")
	errAbandoned = errors.New("nobody asked how it was")
	errTime      = errors.New("its time was over")
)

// run is a replay under way, or one that has ended.
type run struct {
	id     core.ID
	report *shared
	cancel context.CancelCauseFunc
	done   chan struct{}
	err    error // once it is done

	patience time.Duration

	mu      sync.Mutex
	waiting int
	leave   *time.Timer // ends it when nobody waits
}

func begin(life context.Context, patience time.Duration, do func(context.Context, *shared) error) *run {
	ctx, cancel := context.WithCancelCause(life)
	ctx, giveUp := context.WithTimeoutCause(ctx, maxTime, errTime)
	r := &run{id: core.NewID(time.Now()), report: &shared{report: newReport("")}, cancel: cancel, done: make(chan struct{}), patience: patience}
	r.leave = time.AfterFunc(patience, func() { cancel(errAbandoned) })
	go func() {
		defer close(r.done)
		defer giveUp()
		defer cancel(nil)
		r.err = do(ctx, r.report)
		if cause := context.Cause(ctx); r.err != nil && cause != nil {
			r.err = core.E(core.Conflict, "The replay ended before the versions were made: "+cause.Error()+".").Because("replay_ended").Caused(r.err)
		}
	}()
	return r
}

func (r *run) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *run) wait(ctx context.Context, most time.Duration) (State, error) {
	r.arrive()
	defer r.depart()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-r.done:
		return State{r.id, true, r.report.now()}, r.err
	case <-timer.C:
	case <-ctx.Done():
	}
	return State{r.id, false, r.report.now()}, nil
}

func (r *run) arrive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting++
	r.leave.Stop()
}

func (r *run) depart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.leave.Reset(r.patience)
	}
}

// shared is a report that is written while it is read.
type shared struct {
	mu     sync.Mutex
	report *Report
}

func (s *shared) begin(v core.PluginVersion, serving Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Plugin, s.report.Candidate, s.report.Serving = v.Plugin, Version{v.Digest, v.Version}, serving
}

func (s *shared) add(c sample.Call, before, after Tried) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.add(c, before, after)
}

func (s *shared) lose(lost sample.Lost) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Lost = map[string]int(lost)
}

func (s *shared) stop(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Stopped = why.Error()
}

func (s *shared) now() *Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.report.clone()
}

func keysOf(lost sample.Lost) string { return strings.Join(slices.Sorted(maps.Keys(lost)), ", ") }
