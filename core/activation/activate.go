package activation

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Activate is what the person behind a link sends: the token, and of the rest only what
// the purpose asks for. Tenant, address, role and redirect come from the token's rows.
type Activate struct {
	Token       core.Secret
	Password    core.Secret
	Profile     core.Profile
	Actor       *core.Actor // the session that came with the request, if one did
	Idempotency core.Idempotency
}

// Activated is an active account and its first session.
type Activated struct {
	User        core.User
	Tenant      core.Tenant
	Membership  core.Membership
	Session     core.Session
	RedirectURL string
}

// Activate spends a token, once, in the commit that makes the account active. Whatever
// is refused before that leaves the token as it was. Errors: [core.InvalidToken];
// [core.ValidationFailed]; [core.InvalidCredentials] when the account of the
// address did not prove itself; [core.DeniedByPolicy] when a plugin says no;
// [core.Unavailable] when hashing is overloaded or a plugin fails closed.
func (s *Service) Activate(ctx context.Context, in Activate) (Activated, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanActivate)
	defer span.End()
	done, claims, err := s.activate(ctx, in)
	if err != nil {
		s.refusedVisit(ctx, in.Token, err)
		s.failed(ctx, err)
		return Activated{}, err
	}
	if span.IsRecording() {
		span.SetAttributes(signal.AttrPurpose.String(string(done.Purpose)), signal.AttrUserID.String(done.User.ID.String()))
	}
	session, err := s.Sessions.Issue(ctx, core.SessionState{
		ID: done.SessionID, UserID: done.User.ID, TenantID: done.Tenant.ID, Role: done.Membership.Role, Generation: done.Generation,
	}, claims)
	if err != nil {
		s.failed(ctx, err)
		return Activated{}, err
	}
	return Activated{User: done.User, Tenant: done.Tenant, Membership: done.Membership, Session: session, RedirectURL: done.RedirectURL}, nil
}

func (s *Service) activate(ctx context.Context, in Activate) (core.Activated, core.Claims, error) {
	hash, _ := s.Keys.HashToken(in.Token)
	in.Idempotency.Scope = fmt.Sprintf("token:%x", hash) // whoever holds the token is the caller
	// 1. What would the token do? A token that this key spent gives its first answer again.
	state, err := s.validate(ctx, in.Token)
	if err != nil {
		done, err := s.again(ctx, in, err)
		return done, core.Claims{For: core.ClaimsCheck{Reason: core.SessionByActivation}}, err
	}
	// 2. Is what came complete, and does the account of the address prove itself?
	policy, now := s.Policy(), s.Clock.Now()
	profile, err := s.cleanActivate(in, state, policy)
	if err != nil {
		return core.Activated{}, core.Claims{}, err
	}
	if err := s.prove(ctx, in, state); err != nil {
		return core.Activated{}, core.Claims{}, err
	}
	p := core.Activate{
		Hash: hash, Token: state.TokenRef, Purpose: state.Purpose, NewUserID: core.NewID(now), KnownUserID: known(state),
		Profile: profile, Session: core.NewSession{ID: core.NewID(now), TTL: policy.SessionTTL},
		Traceparent: signal.Inject(ctx), Idempotency: in.Idempotency,
	}
	// 3. Ask the plugins: may it be, is the password good enough, what will the session say?
	claims, err := s.askActivate(ctx, in, state, &p)
	if err != nil {
		return core.Activated{}, core.Claims{}, err
	}
	// 4. Hash a new password, before there is any transaction.
	if setsPassword(in, state) {
		if p.PasswordHash, err = s.Passwords.Hash(ctx, in.Password); err != nil {
			return core.Activated{}, core.Claims{}, err
		}
	}
	// 5. Commit: spend, activate, join, open a session. One of two simultaneous clicks wins.
	done, err := s.spend(ctx, in, p)
	return done, claims, err
}

// setsPassword tells whether the password that came is a new one.
func setsPassword(in Activate, t core.TokenState) bool {
	return !in.Password.IsZero() && (!exists(t) || t.Purpose == core.PurposePasswordReset)
}

func (s *Service) spend(ctx context.Context, in Activate, p core.Activate) (core.Activated, error) {
	commit := s.Store.Activate
	if p.Purpose == core.PurposeSignIn || p.Purpose == core.PurposePasswordReset {
		commit = s.Store.SpendLink
	}
	done, ok, err := commit(ctx, p)
	if err != nil {
		return core.Activated{}, err
	}
	if !ok {
		return s.again(ctx, in, refused("replayed_token"))
	}
	s.counted(ctx, done)
	return done, nil
}

// again gives the first answer of an idempotency key, or else the refusal.
func (s *Service) again(ctx context.Context, in Activate, refusal error) (core.Activated, error) {
	if !in.Idempotency.Given() || core.ReasonOf(refusal) != "replayed_token" {
		return core.Activated{}, refusal
	}
	done, found, err := s.Store.ReplayActivation(ctx, in.Idempotency)
	if err != nil {
		return core.Activated{}, err
	}
	if !found || done.Generation != 1 { // the session went on: whoever asks has had the answer
		return core.Activated{}, refusal
	}
	return done, nil
}

func (s *Service) cleanActivate(in Activate, t core.TokenState, p Policy) (core.Profile, error) {
	var check fields
	profile := core.Profile{
		DisplayName: check.text("profile.display_name", in.Profile.DisplayName, 0, core.MaxName),
		Locale:      check.locale("profile.locale", in.Profile.Locale),
	}
	switch {
	case in.Password.IsZero() && exists(t) && in.Actor != nil && t.Purpose != core.PurposePasswordReset: // the session is the proof
	case in.Password.IsZero() && needsPassword(t, p):
		check.add("password", "required", "A password is needed.")
	case in.Password.IsZero() && !exists(t) && profile.DisplayName == "":
		// Mail scanners run scripts and press buttons, but they do not write names.
		check.add("profile.display_name", "required", "A name is needed.")
	case in.Password.IsZero():
	case t.Purpose == core.PurposeSignIn:
		check.add("password", "not_used", "This link signs in without a password.")
	case !exists(t) && p.Password == PasswordOff:
		check.add("password", "not_used", "Accounts here have no password; leave it out.")
	case !exists(t) || t.Purpose == core.PurposePasswordReset:
		if n := utf8.RuneCountInString(in.Password.Reveal()); n < p.PasswordMin {
			check.add("password", "too_short", fmt.Sprintf("Use at least %d characters.", p.PasswordMin))
		}
	}
	if profile.Locale == "" {
		profile.Locale = t.Locale
	}
	return profile, check.err()
}

// prove asks an account that exists for its password or its session: a link alone
// must not add a tenant to somebody's account. One without a password is
// proved by its mailbox, which the link does.
func (s *Service) prove(ctx context.Context, in Activate, t core.TokenState) error {
	if !exists(t) || t.Purpose == core.PurposePasswordReset || t.Purpose == core.PurposeSignIn {
		return nil
	}
	if in.Actor != nil && in.Password.IsZero() {
		return s.proveBySession(ctx, *in.Actor, t)
	}
	if !t.HasPassword {
		return nil
	}
	stored, err := s.Store.PasswordHash(ctx, t.UserID)
	if err != nil {
		return err
	}
	ok, err := s.Passwords.Verify(ctx, stored, in.Password)
	if err != nil {
		return err
	}
	if !ok {
		return core.E(core.InvalidCredentials, "The password is not right.").Because("wrong_password")
	}
	return nil
}

// proveBySession takes a session that lives as proof. An access token outlasts its
// session, and one of an ended session must not bring forth a new one.
func (s *Service) proveBySession(ctx context.Context, a core.Actor, t core.TokenState) error {
	if a.UserID != t.UserID {
		return core.E(core.InvalidCredentials, "You are signed in with another account than the one invited.").Because("wrong_account")
	}
	return s.Store.SessionLives(ctx, a)
}

// known is the account that the commit may add to; a pending one proves itself by the link.
func known(t core.TokenState) core.ID {
	if exists(t) {
		return t.UserID
	}
	return core.ID{}
}

func (s *Service) counted(ctx context.Context, done core.Activated) {
	if done.Purpose == core.PurposeInvitation {
		s.Signals.Funnel(ctx, signal.InvitationAccepted)
	}
	if done.Purpose == core.PurposeInvitation || done.Purpose == core.PurposeOwnerVerification {
		s.Signals.Funnel(ctx, signal.ActivationCompleted)
	}
	s.Log.InfoContext(ctx, "token spent", "purpose", string(done.Purpose), "user_id", done.User.ID.String(), "session_id", done.SessionID.String())
}
