package activation

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Inspection is what the bearer of a token may know before using it.
type Inspection struct {
	Purpose          core.Purpose
	Tenant           core.TenantRef
	Branding         core.Branding // that holds for the link
	EmailHint        string
	AccountExists    bool
	PasswordRequired bool
	Fields           []string // what the form asks for
	ExpiresAt        time.Time
}

// Inspect tells what a token would do, and changes nothing however often it is
// asked. Every token that may not be spent is [core.InvalidToken]; the true reason is for
// log, trace and metric.
func (s *Service) Inspect(ctx context.Context, token core.Secret) (Inspection, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanInspect)
	defer span.End()
	state, err := s.validate(ctx, token)
	if err != nil {
		s.refusedVisit(ctx, token, err)
		s.failed(ctx, err)
		return Inspection{}, err
	}
	policy := s.Policy()
	in := Inspection{
		Purpose:       state.Purpose,
		Tenant:        tenantOf(state),
		Branding:      brandingOf(state.Tenant, policy.Branding),
		EmailHint:     state.Email.Hint(),
		AccountExists: exists(state),
		ExpiresAt:     state.ExpiresAt,
	}
	in.PasswordRequired = needsPassword(state, policy)
	in.Fields = formFields(state, policy)
	return in, nil
}

// validate looks a token up and refuses it with its true reason inside.
func (s *Service) validate(ctx context.Context, token core.Secret) (core.TokenState, error) {
	start := time.Now()
	state, err := s.lookUp(ctx, token)
	reason := state.Refusal
	if err != nil {
		reason = core.ReasonOf(err)
	}
	s.Signals.TokenValidation(ctx, time.Since(start), signal.TokenOutcomeOf(reason))
	if err != nil {
		return state, err
	}
	trace.SpanFromContext(ctx).AddLink(signal.Link(state.Traceparent))
	if !state.Tenant.ID.IsZero() {
		signal.WithTenant(ctx, state.Tenant.ID.String())
	}
	if reason != "" {
		return state, refused(reason)
	}
	return state, nil
}

func (s *Service) lookUp(ctx context.Context, token core.Secret) (core.TokenState, error) {
	hash, ok := s.Keys.HashToken(token)
	if !ok {
		return core.TokenState{Refusal: "unknown_token"}, nil
	}
	return s.Store.Inspect(ctx, hash)
}

// refused is the one public answer for every bad token.
func refused(reason string) error {
	return core.E(core.InvalidToken, "This link is not valid any more. Ask for a new one.").Because(reason)
}

// exists tells whether the address has an account that somebody has proved before.
func exists(t core.TokenState) bool { return t.UserStatus == core.UserActive }

// needsPassword tells whether the form must ask for a password: a new one, or for
// an account that has one its own as proof.
func needsPassword(t core.TokenState, p Policy) bool {
	switch {
	case t.Purpose == core.PurposePasswordReset:
		return true
	case t.Purpose == core.PurposeSignIn:
		return false
	case exists(t):
		return t.HasPassword
	}
	return p.Password == PasswordRequired
}

func formFields(t core.TokenState, p Policy) []string {
	fields := []string{}
	if !exists(t) {
		fields = append(fields, "display_name")
	}
	if needsPassword(t, p) || !exists(t) && p.Password == PasswordOptional {
		fields = append(fields, "password")
	}
	return fields
}
