package web_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/webhook"
)

// useCases answers every call at once: with err when there is one, else with
// something complete. It counts the calls and keeps what came last.
type useCases struct {
	err    error
	before func(context.Context) // called by Signup first
	calls  atomic.Int64

	mu     sync.Mutex
	last   any
	opened []core.VisitKind
}

func (u *useCases) got(in any) error {
	u.calls.Add(1)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last = in
	return u.err
}

func (u *useCases) seen() any {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last
}

var (
	tenantID = core.ID{0: 1, 6: 0x70, 8: 0x80, 15: 1}
	userID   = core.ID{0: 1, 6: 0x70, 8: 0x80, 15: 2}
	itemID   = core.ID{0: 1, 6: 0x70, 8: 0x80, 15: 3}
	when     = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 3600))
	actor    = core.Actor{UserID: userID, TenantID: tenantID, SessionID: itemID, Role: core.RoleOwner}
	user     = core.User{ID: userID, Email: "owner@example.com", DisplayName: "Olive", Locale: "en", Status: core.UserActive, CreatedAt: when}
	tenant   = core.TenantRef{ID: tenantID, Name: "Example", Slug: "example"}
	session  = core.Session{AccessToken: "access", RefreshToken: "refresh", ExpiresIn: 15 * time.Minute}
	member   = core.Membership{TenantID: tenantID, UserID: userID, Role: core.RoleOwner, CreatedAt: when, Tenant: tenant}
	managed  = core.Tenant{
		ID: tenantID, Slug: "example", Name: "Example", Status: core.TenantActive, Version: 3, CreatedAt: when,
		Branding: core.Branding{LogoURL: "https://cdn.example.com/logo.png", Colour: "#4a1b52"},
	}
	invited = core.Invitation{
		ID: itemID, TenantID: tenantID, Email: "member@example.com", Role: core.RoleMember, Status: core.InvitationPending,
		Delivery: core.DeliveryPending, ExpiresAt: when, CreatedAt: when, InvitedBy: userID,
		Mail: core.MailStanding{Status: core.MailOpened, Provider: "smtp", Attempts: 1, SentAt: when, Opened: core.Opened{By: core.OpenedByHuman, First: when, Last: when, Count: 2}},
	}
)

func (u *useCases) Signup(ctx context.Context, in activation.Signup) (activation.SignedUp, error) {
	if u.before != nil {
		u.before(ctx)
	}
	return activation.SignedUp{ID: itemID, Status: "verification_sent"}, u.got(in)
}

func (u *useCases) Inspect(_ context.Context, token core.Secret) (activation.Inspection, error) {
	return activation.Inspection{
		Purpose: core.PurposeInvitation, Tenant: tenant, Branding: core.Branding{Name: "Example", Colour: "#4a1b52"}, EmailHint: "m•••@example.com", PasswordRequired: true,
		Fields: []string{"display_name"}, ExpiresAt: when,
	}, u.got(token)
}

func (u *useCases) Opened(_ context.Context, _ core.Secret, by core.VisitKind) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.opened = append(u.opened, by)
}

func (u *useCases) Timeline(_ context.Context, _ core.Actor, tenant, id core.ID) ([]core.Step, error) {
	return []core.Step{{At: when, Name: "created", Detail: map[string]string{"by": userID.String()}, TraceID: "0af7651916cd43dd8448eb211c80319c"}}, u.got([]core.ID{tenant, id})
}

func (u *useCases) Activate(_ context.Context, in activation.Activate) (activation.Activated, error) {
	return activation.Activated{
		User: user, Tenant: core.Tenant{ID: tenantID, Slug: "example", Name: "Example", Status: core.TenantActive, CreatedAt: when},
		Membership: member, Session: session, RedirectURL: "https://app.example.com/welcome",
	}, u.got(in)
}

var bulk = core.Bulk{
	ID: itemID, TenantID: tenantID, ActorID: userID, Status: core.BulkRunning, Counts: core.BulkCounts{Rows: 3, Pending: 1, Invited: 1, Failed: 1}, Life: time.Hour,
	CreatedAt: when, UpdatedAt: when,
}

var bulkRow = core.BulkRow{Line: 3, Email: "=grace@", Role: core.RoleMember, Status: core.BulkRowFailed, Field: "email", Code: "invalid", Message: "No."}

func (u *useCases) StartBulk(_ context.Context, _ core.Actor, in activation.BulkInvite) (activation.BulkReport, error) {
	return activation.BulkReport{Bulk: bulk, DryRun: in.DryRun, Errors: []core.BulkProblem{{Line: 3, Field: "email", Code: "invalid", Message: "No."}}, Problems: 1}, u.got(in)
}

func (u *useCases) Bulks(_ context.Context, _ core.Actor, tenant core.ID, _ string, _ int) (core.Page[core.Bulk], error) {
	return core.Page[core.Bulk]{Items: []core.Bulk{bulk}, NextCursor: "next"}, u.got(tenant)
}

func (u *useCases) Bulk(_ context.Context, _ core.Actor, _, id core.ID) (core.Bulk, error) {
	return bulk, u.got(id)
}

func (u *useCases) BulkRows(_ context.Context, _ core.Actor, _, _ core.ID, f core.BulkRowFilter) (core.Page[core.BulkRow], error) {
	return core.Page[core.BulkRow]{Items: []core.BulkRow{bulkRow}}, u.got(f)
}

func (u *useCases) FailedRows(_ context.Context, _ core.Actor, _, id core.ID) ([]core.BulkRow, error) {
	return []core.BulkRow{bulkRow}, u.got(id)
}

func (u *useCases) SteerBulk(_ context.Context, _ core.Actor, _, _ core.ID, action core.BulkAction) (core.Bulk, error) {
	return bulk, u.got(action)
}

func (u *useCases) Invite(_ context.Context, _ core.Actor, in activation.Invite) (core.Invitation, error) {
	return invited, u.got(in)
}

func (u *useCases) Invitations(_ context.Context, _ core.Actor, _ core.ID, f core.InvitationFilter) (core.Page[core.Invitation], error) {
	return core.Page[core.Invitation]{Items: []core.Invitation{invited}, NextCursor: "more"}, u.got(f)
}

func (u *useCases) Invitation(_ context.Context, _ core.Actor, tenant, id core.ID) (core.Invitation, error) {
	return invited, u.got([2]core.ID{tenant, id})
}

func (u *useCases) Tenant(_ context.Context, _ core.Actor, id core.ID) (core.Tenant, error) {
	return managed, u.got(id)
}

func (u *useCases) ChangeTenant(_ context.Context, _ core.Actor, _ core.ID, c core.TenantChange) (core.Tenant, error) {
	return managed, u.got(c)
}

func (u *useCases) Resend(_ context.Context, _ core.Actor, tenant, id core.ID) error {
	return u.got([2]core.ID{tenant, id})
}

func (u *useCases) Revoke(_ context.Context, _ core.Actor, tenant, id core.ID) error {
	return u.got([2]core.ID{tenant, id})
}

func (u *useCases) Events(_ context.Context, _ core.Actor, _ core.ID, cursor string, limit int) (core.Page[core.Event], error) {
	return core.Page[core.Event]{Items: []core.Event{{
		ID: itemID, Type: core.InvitationCreated, TenantID: tenantID, AggregateType: "invitation", AggregateID: itemID,
		Version: 1, ActorID: userID, Time: when, Data: []byte(`{"role":"member"}`),
		Traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
	}}}, u.got([]any{cursor, limit})
}

func (u *useCases) Authenticate(_ context.Context, bearer core.Secret) (core.Actor, error) {
	if bearer.Reveal() != "good" {
		return core.Actor{}, core.E(core.Unauthenticated, "The session is not valid.").Because("bad_signature")
	}
	return actor, nil
}

func (u *useCases) SignIn(_ context.Context, email string, password core.Secret) (core.Session, error) {
	return session, u.got([2]string{email, password.Reveal()})
}

func (u *useCases) BeginExternal(_ context.Context, b identity.Begin) (identity.Begun, error) {
	return identity.Begun{URL: "https://login.example/authorize", Continuation: "continuation"}, u.got(b)
}

func (u *useCases) FinishExternal(_ context.Context, f identity.Finish) (core.Session, error) {
	return session, u.got(f)
}

func (u *useCases) Refresh(_ context.Context, refresh core.Secret) (core.Session, error) {
	return session, u.got(refresh)
}

func (u *useCases) SignOut(_ context.Context, a core.Actor) error { return u.got(a) }

func (u *useCases) SwitchTenant(_ context.Context, _ core.Actor, tenant core.ID) (core.Session, error) {
	return session, u.got(tenant)
}

func (u *useCases) Me(_ context.Context, a core.Actor) (core.Me, error) {
	return core.Me{User: user, Memberships: []core.Membership{member}}, u.got(a)
}

func (u *useCases) JWKS() []byte { return []byte(`{"keys":[]}`) }

func (u *useCases) RequestSignIn(_ context.Context, email string) error { return u.got(email) }

func (u *useCases) RequestPasswordReset(_ context.Context, email string) error { return u.got(email) }

func (u *useCases) ProviderCallback(_ context.Context, c core.Callback) error { return u.got(c) }

func (u *useCases) MayManage(context.Context, core.Actor, core.ID) error { return u.err }

// hooks answers every call about endpoints.
type hooks struct{ *useCases }

var hook = core.Webhook{
	ID: itemID, TenantID: tenantID, URL: "https://app.example.com/hooks", Types: []core.EventType{core.InvitationCreated}, Version: 2,
	CreatedAt: when, UpdatedAt: when, FailingSince: when, DisabledAt: when, Disabled: core.WebhookFailing,
}

func (h hooks) Add(_ context.Context, c webhook.Caller, url string, types []core.EventType) (core.Webhook, core.Secret, error) {
	return hook, "whsec_secret", h.got([]any{c, url, types})
}

func (h hooks) Find(_ context.Context, c webhook.Caller, id core.ID) (core.Webhook, error) {
	return hook, h.got([]any{c, id})
}

func (h hooks) List(_ context.Context, c webhook.Caller) ([]core.Webhook, error) {
	return []core.Webhook{hook}, h.got(c)
}

func (h hooks) Change(_ context.Context, _ webhook.Caller, _ core.ID, change core.WebhookChange) (core.Webhook, error) {
	return hook, h.got(change)
}

func (h hooks) Rotate(_ context.Context, _ webhook.Caller, _ core.ID, overlap time.Duration) (core.Webhook, core.Secret, error) {
	return hook, "whsec_secret", h.got(overlap)
}

func (h hooks) Remove(_ context.Context, _ webhook.Caller, id core.ID) error { return h.got(id) }

func (h hooks) Attempts(_ context.Context, _ webhook.Caller, _ core.ID, before int64, limit int) ([]core.WebhookAttempt, error) {
	a := core.WebhookAttempt{Number: 7, WebhookID: itemID, EventID: itemID, EventType: "activation.InvitationCreated", Attempt: 1, Time: when, Status: 500, Error: "status"}
	return []core.WebhookAttempt{a}, h.got([]any{before, limit})
}

func (h hooks) Test(_ context.Context, _ webhook.Caller, id core.ID) (core.WebhookAttempt, error) {
	return core.WebhookAttempt{WebhookID: itemID, EventID: itemID, EventType: webhook.TestType, Time: when, Status: 204}, h.got(id)
}

func (h hooks) Replay(_ context.Context, _ webhook.Caller, _ core.ID, r core.EventReplay, _ string) (int, bool, error) {
	return 3, false, h.got(r)
}

// told is a stream that tells one event, then whether its reader came back, and ends.
type told struct {
	after string
	n     int
}

func (u *useCases) Open(_ context.Context, f core.EventFilter, cursor string) (edge.Source, error) {
	return &told{after: cursor}, u.got([]any{f, cursor})
}

func (s *told) Next(context.Context) (id, name string, data []byte, err error) {
	if s.n++; s.n > 2 {
		return "", "", nil, core.E(core.Unavailable, "").Because("told_all")
	}
	return "c" + strconv.Itoa(s.n), "activation.InvitationCreated", []byte(`{"after":"` + s.after + `"}`), nil
}

func (s *told) Close() {}
