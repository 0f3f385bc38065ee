package hook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// The bounds of what a plugin may add to a signup.
const (
	maxMetadata      = 50   // members
	maxMetadataBytes = 8192 // names and values together
	maxSlug          = 63
)

// tryAgain is when a signup that a broken plugin stopped may be tried again.
const tryAgain = 5 * time.Second

// SignupValidate asks whether a signup may become a tenant. With several
// plugins the first denial decides, and a later patch wins over an earlier one.
//
// A denial is a [core.Error]: [core.ValidationFailed] with the plugin's field
// errors, or [core.DeniedByPolicy] when there are none. When a plugin fails, the
// signup is [core.Unavailable] with the reason hook_failed, unless the policy is
// open. The patch is bounded but not validated: a slug of a plugin is as good as
// one of a visitor.
func (h *Hooks) SignupValidate(ctx context.Context, check core.SignupCheck) (core.SignupPatch, error) {
	data, err := json.Marshal(hostapi.SignupValidate{
		Email: check.Email, EmailDomain: check.EmailDomain, OrganizationName: check.OrganizationName,
		Slug: check.Slug, DisplayName: check.DisplayName, Locale: check.Locale, Metadata: check.Metadata,
	})
	if err != nil {
		return core.SignupPatch{}, fmt.Errorf("encode the signup for its hook: %w", err)
	}
	var verdict signupVerdict
	_, err = h.ask(ctx, Question{Hook: hostapi.HookSignupValidate, RunID: check.RunID.String(), Data: data, Judge: verdict.judge})
	if err != nil {
		if h.policies[hostapi.HookSignupValidate] == Open {
			return core.SignupPatch{}, nil
		}
		failed := core.E(core.Unavailable, "This signup cannot be checked right now. Please try again shortly.").Because("hook_failed").Caused(err)
		failed.RetryAfter = tryAgain
		return core.SignupPatch{}, failed
	}
	return verdict.patch, verdict.denial()
}

// signupVerdict collects the answers to one signup.
type signupVerdict struct {
	patch  core.SignupPatch
	denied bool
	fields []core.FieldError
}

func (v *signupVerdict) judge(output []byte) (hostapi.Outcome, error) {
	o, err := decode[hostapi.SignupPatch](output)
	if err != nil {
		return "", err
	}
	if o.Outcome == hostapi.Deny {
		v.denied = true
		v.fields, err = fieldErrors(o.Errors)
		return o.Outcome, err
	}
	return o.Outcome, v.merge(o.Data)
}

func (v *signupVerdict) merge(p hostapi.SignupPatch) error {
	if p.Slug != nil {
		if *p.Slug == "" || len(*p.Slug) > maxSlug {
			return fmt.Errorf("the slug is empty or longer than %d bytes", maxSlug)
		}
		v.patch.Slug = p.Slug
	}
	if p.Metadata == nil {
		return nil
	}
	size := 0
	for name, value := range p.Metadata {
		size += len(name) + len(value)
	}
	if len(p.Metadata) > maxMetadata || size > maxMetadataBytes {
		return errors.New("the metadata is too large")
	}
	if v.patch.Metadata == nil {
		v.patch.Metadata = make(map[string]string, len(p.Metadata))
	}
	maps.Copy(v.patch.Metadata, p.Metadata)
	return nil
}

// denial is what a denied signup is told.
func (v *signupVerdict) denial() error {
	switch {
	case !v.denied:
		return nil
	case len(v.fields) > 0:
		return core.Invalid(v.fields...).Because("hook_denied")
	}
	return core.E(core.DeniedByPolicy, "This signup is not allowed.").Because("hook_denied")
}
