package activation

import (
	"cmp"
	"context"

	"github.com/usher-id/usher/core"
)

// askActivate has the plugins look at an activation whose token is good, takes over what they
// change of the profile, and gives what they add to the session's token. Whatever they
// refuse, and whatever fails, leaves the token as it was.
func (s *Service) askActivate(ctx context.Context, in Activate, t core.TokenState, p *core.Activate) (core.Claims, error) {
	if err := s.askProfile(ctx, t, p); err != nil {
		return core.Claims{}, err
	}
	if setsPassword(in, t) {
		if err := s.askPassword(ctx, in.Password, t, p.Profile); err != nil {
			return core.Claims{}, err
		}
	}
	reason := core.SessionBySignIn
	if !t.Tenant.ID.IsZero() {
		reason = core.SessionByActivation
	}
	return s.Sessions.Foresee(ctx, core.ClaimsCheck{
		RunID: runOf(t), Release: t.Release, SessionID: p.Session.ID, UserID: cmp.Or(t.UserID, p.NewUserID), Role: t.Role, Tenant: tenantOf(t), Reason: reason,
	})
}

// askProfile asks about those who join a tenant; a link to an account that is active
// already changes nothing that a plugin could judge.
func (s *Service) askProfile(ctx context.Context, t core.TokenState, p *core.Activate) error {
	if t.Purpose != core.PurposeInvitation && t.Purpose != core.PurposeOwnerVerification {
		return nil
	}
	profile := t.Profile
	if !exists(t) {
		profile = core.Profile{DisplayName: cmp.Or(p.Profile.DisplayName, t.Profile.DisplayName), Locale: p.Profile.Locale}
	}
	patch, err := s.Hooks.ActivationValidate(ctx, core.ActivationCheck{
		RunID: runOf(t), Release: t.Release, Purpose: t.Purpose, Email: t.Email.Email, EmailDomain: t.Email.Domain, Role: t.Role,
		AccountExists: exists(t), Tenant: tenantOf(t), Profile: profile, Verdicts: &p.Verdicts,
	})
	if err != nil {
		return err
	}
	p.Profile.DisplayName = cmp.Or(patch.DisplayName, p.Profile.DisplayName)
	p.Profile.Locale = cmp.Or(patch.Locale, p.Profile.Locale)
	return nil
}

// askPassword asks about a new password, of which nothing but facts goes further.
func (s *Service) askPassword(ctx context.Context, password core.Secret, t core.TokenState, profile core.Profile) error {
	if !s.Hooks.PasswordBound(t.Tenant.ID) {
		return nil
	}
	facts, err := s.Passwords.Facts(password, core.PasswordContext{
		Email: t.Email.Email, DisplayName: cmp.Or(profile.DisplayName, t.Profile.DisplayName), Tenant: tenantOf(t),
	})
	if err != nil {
		return err
	}
	return s.Hooks.PasswordCheck(ctx, core.PasswordCheck{
		RunID: runOf(t), Release: t.Release, TenantID: t.Tenant.ID, Reset: t.Purpose == core.PurposePasswordReset, Facts: facts,
	})
}

// runOf is what the calls of plugins about one activation have in common, with those about
// its mail too.
func runOf(t core.TokenState) core.ID { return cmp.Or(t.Invitation, t.Tenant.ID, t.ID) }

func tenantOf(t core.TokenState) core.TenantRef {
	return core.TenantRef{ID: t.Tenant.ID, Name: t.Tenant.Name, Slug: t.Tenant.Slug}
}
