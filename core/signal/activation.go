package signal

import (
	"context"
	"time"
)

// Signup counts one attempt to sign up.
func (s *Signals) Signup(ctx context.Context, o SignupOutcome) {
	s.signups.Add(ctx, 1, s.labels.signup.adds(ctx, o)...)
}

// Funnel counts one person who reached a step.
func (s *Signals) Funnel(ctx context.Context, step Step) {
	s.funnel.Add(ctx, 1, s.labels.step.adds(ctx, step)...)
}

// ActivationError counts one step of activation that went wrong; a type outside
// the list counts as [ErrorOther].
func (s *Signals) ActivationError(ctx context.Context, t ErrorType) {
	s.errors.Add(ctx, 1, s.labels.errorType.adds(ctx, t)...)
}

// Provisioned records how long it took to provision a tenant and its owner.
func (s *Signals) Provisioned(ctx context.Context, d time.Duration) {
	s.provision.Record(ctx, d.Seconds(), s.labels.bare.records(ctx, bare{})...)
}

// TokenValidation records how long a token's validation took and what it found.
func (s *Signals) TokenValidation(ctx context.Context, d time.Duration, o TokenOutcome) {
	s.validation.Record(ctx, d.Seconds(), s.labels.token.records(ctx, o)...)
}

// InvitationCreation records how long it took to create an invitation.
func (s *Signals) InvitationCreation(ctx context.Context, d time.Duration) {
	s.invitations.Record(ctx, d.Seconds(), s.labels.bare.records(ctx, bare{})...)
}

// HashQueueWait records how long a password waited for its turn to be hashed;
// [Failed] is one that gave up waiting.
func (s *Signals) HashQueueWait(ctx context.Context, d time.Duration, r Result) {
	s.hashWait.Record(ctx, d.Seconds(), s.labels.result.records(ctx, r)...)
}

// Hashed records how long one hash took, its wait left out.
func (s *Signals) Hashed(ctx context.Context, d time.Duration) {
	s.hashTime.Record(ctx, d.Seconds(), s.labels.bare.records(ctx, bare{})...)
}
