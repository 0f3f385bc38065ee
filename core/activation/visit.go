package activation

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Opened notes that a link was looked at, whether there is such a link or not: which it is
// turns out when the notes are kept, where nobody can take the time of it.
func (s *Service) Opened(ctx context.Context, token core.Secret, by core.VisitKind) {
	s.note(ctx, token, by, "")
}

// refusedVisit notes why a link could not be used.
func (s *Service) refusedVisit(ctx context.Context, token core.Secret, err error) {
	s.note(ctx, token, core.VisitRefused, core.ReasonOf(err))
}

func (s *Service) note(ctx context.Context, token core.Secret, kind core.VisitKind, reason string) {
	hash, ok := s.Keys.HashToken(token)
	if !ok {
		return // no link looks like this
	}
	now := s.Clock.Now()
	s.Visits.Note(core.Visit{Hash: hash, Kind: kind, Reason: reason, First: now, Last: now, Count: 1, Traceparent: signal.Inject(ctx)})
}
