package identity

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
	"github.com/usher-id/usher/core/signal"
)

// SignIn starts a session for an address and its password, in the tenant that the
// person used last. Every refusal is [core.InvalidCredentials], after the same work, whether
// the address has no account, one without a password, or another password. When a plugin
// fails closed the error is [core.Unavailable], for a right password alone.
func (s *Service) SignIn(ctx context.Context, email string, password core.Secret) (core.Session, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanSignIn)
	defer span.End()
	session, err := s.signIn(ctx, email, password)
	if err != nil {
		failed(span, err)
	}
	return session, err
}

func (s *Service) signIn(ctx context.Context, email string, password core.Secret) (core.Session, error) {
	// 1. Find the account.
	to, err := address.Parse("email", email)
	if err != nil {
		return core.Session{}, err
	}
	account, found, err := s.Store.Account(ctx, to.Key)
	if err != nil {
		return core.Session{}, err
	}
	// 2. Check the password, or nobody's.
	if refusal := refusal(account, found); refusal != "" {
		if err := s.Hasher.VerifyNothing(ctx, password); err != nil {
			return core.Session{}, err
		}
		return core.Session{}, invalidCredentials(refusal)
	}
	right, err := s.Hasher.Verify(ctx, account.PasswordHash, password)
	if err != nil {
		return core.Session{}, err
	}
	if !right {
		return core.Session{}, invalidCredentials("wrong_password")
	}
	// 3. Ask what the token is to say besides, before there is a session.
	session := core.NewSession{ID: core.NewID(s.Clock.Now()), TTL: s.policy().SessionTTL}
	claims, err := s.Foresee(ctx, core.ClaimsCheck{SessionID: session.ID, UserID: account.User.ID, Reason: core.SessionBySignIn})
	if err != nil {
		return core.Session{}, err
	}
	// 4. Commit the session, if the account is still what it was.
	state, ok, err := s.Store.StartSession(ctx, core.SessionStart{
		UserID: account.User.ID, VerifiedHash: account.PasswordHash, Traceparent: signal.Inject(ctx), Session: session,
	})
	if err != nil {
		return core.Session{}, err
	}
	if !ok {
		return core.Session{}, invalidCredentials("account_changed")
	}
	// 5. Bring an old hash to today's cost while the password is at hand.
	s.upgrade(ctx, account, password)
	return s.Issue(ctx, state, claims)
}

// refusal says why no password can be right; "" when one can.
func refusal(a core.Account, found bool) string {
	switch {
	case !found:
		return "unknown_account"
	case a.User.Status == core.UserPending:
		return "account_pending"
	case a.User.Status != core.UserActive:
		return "account_disabled"
	case a.PasswordHash == "":
		return "no_password"
	}
	return ""
}

func invalidCredentials(reason string) error {
	return core.E(core.InvalidCredentials, "This e-mail address and password do not go together.").Because(reason)
}

// upgrade is worth a try and no more: the next sign-in comes by here too.
func (s *Service) upgrade(ctx context.Context, a core.Account, password core.Secret) {
	if !s.Hasher.NeedsRehash(a.PasswordHash) {
		return
	}
	upgraded, err := s.Hasher.Hash(ctx, password)
	if err == nil {
		err = s.Store.UpgradeHash(ctx, a.User.ID, a.PasswordHash, upgraded)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "password hash not upgraded", "user_id", a.User.ID, "error", err)
	}
}
