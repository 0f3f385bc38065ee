package hook

import (
	"context"
	"fmt"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// maxSlug bounds the slug that a plugin may give a signup, in bytes.
const maxSlug = 63

// SignupValidate asks whether a signup may become a tenant. With several plugins
// each sees the signup as those before it patched it, and the first denial decides.
//
// A denial is [core.ValidationFailed] with the plugin's field errors, or
// [core.DeniedByPolicy] when there are none. When a plugin fails, the signup is
// [core.Unavailable] with the reason hook_failed, unless the policy is open. The
// slug is bounded but not validated: one of a plugin is as good as one of a visitor.
func (h *Hooks) SignupValidate(ctx context.Context, check core.SignupCheck) (core.SignupPatch, error) {
	v := verdict[hostapi.SignupPatch, core.SignupPatch]{
		what: "signup", take: takeSignup,
		show: func(p core.SignupPatch) any { return signupQuestion(check, p) },
	}
	return v.ask(ctx, h, Question{Hook: hostapi.HookSignupValidate, RunID: check.RunID.String(), Release: check.Release})
}

func signupQuestion(c core.SignupCheck, p core.SignupPatch) hostapi.SignupValidate {
	q := hostapi.SignupValidate{
		Email: c.Email, EmailDomain: c.EmailDomain, OrganizationName: c.OrganizationName,
		Slug: c.Slug, DisplayName: c.DisplayName, Locale: c.Locale, Metadata: c.Metadata,
	}
	if p.Slug != nil {
		q.Slug = *p.Slug
	}
	if p.Metadata != nil {
		q.Metadata = p.Metadata
	}
	return q
}

func takeSignup(to *core.SignupPatch, p hostapi.SignupPatch) error {
	if p.Slug != nil && (*p.Slug == "" || len(*p.Slug) > maxSlug) {
		return fmt.Errorf("the slug is empty or longer than %d bytes", maxSlug)
	}
	metadata, err := patchedMetadata(to.Metadata, p.Metadata)
	if err != nil {
		return err
	}
	to.Metadata = metadata
	if p.Slug != nil {
		to.Slug = p.Slug
	}
	return nil
}
