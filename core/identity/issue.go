package identity

import (
	"context"
	"errors"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Issue makes the two tokens of a session that was committed. It stores nothing:
// the same state gives the same refresh token again.
func (s *Service) Issue(ctx context.Context, state core.SessionState) (core.Session, error) {
	_, span := s.Tracer.Start(ctx, signal.SpanSession)
	defer span.End()
	if state.ID.IsZero() || state.UserID.IsZero() || state.Generation < 1 {
		return core.Session{}, errors.New("identity: a session needs an id, a user and a generation")
	}
	ttl := s.policy().AccessTTL
	access, err := s.sign(state, ttl)
	if err != nil {
		failed(span, err)
		return core.Session{}, err
	}
	return core.Session{AccessToken: access, RefreshToken: s.Keys.RefreshToken(state.ID, state.Generation), ExpiresIn: ttl}, nil
}
