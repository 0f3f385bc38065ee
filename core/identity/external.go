package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
	"github.com/usher-id/usher/core/signal"
)

// Provider is an external provider of identities, adapted by a plugin.
type Provider struct {
	Name         string
	Plugin       string
	CallbackURLs []string // where it may send people back, each written out in full
}

// Begin is what somebody sends who wants to sign in through a provider.
type Begin struct {
	Provider    string
	CallbackURL string
	LoginHint   string
	Locale      string
}

// Begun is where they go. Continuation belongs into the same browser until they are back:
// whoever has it and the provider's answer is signed in.
type Begun struct {
	URL          string
	Continuation core.Secret
}

// continuationTTL is how long a person may take at the provider.
const continuationTTL = 10 * time.Minute

// continuation is what the host must know again when the person is back. It is sealed, so
// nothing is stored for people who never come back.
type continuation struct {
	Run      core.ID `json:"i"`
	Provider string  `json:"p"`
	Callback string  `json:"c"`
	State    string  `json:"s"`
	Nonce    string  `json:"n"`
	Verifier string  `json:"v"`
	Private  string  `json:"x"`
	Until    int64   `json:"e"` // seconds since 1970
}

// BeginExternal begins a sign-in through an external provider (RFC 6749 §4.1 with PKCE,
// RFC 7636). It stores nothing. An unknown provider is [core.NotFound]; a callback that is not
// on the operator's list is [core.ValidationFailed]; see package hook for what a plugin may cause.
func (s *Service) BeginExternal(ctx context.Context, b Begin) (begun Begun, err error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanExternalBegin)
	defer span.End()
	defer func() {
		if err != nil {
			failed(span, err)
		}
	}()
	p, err := s.provider(b.Provider)
	if err != nil {
		return Begun{}, err
	}
	if !slices.Contains(p.CallbackURLs, b.CallbackURL) {
		return Begun{}, core.Invalid(core.FieldError{Field: "callback_url", Code: "not_allowed", Message: "This address is not on the provider's list of callbacks."})
	}
	now := s.Clock.Now()
	c := continuation{
		Run: core.NewID(now), Provider: p.Name, Callback: b.CallbackURL, State: rand.Text(), Nonce: rand.Text(),
		Verifier: rand.Text() + rand.Text(), Until: now.Add(continuationTTL).Unix(),
	}
	challenge := sha256.Sum256([]byte(c.Verifier))
	to, err := s.Hooks.IdentityBegin(ctx, p.Plugin, core.IdentityBeginning{
		RunID: c.Run, Provider: p.Name, CallbackURL: b.CallbackURL, State: c.State, Nonce: c.Nonce,
		Challenge: base64.RawURLEncoding.EncodeToString(challenge[:]), LoginHint: b.LoginHint, Locale: b.Locale,
	})
	if err != nil {
		return Begun{}, err
	}
	c.Private = to.Private
	sealed, err := s.seal(c)
	return Begun{URL: to.URL, Continuation: sealed}, err
}

func (s *Service) provider(name string) (Provider, error) {
	for _, p := range s.policy().Providers {
		if p.Name == name {
			return p, nil
		}
	}
	return Provider{}, core.E(core.NotFound, "There is no such provider.").Because("unknown_provider")
}

// continuationLabel says what is sealed; a seal of anything else does not open as one.
const continuationLabel = "identity/continuation"

func (s *Service) seal(c continuation) (core.Secret, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	sealed, kid := s.Keys.Seal(continuationLabel, plain)
	return core.Secret(kid + "~" + base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// Finish is what somebody sends who is back.
type Finish struct {
	Provider     string
	Continuation core.Secret
	Query        map[string]string // of the callback
}

// FinishExternal signs somebody in whom the provider sent back. Who has signed in that way
// before is known by the provider's name for them; who has not, by an address that the provider
// says it has verified and that an active account has, and is known by that name from then on.
// Nobody else is signed in: [core.InvalidCredentials]. A continuation that is not of this
// provider, too old, or does not go with the answer is [core.Unauthenticated].
func (s *Service) FinishExternal(ctx context.Context, f Finish) (session core.Session, err error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanExternalFinish)
	defer span.End()
	defer func() {
		if err != nil {
			failed(span, err)
		}
	}()
	// 1. Is it the same browser, in time?
	p, err := s.provider(f.Provider)
	if err != nil {
		return core.Session{}, err
	}
	c, reason := s.open(f)
	if reason != "" {
		return core.Session{}, core.E(core.Unauthenticated, "This sign-in has ended. Begin it again.").Because(reason)
	}
	// 2. Who is it?
	who, err := s.Hooks.IdentityFinish(ctx, p.Plugin, core.IdentityReturn{
		RunID: c.Run, Provider: p.Name, CallbackURL: c.Callback, Query: f.Query, Nonce: c.Nonce, Verifier: c.Verifier, Private: c.Private,
	})
	if err != nil {
		return core.Session{}, err
	}
	return s.signInAs(ctx, who)
}

// open reads a continuation, or says why it is none.
func (s *Service) open(f Finish) (c continuation, reason string) {
	kid, text, _ := strings.Cut(f.Continuation.Reveal(), "~")
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, "malformed_continuation"
	}
	plain, err := s.Keys.Open(continuationLabel, kid, sealed)
	if err != nil || json.Unmarshal(plain, &c) != nil {
		return c, "malformed_continuation"
	}
	switch {
	case c.Provider != f.Provider:
		return c, "foreign_continuation"
	case s.Clock.Now().Unix() >= c.Until:
		return c, "expired_continuation"
	case subtle.ConstantTimeCompare([]byte(c.State), []byte(f.Query["state"])) != 1:
		return c, "wrong_state"
	}
	return c, ""
}

// signInAs starts the session of somebody whom a provider vouches for.
func (s *Service) signInAs(ctx context.Context, who core.ExternalIdentity) (core.Session, error) {
	key := ""
	if who.EmailVerified {
		if to, err := address.Parse("email", who.Email); err == nil {
			key = to.Key
		}
	}
	user, found, err := s.Store.ExternalAccount(ctx, who, key)
	if err != nil {
		return core.Session{}, err
	}
	if !found {
		return core.Session{}, noAccount("no_account")
	}
	session := core.NewSession{ID: core.NewID(s.Clock.Now()), TTL: s.policy().SessionTTL}
	claims, err := s.Foresee(ctx, core.ClaimsCheck{SessionID: session.ID, UserID: user, Reason: core.SessionBySignIn})
	if err != nil {
		return core.Session{}, err
	}
	state, ok, err := s.Store.StartExternalSession(ctx, core.ExternalSessionStart{
		Identity: who, EmailKey: key, UserID: user, LinkID: core.NewID(s.Clock.Now()), Session: session, Traceparent: signal.Inject(ctx),
	})
	if err != nil {
		return core.Session{}, err
	}
	if !ok {
		return core.Session{}, noAccount("account_changed")
	}
	return s.Issue(ctx, state, claims)
}

func noAccount(reason string) error {
	return core.E(core.InvalidCredentials, "Nobody here is known by this identity.").Because(reason)
}
