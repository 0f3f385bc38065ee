package identity

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// SwitchTenant takes the actor's session to another tenant in which the person is
// active, and to its next generation: the tokens given here replace those before. Any
// other tenant is [core.NotFound], a session that has ended [core.Unauthenticated]. When
// a plugin fails closed the error is [core.Unavailable], and the session stays where it is.
func (s *Service) SwitchTenant(ctx context.Context, a core.Actor, tenantID core.ID) (core.Session, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanSwitch)
	defer span.End()
	session, err := s.switchTenant(ctx, a, tenantID)
	if err != nil {
		failed(span, err)
	}
	return session, err
}

func (s *Service) switchTenant(ctx context.Context, a core.Actor, tenantID core.ID) (core.Session, error) {
	claims, err := s.Foresee(ctx, core.ClaimsCheck{
		SessionID: a.SessionID, UserID: a.UserID, Tenant: core.TenantRef{ID: tenantID}, Reason: core.SessionBySwitch,
	})
	if err != nil {
		return core.Session{}, err
	}
	state, err := s.Store.SwitchTenant(ctx, core.TenantSwitch{
		Actor: a, TenantID: tenantID, TTL: s.policy().SessionTTL, Traceparent: signal.Inject(ctx),
	})
	if err != nil {
		return core.Session{}, err
	}
	return s.Issue(ctx, state, claims)
}
