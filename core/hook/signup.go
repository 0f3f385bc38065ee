package hook

import (
	"context"
	"errors"
	"fmt"
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

// SignupValidate asks whether a signup may become a tenant. With several plugins
// each sees the signup as those before it patched it, and the first denial decides.
//
// A denial is a [core.Error]: [core.ValidationFailed] with the plugin's field
// errors, or [core.DeniedByPolicy] when there are none. When a plugin fails, the
// signup is [core.Unavailable] with the reason hook_failed, unless its policy is
// open. The patch is bounded but not validated: a slug of a plugin is as good as
// one of a visitor.
func (h *Hooks) SignupValidate(ctx context.Context, check core.SignupCheck) (core.SignupPatch, error) {
	verdict := signupVerdict{check: check}
	data, err := verdict.question()
	if err != nil {
		return core.SignupPatch{}, err
	}
	_, err = h.ask(ctx, Question{
		Hook: hostapi.HookSignupValidate, RunID: check.RunID.String(), Data: data, Judge: verdict.judge, Next: verdict.next,
	})
	if err != nil {
		failed := core.E(core.Unavailable, "This signup cannot be checked right now. Please try again shortly.").Because("hook_failed").Caused(err)
		failed.RetryAfter = tryAgain
		return core.SignupPatch{}, failed
	}
	return verdict.patch, verdict.denial()
}

// signupVerdict collects the answers to one signup.
type signupVerdict struct {
	check  core.SignupCheck
	patch  core.SignupPatch
	denied bool
	fields []core.FieldError
}

// question is the signup as it stands with the patches so far.
func (v *signupVerdict) question() ([]byte, error) {
	q := hostapi.SignupValidate{
		Email: v.check.Email, EmailDomain: v.check.EmailDomain, OrganizationName: v.check.OrganizationName,
		Slug: v.check.Slug, DisplayName: v.check.DisplayName, Locale: v.check.Locale, Metadata: v.check.Metadata,
	}
	if v.patch.Slug != nil {
		q.Slug = *v.patch.Slug
	}
	if v.patch.Metadata != nil {
		q.Metadata = v.patch.Metadata
	}
	data, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode the signup for its hook: %w", err)
	}
	return data, nil
}

func (v *signupVerdict) next() ([]byte, error) {
	if v.patch.Slug == nil && v.patch.Metadata == nil {
		return nil, nil
	}
	return v.question()
}

func (v *signupVerdict) judge(output []byte) (hostapi.Outcome, error) {
	o, err := decode[hostapi.SignupPatch](output)
	if err != nil {
		return "", err
	}
	if o.Outcome != hostapi.Deny {
		return o.Outcome, v.merge(o.Data)
	}
	fields, err := fieldErrors(o.Errors)
	if err != nil {
		return "", err
	}
	v.denied, v.fields = true, fields
	return o.Outcome, nil
}

// merge takes a patch over, whole or not at all.
func (v *signupVerdict) merge(p hostapi.SignupPatch) error {
	if p.Slug != nil && (*p.Slug == "" || len(*p.Slug) > maxSlug) {
		return fmt.Errorf("the slug is empty or longer than %d bytes", maxSlug)
	}
	size := 0
	for name, value := range p.Metadata {
		size += len(name) + len(value)
	}
	if len(p.Metadata) > maxMetadata || size > maxMetadataBytes {
		return errors.New("the metadata is too large")
	}
	if p.Slug != nil {
		v.patch.Slug = p.Slug
	}
	if p.Metadata != nil {
		v.patch.Metadata = p.Metadata
	}
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
