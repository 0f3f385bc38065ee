package identity

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Refresh takes a session to its next generation: new tokens for the refresh
// token, which is spent by that. A refresh token that was spent before ends the session, since
// then two parties hold it; of two calls at one time with one token, one gets new tokens
// and the other ends them. Every refusal is [core.Unauthenticated]. When a plugin fails closed
// the error is [core.Unavailable], and the refresh token is as good as before.
func (s *Service) Refresh(ctx context.Context, refresh core.Secret) (core.Session, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanRefresh)
	defer span.End()
	session, err := s.refresh(ctx, refresh)
	if err != nil {
		failed(span, err)
	}
	return session, err
}

func (s *Service) refresh(ctx context.Context, refresh core.Secret) (core.Session, error) {
	id, generation, ok := s.Keys.ReadRefreshToken(refresh)
	if !ok {
		return core.Session{}, unauthenticated("malformed_refresh_token")
	}
	// Before the token is spent: a plugin that fails closed must not cost the session.
	claims, err := s.foreseeRefresh(ctx, id, generation)
	if err != nil {
		return core.Session{}, err
	}
	state, err := s.Store.RotateSession(ctx, core.SessionRotation{
		SessionID: id, Generation: generation, TTL: s.policy().SessionTTL, Traceparent: signal.Inject(ctx),
	})
	if err != nil {
		return core.Session{}, err
	}
	return s.Issue(ctx, state, claims)
}

// foreseeRefresh asks about the session as it is; one that may not be refreshed is for
// the commit to refuse.
func (s *Service) foreseeRefresh(ctx context.Context, id core.ID, generation int) (core.Claims, error) {
	nobody := core.Claims{For: core.ClaimsCheck{Reason: core.SessionByRefresh}}
	if !s.Hooks.ClaimsBound(core.ID{}) {
		return nobody, nil
	}
	check, found, err := s.Store.SessionAt(ctx, id, generation)
	if err != nil || !found {
		return nobody, err
	}
	check.Reason = core.SessionByRefresh
	return s.Hooks.SessionClaims(ctx, check)
}
