package hook

import (
	"context"
	"errors"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// PasswordBound tells whether a plugin would be asked about a new password, so that
// nobody looks into one in vain.
func (h *Hooks) PasswordBound(tenant core.ID) bool {
	return h.bound(hostapi.HookPasswordCheck, tenant)
}

// PasswordCheck asks whether a new password is good enough, of which plugins are told
// facts alone. A denial is [core.ValidationFailed] on the field password; when a
// plugin fails, the step is [core.Unavailable] with the reason hook_failed, unless the
// policy is open.
func (h *Hooks) PasswordCheck(ctx context.Context, check core.PasswordCheck) error {
	purpose := hostapi.PasswordActivation
	if check.Reset {
		purpose = hostapi.PasswordReset
	}
	f := check.Facts
	question := hostapi.PasswordCheck{
		Purpose: purpose, SHA1Prefix: f.SHA1Prefix,
		Facts: hostapi.PasswordFacts{
			Length: f.Length, Distinct: f.Distinct, Lower: f.Lower, Upper: f.Upper, Digits: f.Digits, Other: f.Other,
			ContainsUser: f.ContainsUser, ContainsOrg: f.ContainsOrg,
		},
	}
	v := verdict[hostapi.PasswordVerdict, struct{}]{
		what: "password", field: passwordField,
		show: func(struct{}) any { return question },
		take: func(*struct{}, hostapi.PasswordVerdict) error { return nil },
	}
	_, err := v.ask(ctx, h, Question{
		Hook: hostapi.HookPasswordCheck, RunID: check.RunID.String(), Release: check.Release, TenantID: idOf(check.TenantID),
	})
	if core.CodeOf(err) == core.DeniedByPolicy { // a plugin that gives no reason
		return core.Invalid(core.FieldError{
			Field: "password", Code: "not_accepted", Message: "This password is not accepted. Choose another one.",
		}).Because("hook_denied")
	}
	return err
}

func passwordField(name string) (string, error) {
	if name != "password" {
		return "", errors.New("an error names another field than password")
	}
	return name, nil
}
