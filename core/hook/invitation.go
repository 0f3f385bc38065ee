package hook

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// minInvitation is the shortest life that a plugin may give an invitation.
const minInvitation = time.Minute

// InvitationBound tells whether a plugin would be asked about an invitation into the
// tenant, so that what it is to be shown need not be read in vain.
func (h *Hooks) InvitationBound(tenant core.ID) bool {
	return h.bound(hostapi.HookInvitationValidate, tenant)
}

// InvitationValidate asks whether somebody may be invited. With several plugins the
// first denial decides; the shortest life and the lowest role hold, and of the rest a
// later patch wins over an earlier one. Errors are those of [Hooks.SignupValidate].
func (h *Hooks) InvitationValidate(ctx context.Context, check core.InvitationCheck) (core.InvitationPatch, error) {
	v := verdict[hostapi.InvitationPatch, core.InvitationPatch]{
		what: "invitation", heard: check.Verdicts,
		show: func(p core.InvitationPatch) any { return invitationQuestion(check, p) },
		take: func(to *core.InvitationPatch, p hostapi.InvitationPatch) error { return takeInvitation(to, p, check) },
	}
	return v.ask(ctx, h, Question{
		Hook: hostapi.HookInvitationValidate, RunID: check.RunID.String(), Release: check.Release, TenantID: check.TenantID.String(),
		Actor: hostapi.Actor{Kind: hostapi.ActorUser, ID: check.ActorID.String()},
	})
}

func invitationQuestion(c core.InvitationCheck, p core.InvitationPatch) hostapi.InvitationValidate {
	q := hostapi.InvitationValidate{
		Email: c.Email, EmailDomain: c.EmailDomain, Role: hostapi.Role(cmp.Or(p.Role, c.Role)), InviterRole: hostapi.Role(c.InviterRole),
		Locale: cmp.Or(p.Locale, c.Locale), ExpiresIn: int64(cmp.Or(p.ExpiresIn, c.ExpiresIn) / time.Second), Metadata: c.Metadata, Bulk: c.Bulk,
	}
	if p.Metadata != nil {
		q.Metadata = p.Metadata
	}
	return q
}

func takeInvitation(to *core.InvitationPatch, p hostapi.InvitationPatch, asked core.InvitationCheck) error {
	next := *to
	if p.ExpiresIn != nil {
		if *p.ExpiresIn < int64(minInvitation/time.Second) || *p.ExpiresIn > int64(asked.ExpiresIn/time.Second) {
			return fmt.Errorf("expires_in is not between %d and the %d seconds that were asked for",
				minInvitation/time.Second, asked.ExpiresIn/time.Second)
		}
		if life := time.Duration(*p.ExpiresIn) * time.Second; next.ExpiresIn == 0 || life < next.ExpiresIn {
			next.ExpiresIn = life
		}
	}
	if p.Role != nil {
		role := core.Role(*p.Role)
		if role.Rank() == 0 || role.Rank() > asked.Role.Rank() {
			return fmt.Errorf("the role is none, or higher than the role %s that was asked for", asked.Role)
		}
		if next.Role == "" || role.Rank() < next.Role.Rank() {
			next.Role = role
		}
	}
	var err error
	if next.Locale, err = patchedLocale(next.Locale, p.Locale); err != nil {
		return err
	}
	if next.Metadata, err = patchedMetadata(next.Metadata, p.Metadata); err != nil {
		return err
	}
	*to = next
	return nil
}
