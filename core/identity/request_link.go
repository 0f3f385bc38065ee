package identity

import (
	"context"
	"errors"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
	"github.com/usher-id/usher/core/signal"
)

// RequestSignIn promises a sign-in link to the account of an address. The answer and
// its time are the same for an address that has none: the commit does work of the same kind,
// and no answer comes before [Config].LinkFloor. An error says that the address
// is none, or that the database is away.
func (s *Service) RequestSignIn(ctx context.Context, email string) error {
	return s.requestLink(ctx, email, s.policy().SignInTTL, core.PurposeSignIn, core.MessageSignIn, core.SignInRequested)
}

// RequestPasswordReset promises a link for a new password, as
// [Service.RequestSignIn] does.
func (s *Service) RequestPasswordReset(ctx context.Context, email string) error {
	return s.requestLink(ctx, email, s.policy().ResetTTL, core.PurposePasswordReset, core.MessagePasswordReset, core.ResetRequested)
}

func (s *Service) requestLink(
	ctx context.Context, email string, ttl time.Duration, purpose core.Purpose, kind core.MessageKind, event core.EventType,
) error {
	ctx, span := s.Tracer.Start(ctx, signal.SpanLink)
	defer span.End()
	span.SetAttributes(signal.AttrPurpose.String(string(purpose)))
	floor := time.NewTimer(s.linkFloor)
	defer floor.Stop()
	found, err := s.commitLink(ctx, email, ttl, purpose, kind, event)
	if err != nil {
		failed(span, err)
		return err
	}
	s.Mail.Wake() // also when there is nothing to do: it must not show
	outcome := "no_active_account"
	if found {
		outcome = "promised"
	}
	span.SetAttributes(signal.AttrOutcome.String(outcome))
	select {
	case <-floor.C:
	case <-ctx.Done():
	}
	return nil
}

func (s *Service) commitLink(
	ctx context.Context, email string, ttl time.Duration, purpose core.Purpose, kind core.MessageKind, event core.EventType,
) (found bool, err error) {
	to, err := address.Parse("email", email)
	if err != nil {
		return false, err
	}
	if purpose == core.PurposePasswordReset && s.Policy().NoPasswords {
		to.Key = "" // nobody's, and the answer is the same
	}
	now := s.Clock.Now()
	ref := core.TokenRef{ID: core.NewID(now), Version: 1, Purpose: purpose, KeyID: s.Keys.ActiveID()}
	token, err := s.Keys.Token(ref)
	if err != nil {
		return false, err
	}
	hash, ok := s.Keys.HashToken(token)
	if !ok {
		return false, errors.New("identity: a derived token does not read as a token")
	}
	return s.Store.RequestLink(ctx, core.LinkRequest{
		EmailKey: to.Key, Token: core.NewToken{TokenRef: ref, Hash: hash, TTL: ttl}, Kind: kind, Event: event,
		MessageID: core.NewID(now), Traceparent: signal.Inject(ctx),
	})
}
