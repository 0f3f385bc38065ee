package activation

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Store does the commits and the reads; package store implements it.
type Store interface {
	Provision(context.Context, core.Provision) (core.Provisioned, error)
	Invite(context.Context, core.Invite) (core.Invitation, error)
	ReplayInvite(context.Context, core.Invite) (core.Invitation, bool, error)
	Resend(context.Context, core.Resend) error
	Revoke(ctx context.Context, a core.Actor, tenant, invitation core.ID, traceparent string) error
	ReadTenant(ctx context.Context, a core.Actor, tenant core.ID) (core.Tenant, error)
	ChangeTenant(ctx context.Context, a core.Actor, tenant core.ID, c core.TenantChange, traceparent string) (core.Tenant, error)
	StartBulk(context.Context, core.BulkStart) (core.Bulk, error)
	ReplayBulk(ctx context.Context, tenant core.ID, i core.Idempotency) (core.Bulk, bool, error)
	KnownAddresses(ctx context.Context, tenant core.ID, keys []string) (map[string]bool, error)
	Bulk(ctx context.Context, tenant, id core.ID) (core.Bulk, error)
	Bulks(ctx context.Context, tenant core.ID, cursor string, limit int) (core.Page[core.Bulk], error)
	BulkRows(ctx context.Context, tenant, id core.ID, f core.BulkRowFilter) (core.Page[core.BulkRow], error)
	SteerBulk(ctx context.Context, a core.Actor, tenant, id core.ID, action core.BulkAction) (core.Bulk, error)
	NextBulk(ctx context.Context, job core.BulkJob, most int) (core.BulkBatch, bool, error)
	CommitBulk(ctx context.Context, job core.BulkJob, rows []core.BulkOutcome, traceparent string) (invited int, err error)
	EndBulk(ctx context.Context, job core.BulkJob, status core.BulkStatus, reason string) error
	MayManage(ctx context.Context, a core.Actor, tenant core.ID) (core.Role, error)
	Invitations(ctx context.Context, tenant core.ID, f core.InvitationFilter) (core.Page[core.Invitation], error)
	Invitation(ctx context.Context, tenant, id core.ID) (core.Invitation, error)
	Timeline(ctx context.Context, tenant, invitation core.ID, refusals bool) ([]core.Step, error)
	Events(ctx context.Context, f core.EventFilter, cursor string, limit int) (core.Page[core.Event], error)
	Inspect(context.Context, core.TokenHash) (core.TokenState, error)
	Activate(context.Context, core.Activate) (core.Activated, bool, error)
	SpendLink(context.Context, core.Activate) (core.Activated, bool, error)
	ReplayActivation(context.Context, core.Idempotency) (core.Activated, bool, error)
	PasswordHash(ctx context.Context, user core.ID) (string, error)
	SessionLives(ctx context.Context, a core.Actor) error
}

// Hooks asks the plugins; package hook implements it.
type Hooks interface {
	// Release is that of the plugins of now; a run that begins goes on with it to its end.
	Release() int64
	SignupValidate(context.Context, core.SignupCheck) (core.SignupPatch, error)
	InvitationValidate(context.Context, core.InvitationCheck) (core.InvitationPatch, error)
	ActivationValidate(context.Context, core.ActivationCheck) (core.Profile, error)
	PasswordCheck(context.Context, core.PasswordCheck) error
	// InvitationBound and PasswordBound tell whether anybody would be asked, for what must be
	// found out before and is not worth it otherwise.
	InvitationBound(tenant core.ID) bool
	PasswordBound(tenant core.ID) bool
}

// Keys derives the tokens; package keyring implements it.
type Keys interface {
	ActiveID() string
	Token(core.TokenRef) (core.Secret, error)
	HashToken(core.Secret) (core.TokenHash, bool)
}

// Passwords hashes behind a bounded queue; package identity implements it.
type Passwords interface {
	Hash(context.Context, core.Secret) (string, error)
	Verify(ctx context.Context, hash string, password core.Secret) (bool, error)
	Facts(core.Secret, core.PasswordContext) (core.PasswordFacts, error)
}

// Sessions makes the tokens of a session that was committed, with the claims that were
// asked for before.
type Sessions interface {
	Foresee(context.Context, core.ClaimsCheck) (core.Claims, error)
	Issue(context.Context, core.SessionState, core.Claims) (core.Session, error)
}

// Waker tells the job workers that there is something new.
type Waker interface{ Wake() }

// Visits notes who looked at links, without waiting for anything; package visit does.
type Visits interface{ Note(core.Visit) }

// Deps are the parts that the pipeline needs; all are required.
type Deps struct {
	Store     Store
	Hooks     Hooks
	Keys      Keys
	Passwords Passwords
	Sessions  Sessions
	Mail      Waker
	Visits    Visits
	Clock     core.Clock
	Log       *slog.Logger
	Tracer    trace.Tracer
	Signals   *signal.Signals
	Policy    func() Policy // read once per call, so that a reload takes effect between calls
}

// PasswordMode says whether accounts have passwords.
type PasswordMode string

// The modes of activation.password.
const (
	PasswordRequired PasswordMode = "required"
	PasswordOptional PasswordMode = "optional"
	PasswordOff      PasswordMode = "off"
)

// Policy is what an operator may change while the host runs.
type Policy struct {
	SignupOpen      bool
	Password        PasswordMode
	PasswordMin     int           // in characters (code points)
	InvitationTTL   time.Duration // when the caller does not choose
	MaxInvitation   time.Duration // the longest a caller may choose
	VerificationTTL time.Duration
	SessionTTL      time.Duration
	RedirectHosts   []string      // where a redirect_url may lead
	Branding        core.Branding // of the installation, for what a tenant's own lacks
}

// Service is the pipeline. It is safe for concurrent use.
type Service struct{ Deps }

// New checks that every part is there.
func New(d Deps) (*Service, error) {
	if d.Store == nil || d.Hooks == nil || d.Keys == nil || d.Passwords == nil || d.Sessions == nil || d.Mail == nil || d.Visits == nil ||
		d.Clock == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil || d.Policy == nil {
		return nil, errors.New("activation: every part of Deps is required")
	}
	return &Service{d}, nil
}

// newToken derives a token for its hash and forgets it: nobody needs the token
// itself before the mail is sent.
func (s *Service) newToken(ref core.TokenRef, ttl time.Duration) (core.NewToken, error) {
	hash, err := s.hashOf(ref)
	return core.NewToken{TokenRef: ref, Hash: hash, TTL: ttl}, err
}

func (s *Service) hashOf(ref core.TokenRef) (core.TokenHash, error) {
	token, err := s.Keys.Token(ref)
	if err != nil {
		return core.TokenHash{}, err
	}
	hash, ok := s.Keys.HashToken(token)
	if !ok {
		return core.TokenHash{}, errors.New("activation: a derived token does not read as a token")
	}
	return hash, nil
}
