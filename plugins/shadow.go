package plugins

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/manifest"
)

// The bounds of what shadows may take: goroutines for all of them, and copies that wait
// for one plugin's.
const (
	shadowWorkers = 2
	shadowQueue   = 64
)

// copied is a question that a shadow is to be asked after another arm has answered.
type copied struct {
	binding *binding
	arm     *arm
	call    Call
	tape    *host.Tape
	now     time.Time // that of the guest that answered
	trace   trace.SpanContext
	serving Side
}

// shadows ask shadows in the background. Each plugin has a bounded queue of its own, and
// they take turns, so that none keeps the others from being asked. There are goroutines
// only while there is work. It is safe for concurrent use.
type shadows struct {
	ask func(*copied)

	mu      sync.Mutex
	queues  map[string]*shadowed // by plugin
	turns   []*shadowed          // those that have work, the next one first
	working int
	closed  bool
	idle    sync.WaitGroup
}

// shadowed is the queue of one plugin.
type shadowed struct {
	waiting []*copied
	dropped int64
}

func newShadows(ask func(*copied)) *shadows {
	return &shadows{ask: ask, queues: map[string]*shadowed{}}
}

// offer takes a copy to be asked, or drops and counts it where too many wait. It does
// not wait for anything.
func (s *shadows) offer(c *copied) {
	s.mu.Lock()
	defer s.mu.Unlock()
	plugin := c.arm.version.name
	q := s.queues[plugin]
	if q == nil {
		q = &shadowed{}
		s.queues[plugin] = q
	}
	if s.closed || len(q.waiting) >= shadowQueue || !c.arm.version.retain() {
		q.dropped++
		return
	}
	if q.waiting = append(q.waiting, c); len(q.waiting) == 1 {
		s.turns = append(s.turns, q)
	}
	if s.working < shadowWorkers {
		s.working++
		s.idle.Go(s.work)
	}
}

func (s *shadows) work() {
	for c := s.next(); c != nil; c = s.next() {
		s.ask(c)
	}
}

// next takes the next copy of the plugin whose turn it is; nil ends the worker.
func (s *shadows) next() *copied {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.turns) == 0 {
		s.working--
		return nil
	}
	q := s.turns[0]
	s.turns = slices.Delete(s.turns, 0, 1)
	c := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	if len(q.waiting) > 0 {
		s.turns = append(s.turns, q)
	}
	return c
}

// drop counts a copy that the shadow of a plugin could not be asked about.
func (s *shadows) drop(plugin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[plugin].dropped++
}

// dropped counts the copies of a plugin that no shadow was asked about.
func (s *shadows) dropped(plugin string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[plugin]; q != nil {
		return q.dropped
	}
	return 0
}

// close takes no more, and gives what still waits: its versions are to be let go.
func (s *shadows) close() (left []*copied) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, q := range s.turns {
		left = append(left, q.waiting...)
		q.waiting = nil
	}
	s.turns = nil
	return left
}

// copyFor makes a copy of what was asked and answered for the shadow of a panel.
func (b *binding) copyFor(ctx context.Context, a *arm, c Call, answer Answer, err error, tape *host.Tape, now time.Time) *copied {
	return &copied{
		binding: b, arm: a, tape: tape, now: now, trace: trace.SpanContextFromContext(ctx), serving: sideOf(answer, err),
		call: Call{
			Hook: c.Hook, Release: c.Release, RunID: c.RunID, TenantID: c.TenantID, ActorKind: c.ActorKind, ActorID: c.ActorID, Data: bytes.Clone(c.Data),
		},
	}
}

// askShadow asks a shadow, in a span of the trace that the call was in, and has the
// two compared.
func (e *Engine) askShadow(c *copied) {
	v := c.arm.version
	defer func() { e.retire([]*version{v}) }()
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), c.trace)
	play := c.tape.Play()
	c.call.Judge = func(_ string, output []byte) (hostapi.Outcome, error) {
		outcome, _, _ := manifest.Answer(c.call.Hook, output) // the comparison says what is wrong with one
		return outcome, nil
	}
	t := terms{play: play, now: c.now, log: v.log.With("role", string(RoleShadow))}
	answer, err := e.ask(ctx, c.binding, c.arm, c.call, t)
	switch side := sideOf(answer, err); {
	case !side.asked(): // it has failed too often, or every instance is taken
		e.shadows.drop(v.name)
	case e.deps.Compare != nil:
		e.deps.Compare(ctx, c.compare(side, play))
	}
}
