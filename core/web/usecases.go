package web

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/identity"
)

// Activation are the use cases of the pipeline; package activation has them.
type Activation interface {
	Signup(context.Context, activation.Signup) (activation.SignedUp, error)
	Inspect(ctx context.Context, token core.Secret) (activation.Inspection, error)
	// Opened notes that a link was looked at. It waits for nothing and tells nothing.
	Opened(ctx context.Context, token core.Secret, by core.VisitKind)
	Activate(context.Context, activation.Activate) (activation.Activated, error)

	Invite(context.Context, core.Actor, activation.Invite) (core.Invitation, error)
	StartBulk(context.Context, core.Actor, activation.BulkInvite) (activation.BulkReport, error)
	Bulks(ctx context.Context, a core.Actor, tenant core.ID, cursor string, limit int) (core.Page[core.Bulk], error)
	Bulk(ctx context.Context, a core.Actor, tenant, id core.ID) (core.Bulk, error)
	BulkRows(ctx context.Context, a core.Actor, tenant, id core.ID, f core.BulkRowFilter) (core.Page[core.BulkRow], error)
	FailedRows(ctx context.Context, a core.Actor, tenant, id core.ID) ([]core.BulkRow, error)
	SteerBulk(ctx context.Context, a core.Actor, tenant, id core.ID, action core.BulkAction) (core.Bulk, error)
	Invitations(ctx context.Context, a core.Actor, tenant core.ID, f core.InvitationFilter) (core.Page[core.Invitation], error)
	Invitation(ctx context.Context, a core.Actor, tenant, id core.ID) (core.Invitation, error)
	Timeline(ctx context.Context, a core.Actor, tenant, id core.ID) ([]core.Step, error)
	Tenant(ctx context.Context, a core.Actor, tenant core.ID) (core.Tenant, error)
	ChangeTenant(ctx context.Context, a core.Actor, tenant core.ID, c core.TenantChange) (core.Tenant, error)
	Resend(ctx context.Context, a core.Actor, tenant, id core.ID) error
	Revoke(ctx context.Context, a core.Actor, tenant, id core.ID) error
	Events(ctx context.Context, a core.Actor, tenant core.ID, cursor string, limit int) (core.Page[core.Event], error)
	// MayManage gives no error while the actor may manage the tenant.
	MayManage(ctx context.Context, a core.Actor, tenant core.ID) error
}

// Identity are the use cases of sessions; package identity has them.
type Identity interface {
	Authenticate(ctx context.Context, bearer core.Secret) (core.Actor, error)
	SignIn(ctx context.Context, email string, password core.Secret) (core.Session, error)
	Refresh(ctx context.Context, refresh core.Secret) (core.Session, error)
	SignOut(context.Context, core.Actor) error
	BeginExternal(context.Context, identity.Begin) (identity.Begun, error)
	FinishExternal(context.Context, identity.Finish) (core.Session, error)
	SwitchTenant(ctx context.Context, a core.Actor, tenant core.ID) (core.Session, error)
	Me(context.Context, core.Actor) (core.Me, error)
	JWKS() []byte

	// RequestSignIn and RequestPasswordReset answer the same for a known and an
	// unknown address.
	RequestSignIn(ctx context.Context, email string) error
	RequestPasswordReset(ctx context.Context, email string) error
}

// Mail is the use case of mail providers; package mail has it.
type Mail interface {
	// ProviderCallback answers the same whether or not the mails that a provider names
	// are known.
	ProviderCallback(context.Context, core.Callback) error
}
