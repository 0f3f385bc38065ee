package identity

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/signal"
)

// Store does the commits and the reads; package store implements it.
type Store interface {
	Account(ctx context.Context, emailKey string) (a core.Account, ok bool, err error)
	Me(context.Context, core.Actor) (core.Me, error)
	Place(ctx context.Context, user, tenant core.ID) (m core.Membership, found bool, err error)
	SessionAt(ctx context.Context, session core.ID, generation int) (c core.ClaimsCheck, found bool, err error)
	StartSession(context.Context, core.SessionStart) (state core.SessionState, ok bool, err error)
	ExternalAccount(ctx context.Context, i core.ExternalIdentity, emailKey string) (user core.ID, found bool, err error)
	StartExternalSession(context.Context, core.ExternalSessionStart) (state core.SessionState, ok bool, err error)
	RotateSession(context.Context, core.SessionRotation) (core.SessionState, error)
	SwitchTenant(context.Context, core.TenantSwitch) (core.SessionState, error)
	EndSession(ctx context.Context, a core.Actor, traceparent string) error
	UpgradeHash(ctx context.Context, user core.ID, old, upgraded string) error
	RequestLink(context.Context, core.LinkRequest) (found bool, err error)
	SigningKeys(ctx context.Context, keep time.Duration) ([]core.SigningKey, error)
	AddFirstSigningKey(context.Context, core.SigningKey) error
}

// Hooks asks the plugins; package hook implements it.
type Hooks interface {
	// ClaimsBound tells whether SessionClaims would ask anybody about a session in the
	// tenant, or with no tenant in any.
	ClaimsBound(tenant core.ID) bool
	SessionClaims(context.Context, core.ClaimsCheck) (core.Claims, error)

	IdentityBegin(ctx context.Context, plugin string, b core.IdentityBeginning) (core.IdentityRedirect, error)
	IdentityFinish(ctx context.Context, plugin string, b core.IdentityReturn) (core.ExternalIdentity, error)
}

// Waker tells the job workers that there is something new.
type Waker interface{ Wake() }

// Deps are the parts that identity needs; all are required.
type Deps struct {
	Store   Store
	Hooks   Hooks
	Keys    *keyring.Ring
	Hasher  *Hasher
	Mail    Waker
	Clock   core.Clock
	Log     *slog.Logger
	Tracer  trace.Tracer
	Signals *signal.Signals
	Policy  func() Policy // read once per call, so that a reload takes effect between calls
}

// Policy is what an operator may change while the host runs. Zero means the
// default beside it.
type Policy struct {
	AccessTTL   time.Duration // of an access token, which cannot be called back; 10 min
	SessionTTL  time.Duration // from sign-in to the next, however often it is refreshed; 30 days
	SignInTTL   time.Duration // of a sign-in link; 10 min (ASVS 6.5.5)
	NoPasswords bool          // nobody is sent a link for a new password
	ResetTTL    time.Duration // of a link for a new password; 30 min
	Providers   []Provider    // of identities, beside passwords and links; none
}

// Config is fixed while the host runs. Issuer is required; zero in any other field
// means the default beside it.
type Config struct {
	Issuer     string        // iss: the public URL
	Audience   string        // aud; the issuer
	Leeway     time.Duration // between the clocks of replicas; 5 s
	KeyRefresh time.Duration // how often the signing keys are read again; 1 min
	Verified   int           // access tokens that are remembered as verified; 4096
	LinkFloor  time.Duration // the least that asking for a link takes, well above what it needs; 25 ms
}

func (c Config) withDefaults() Config {
	c.Audience = cmp.Or(c.Audience, c.Issuer)
	c.Leeway = cmp.Or(c.Leeway, 5*time.Second)
	c.KeyRefresh = cmp.Or(c.KeyRefresh, time.Minute)
	c.Verified = cmp.Or(c.Verified, 4096)
	c.LinkFloor = cmp.Or(c.LinkFloor, 25*time.Millisecond)
	return c
}

// Service is everything about who somebody is. It is safe for concurrent use.
type Service struct {
	Deps
	issuer    string
	audience  string
	leeway    time.Duration
	linkFloor time.Duration
	keys      *signingKeys
	verified  *verified
}

// New checks that every part is there. It asks nothing of the database: see
// [Service.Start].
func New(d Deps, c Config) (*Service, error) {
	if d.Store == nil || d.Hooks == nil || d.Keys == nil || d.Hasher == nil || d.Mail == nil || d.Clock == nil || d.Log == nil ||
		d.Tracer == nil || d.Signals == nil || d.Policy == nil {
		return nil, errors.New("identity: every part of Deps is required")
	}
	if c.Issuer == "" || c.Leeway < 0 || c.KeyRefresh < 0 || c.Verified < 0 || c.LinkFloor < 0 {
		return nil, errors.New("identity: Issuer is required and no part of Config is below zero")
	}
	c = c.withDefaults()
	s := &Service{
		Deps: d, issuer: c.Issuer, audience: c.Audience, leeway: c.Leeway, linkFloor: c.LinkFloor, verified: newVerified(c.Verified),
	}
	s.keys = &signingKeys{store: d.Store, ring: d.Keys, clock: d.Clock, every: c.KeyRefresh, keep: s.keepRetired, changed: s.verified.forget}
	return s, nil
}

// Start loads the signing keys, and makes the first one where there is none: of any
// number of replicas starting together, one makes it and all use it. It fails
// when the keys cannot be read or were sealed with a root key that the ring does
// not have. Until it has succeeded no token is made or read.
func (s *Service) Start(ctx context.Context) error {
	if err := s.keys.start(ctx); err != nil {
		return err
	}
	set := s.keys.current.Load()
	s.Log.InfoContext(ctx, "signing keys loaded", "active_kid", set.active.kid, "keys", len(set.byKID))
	return nil
}

// Run reads the signing keys again from time to time, so that a key which another
// replica added is published and one that was retired is not honoured for long. It
// returns when ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(s.keys.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.RefreshKeys(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "signing keys not refreshed, the last good ones stay", "error", err)
			}
		}
	}
}

// RefreshKeys reads the signing keys again now. On failure the last good ones stay.
func (s *Service) RefreshKeys(ctx context.Context) error { return s.keys.load(ctx) }

// JWKS gives the public keys as a JWK set (RFC 7517): those that sign and those
// whose tokens may still be about. Nil before [Service.Start]; not to be written to.
func (s *Service) JWKS() []byte {
	if set := s.keys.current.Load(); set != nil {
		return set.jwks
	}
	return nil
}

// policy is the operator's with the defaults filled in.
func (s *Service) policy() Policy {
	p := s.Policy()
	p.AccessTTL = cmp.Or(p.AccessTTL, 10*time.Minute)
	p.SessionTTL = cmp.Or(p.SessionTTL, 30*24*time.Hour)
	p.SignInTTL = cmp.Or(p.SignInTTL, 10*time.Minute)
	p.ResetTTL = cmp.Or(p.ResetTTL, 30*time.Minute)
	return p
}

// keepRetired is how long a retired key still verifies: no token of it lives longer.
func (s *Service) keepRetired() time.Duration { return s.policy().AccessTTL + s.leeway }

// failed marks the span of a use case.
func failed(span trace.Span, err error) {
	reason := core.ReasonOf(err)
	span.SetAttributes(signal.AttrErrorType.String(reason))
	switch core.CodeOf(err) {
	case core.Internal, core.Unavailable:
		span.SetStatus(codes.Error, reason)
	}
}
