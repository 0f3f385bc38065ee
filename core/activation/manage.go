package activation

import (
	"context"
	"fmt"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
	"github.com/usher-id/usher/core/signal"
)

// The sizes of a page of a listing.
const (
	DefaultPage = 50 // when the caller does not choose
	MaxPage     = 200
)

// Resend gives an invitation a new link and promises a new mail; the link before
// dies in the same commit. The invitation's life begins anew.
func (s *Service) Resend(ctx context.Context, a core.Actor, tenant, invitation core.ID) error {
	ctx, span := s.Tracer.Start(ctx, signal.SpanResend)
	defer span.End()
	ctx = signal.WithTenant(ctx, tenant.String())
	if err := s.resend(ctx, a, tenant, invitation); err != nil {
		s.failed(ctx, err)
		return err
	}
	s.Mail.Wake()
	s.Log.InfoContext(ctx, "invitation resent", "invitation_id", invitation.String())
	return nil
}

func (s *Service) resend(ctx context.Context, a core.Actor, tenant, invitation core.ID) error {
	if a.TenantID != tenant {
		return foreign()
	}
	return s.Store.Resend(ctx, core.Resend{
		Actor: a, TenantID: tenant, InvitationID: invitation, MaxLife: s.Policy().MaxInvitation,
		KeyID: s.Keys.ActiveID(), HashOf: s.hashOf,
		MessageID: core.NewID(s.Clock.Now()), Traceparent: signal.Inject(ctx),
	})
}

// Revoke ends a pending invitation; its link dies in the same commit.
func (s *Service) Revoke(ctx context.Context, a core.Actor, tenant, invitation core.ID) error {
	ctx, span := s.Tracer.Start(ctx, signal.SpanRevoke)
	defer span.End()
	ctx = signal.WithTenant(ctx, tenant.String())
	err := foreign()
	if a.TenantID == tenant {
		err = s.Store.Revoke(ctx, a, tenant, invitation, signal.Inject(ctx))
	}
	if err != nil {
		s.failed(ctx, err)
		return err
	}
	s.Log.InfoContext(ctx, "invitation revoked", "invitation_id", invitation.String())
	return nil
}

// Invitations gives one page of the tenant's invitations, newest first.
func (s *Service) Invitations(ctx context.Context, a core.Actor, tenant core.ID, f core.InvitationFilter) (core.Page[core.Invitation], error) {
	var check fields
	f.Limit = check.limit(f.Limit)
	switch f.Status {
	case "", core.InvitationPending, core.InvitationAccepted, core.InvitationRevoked, core.InvitationExpired:
	default:
		check.add("status", "invalid", "A status is pending, accepted, revoked or expired.")
	}
	if f.EmailKey != "" {
		mail, err := address.Parse("email", f.EmailKey)
		if err != nil {
			check.add("email", "invalid", "This is not an e-mail address.")
		}
		f.EmailKey = mail.Key
	}
	if err := s.mayManage(ctx, a, tenant, check); err != nil {
		return core.Page[core.Invitation]{}, err
	}
	return s.Store.Invitations(ctx, tenant, f)
}

// Invitation gives one invitation of the tenant.
func (s *Service) Invitation(ctx context.Context, a core.Actor, tenant, id core.ID) (core.Invitation, error) {
	if err := s.mayManage(ctx, a, tenant, nil); err != nil {
		return core.Invitation{}, err
	}
	return s.Store.Invitation(ctx, tenant, id)
}

// Timeline tells the story of one invitation of the tenant, without what failed.
func (s *Service) Timeline(ctx context.Context, a core.Actor, tenant, id core.ID) ([]core.Step, error) {
	if err := s.mayManage(ctx, a, tenant, nil); err != nil {
		return nil, err
	}
	return s.Store.Timeline(ctx, tenant, id, false)
}

// Events gives one page of the tenant's own events in the order of their commits.
func (s *Service) Events(ctx context.Context, a core.Actor, tenant core.ID, cursor string, limit int) (core.Page[core.Event], error) {
	var check fields
	limit = check.limit(limit)
	if err := s.mayManage(ctx, a, tenant, check); err != nil {
		return core.Page[core.Event]{}, err
	}
	return s.Store.Events(ctx, core.EventFilter{TenantID: tenant}, cursor, limit)
}

// MayManage gives no error while the actor may manage the tenant: for who does so for long, such as the reader of a stream.
func (s *Service) MayManage(ctx context.Context, a core.Actor, tenant core.ID) error {
	return s.mayManage(ctx, a, tenant, fields{})
}

func (f *fields) limit(n int) int {
	if n < 0 || n > MaxPage {
		f.add("limit", "out_of_range", fmt.Sprintf("Use 1 to %d.", MaxPage))
	}
	if n == 0 {
		return DefaultPage
	}
	return n
}

// mayManage asks for the right before it speaks of fields, so that a stranger
// learns nothing about either.
func (s *Service) mayManage(ctx context.Context, a core.Actor, tenant core.ID, check fields) error {
	if a.TenantID != tenant {
		return foreign()
	}
	if _, err := s.Store.MayManage(ctx, a, tenant); err != nil {
		return err
	}
	return check.err()
}
