package identity

import (
	"context"
	"errors"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Foresee asks the plugins what the access token of a session will say besides, before
// that session is committed: one that fails closed then costs an answer and no
// token. Whoever asks tells what is known of the session; the role and, for somebody who signs
// in, the tenant are looked up. Error: [core.Unavailable] when a plugin fails closed.
func (s *Service) Foresee(ctx context.Context, check core.ClaimsCheck) (core.Claims, error) {
	if !s.Hooks.ClaimsBound(check.Tenant.ID) {
		return core.Claims{For: check}, nil
	}
	if check.Role == "" {
		place, found, err := s.Store.Place(ctx, check.UserID, check.Tenant.ID)
		switch {
		case err != nil:
			return core.Claims{}, err
		case !found && !check.Tenant.ID.IsZero(): // the commit will say so
			return core.Claims{For: check}, nil
		}
		check.Tenant, check.Role = place.Tenant, place.Role
	}
	return s.Hooks.SessionClaims(ctx, check)
}

// Issue makes the two tokens of a session that was committed. It stores nothing:
// the same state gives the same refresh token again. Claims that were asked for another
// session than came to be are asked for again.
func (s *Service) Issue(ctx context.Context, state core.SessionState, claims core.Claims) (core.Session, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanSession)
	defer span.End()
	session, err := s.issue(ctx, state, claims)
	if err != nil {
		failed(span, err)
	}
	return session, err
}

func (s *Service) issue(ctx context.Context, state core.SessionState, claims core.Claims) (core.Session, error) {
	if state.ID.IsZero() || state.UserID.IsZero() || state.Generation < 1 {
		return core.Session{}, errors.New("identity: a session needs an id, a user and a generation")
	}
	claims, err := s.claimsOf(ctx, state, claims)
	if err != nil {
		return core.Session{}, err
	}
	ttl := s.policy().AccessTTL
	access, err := s.sign(state, claims.JSON, ttl)
	if err != nil {
		return core.Session{}, err
	}
	return core.Session{AccessToken: access, RefreshToken: s.Keys.RefreshToken(state.ID, state.Generation), ExpiresIn: ttl}, nil
}

// claimsOf gives the claims of a session that was committed: those that were foreseen,
// unless it became another one meanwhile.
func (s *Service) claimsOf(ctx context.Context, state core.SessionState, foreseen core.Claims) (core.Claims, error) {
	f := foreseen.For
	if f.SessionID == state.ID && f.UserID == state.UserID && f.Tenant.ID == state.TenantID && f.Role == state.Role {
		return foreseen, nil
	}
	check := core.ClaimsCheck{SessionID: state.ID, UserID: state.UserID, Tenant: core.TenantRef{ID: state.TenantID}, Reason: f.Reason}
	if state.TenantID.IsZero() && s.Hooks.ClaimsBound(core.ID{}) { // nowhere, rather than where it is not known
		return s.Hooks.SessionClaims(ctx, check)
	}
	return s.Foresee(ctx, check)
}
