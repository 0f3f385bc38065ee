package hook

import (
	"cmp"
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// ActivationValidate asks whether an account may become active with its profile. It
// gives what plugins want to have changed of it: an empty field changes nothing, and all are for
// an account that exists. With several plugins the first denial decides, and a later
// patch wins over an earlier one. Errors are those of [Hooks.SignupValidate].
func (h *Hooks) ActivationValidate(ctx context.Context, check core.ActivationCheck) (core.Profile, error) {
	v := verdict[hostapi.ActivationPatch, core.Profile]{
		what: "activation", heard: check.Verdicts, field: profileField, take: takeProfile,
		show: func(p core.Profile) any { return activationQuestion(check, p) },
	}
	patch, err := v.ask(ctx, h, Question{
		Hook: hostapi.HookActivationValidate, RunID: check.RunID.String(), Release: check.Release, TenantID: idOf(check.Tenant.ID),
	})
	if check.AccountExists {
		return core.Profile{}, err
	}
	return patch, err
}

func activationQuestion(c core.ActivationCheck, p core.Profile) hostapi.ActivationValidate {
	q := hostapi.ActivationValidate{
		Purpose: hostapi.ActivationPurpose(c.Purpose), Email: c.Email, EmailDomain: c.EmailDomain,
		Role: hostapi.Role(c.Role), AccountExists: c.AccountExists,
		Tenant:      hostapi.MessageTenant{Name: c.Tenant.Name, Slug: c.Tenant.Slug},
		DisplayName: c.Profile.DisplayName, Locale: c.Profile.Locale,
	}
	if !c.AccountExists {
		q.DisplayName, q.Locale = cmp.Or(p.DisplayName, q.DisplayName), cmp.Or(p.Locale, q.Locale)
	}
	return q
}

func takeProfile(to *core.Profile, p hostapi.ActivationPatch) error {
	next := *to
	var err error
	if next.DisplayName, err = patchedName(next.DisplayName, p.DisplayName); err != nil {
		return err
	}
	if next.Locale, err = patchedLocale(next.Locale, p.Locale); err != nil {
		return err
	}
	*to = next
	return nil
}

// profileField is where the caller of the API gave what a plugin found wrong.
func profileField(name string) (string, error) {
	switch name {
	case "display_name", "locale":
		return "profile." + name, nil
	}
	return name, nil
}
