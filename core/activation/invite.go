package activation

import (
	"cmp"
	"context"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Invite is what an owner or admin sends to ask one address into their tenant.
type Invite struct {
	TenantID    core.ID
	Email       string
	Role        core.Role
	Locale      string
	Metadata    map[string]string
	RedirectURL string
	ExpiresIn   time.Duration // 0 for the default
	Idempotency core.Idempotency
}

// minInvitation is the shortest life that a caller may give an invitation.
const minInvitation = time.Minute

// Invite commits an invitation and promises its mail. Errors:
// [core.ValidationFailed]; [core.Unauthenticated] for a session that ended;
// [core.NotFound] for a foreign tenant; [core.Forbidden] for a role too low;
// [core.Conflict] for an address that is invited or belongs already. With plugins also
// [core.DeniedByPolicy], and [core.Unavailable] when one fails closed.
func (s *Service) Invite(ctx context.Context, a core.Actor, in Invite) (core.Invitation, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanInvite)
	defer span.End()
	start := time.Now()
	ctx = signal.WithTenant(ctx, in.TenantID.String())
	done, err := s.invite(ctx, a, in)
	if err != nil {
		s.failed(ctx, err)
		return core.Invitation{}, err
	}
	s.Signals.InvitationCreation(ctx, time.Since(start))
	if span.IsRecording() {
		span.SetAttributes(signal.AttrInvitationID.String(done.ID.String()))
	}
	return done, nil
}

func (s *Service) invite(ctx context.Context, a core.Actor, in Invite) (core.Invitation, error) {
	// 1. A token speaks for one tenant; any other does not exist for it.
	if a.TenantID != in.TenantID {
		return core.Invitation{}, foreign()
	}
	// 2. Clean what came.
	p, err := s.cleanInvite(a, in)
	if err != nil {
		return core.Invitation{}, err
	}
	// 3. Ask the plugins, if there are any, once it is known that the actor may invite.
	if s.Hooks.InvitationBound(in.TenantID) {
		first, replayed, err := s.askInvite(ctx, a, &p)
		if replayed || err != nil {
			return first, err
		}
	}
	// 4. Commit; the actor's right is read in the same statement.
	p.Traceparent = signal.Inject(ctx)
	done, err := s.Store.Invite(ctx, p)
	if err != nil {
		return core.Invitation{}, err
	}
	if done.ID != p.Invitation.ID { // a replay: the first call did it all
		return done, nil
	}
	s.Mail.Wake()
	s.Signals.Funnel(ctx, signal.InvitationCreated)
	s.Log.InfoContext(ctx, "invitation created", "invitation_id", done.ID.String(), "role", string(done.Role))
	return done, nil
}

// askInvite has the plugins look at an invitation and takes over what they change. One that
// was made before with this idempotency key is given again, whatever they would say today.
func (s *Service) askInvite(ctx context.Context, a core.Actor, p *core.Invite) (first core.Invitation, replayed bool, err error) {
	role, err := s.Store.MayManage(ctx, a, p.Invitation.TenantID)
	if err != nil {
		return first, false, err
	}
	if first, replayed, err = s.Store.ReplayInvite(ctx, *p); replayed || err != nil {
		return first, replayed, err
	}
	return first, false, s.validateInvite(ctx, p, role, false)
}

// validateInvite asks the plugins about an invitation and takes over what they change.
func (s *Service) validateInvite(ctx context.Context, p *core.Invite, inviter core.Role, bulk bool) error {
	i := &p.Invitation
	patch, err := s.Hooks.InvitationValidate(ctx, core.InvitationCheck{
		RunID: i.ID, Release: p.Release, TenantID: i.TenantID, ActorID: p.Actor.UserID, InviterRole: inviter, Email: i.Email, EmailDomain: p.Address.Domain,
		Role: i.Role, Locale: i.Locale, ExpiresIn: p.TTL, Metadata: i.Metadata, Bulk: bulk, Verdicts: &p.Verdicts,
	})
	if err != nil {
		return err
	}
	if patch.ExpiresIn != 0 {
		p.TTL, p.Token.TTL = patch.ExpiresIn, patch.ExpiresIn
	}
	i.Role, i.Locale = cmp.Or(patch.Role, i.Role), cmp.Or(patch.Locale, i.Locale)
	if patch.Metadata != nil {
		i.Metadata = patch.Metadata
	}
	return nil
}

func (s *Service) cleanInvite(a core.Actor, in Invite) (core.Invite, error) {
	policy := s.Policy()
	var check fields
	mail := check.invitation(&in, policy)
	ttl := check.life("expires_in", in.ExpiresIn, policy)
	if err := check.err(); err != nil {
		return core.Invite{}, err
	}
	return s.newInvite(a, in, mail, ttl)
}

// invitation checks what is there, and writes it as it is kept.
func (f *fields) invitation(in *Invite, policy Policy) core.Address {
	mail := f.address("email", in.Email)
	if in.Role != core.RoleAdmin && in.Role != core.RoleMember {
		f.add("role", "invalid", `A role is "admin" or "member"; ownership is transferred, not invited.`)
	}
	in.Locale = f.locale("locale", in.Locale)
	in.RedirectURL = f.redirect("redirect_url", in.RedirectURL, policy.RedirectHosts)
	f.metadata("metadata", in.Metadata)
	return mail
}

// life is how long an invitation lives.
func (f *fields) life(field string, asked time.Duration, policy Policy) time.Duration {
	if asked == 0 { // the operator's choice may be shorter than a caller's
		return policy.InvitationTTL
	}
	if asked < minInvitation || asked > policy.MaxInvitation {
		f.add(field, "out_of_range", "Use 60 seconds to "+policy.MaxInvitation.String()+", in seconds.")
	}
	return asked
}

// newInvite makes the invitation and its token of what was checked.
func (s *Service) newInvite(a core.Actor, in Invite, mail core.Address, ttl time.Duration) (core.Invite, error) {
	now := s.Clock.Now()
	token, err := s.newToken(core.TokenRef{
		ID: core.NewID(now), Version: 1, Purpose: core.PurposeInvitation, KeyID: s.Keys.ActiveID(),
	}, ttl)
	if err != nil {
		return core.Invite{}, err
	}
	return core.Invite{
		Invitation: core.Invitation{
			ID: core.NewID(now), TenantID: in.TenantID, Email: mail.Email, Role: in.Role, Locale: in.Locale,
			Metadata: in.Metadata, RedirectURL: in.RedirectURL, InvitedBy: a.UserID,
		},
		Address: mail, TTL: ttl, Token: token, Actor: a, MessageID: core.NewID(now), Release: s.Hooks.Release(), Idempotency: in.Idempotency,
	}, nil
}

func foreign() error {
	return core.E(core.NotFound, "There is no such tenant.").Because("foreign_tenant")
}
