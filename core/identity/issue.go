package identity

import (
	"context"
	"errors"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Issue makes the two tokens of a session that was committed. It stores nothing:
// the same grant gives the same refresh token again.
func (s *Service) Issue(ctx context.Context, g core.SessionGrant) (core.Session, error) {
	_, span := s.Tracer.Start(ctx, signal.SpanSession)
	defer span.End()
	if g.SessionID.IsZero() || g.UserID.IsZero() || g.Generation < 1 {
		return core.Session{}, errors.New("identity: a grant needs a session, a user and a generation")
	}
	ttl := s.policy().AccessTTL
	access, err := s.sign(g, ttl)
	if err != nil {
		failed(span, err)
		return core.Session{}, err
	}
	return core.Session{AccessToken: access, RefreshToken: s.Keys.RefreshToken(g.SessionID, g.Generation), ExpiresIn: ttl}, nil
}

// issue does so for the state of a session.
func (s *Service) issue(ctx context.Context, state core.SessionState) (core.Session, error) {
	return s.Issue(ctx, core.SessionGrant{
		SessionID: state.ID, UserID: state.UserID, TenantID: state.TenantID, Role: state.Role, Generation: state.Generation,
	})
}
