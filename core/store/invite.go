package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// Rights are read by the statement that uses them, so a session that was revoked
// or a role that was lost a moment ago no longer counts. $1 tenant, $2 user, $3 session.
const actor = `WITH session AS (
	SELECT FROM sessions WHERE id = $3 AND user_id = $2 AND revoked_at IS NULL AND expires_at > now()),
actor AS (
	SELECT m.role, t.status AS tenant_status FROM memberships m JOIN tenants t ON t.id = m.tenant_id
	WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.status = 'active' AND EXISTS (TABLE session)),
allowed AS (
	SELECT role FROM actor WHERE tenant_status = 'active' AND role IN ('owner', 'admin'))`

// rights is what the actor CTE found.
type rights struct {
	session bool
	role    pgtype.Text
	tenant  pgtype.Text
}

const rightsColumns = `EXISTS (TABLE session), (SELECT role FROM actor), (SELECT tenant_status FROM actor)`

// refusal is nil when the actor may manage the tenant.
func (r rights) refusal() error {
	switch {
	case !r.session:
		return core.E(core.Unauthenticated, "The session has ended. Sign in again.").Because("session_revoked")
	case !r.role.Valid:
		return core.E(core.NotFound, "There is no such tenant.").Because("foreign_tenant")
	case !core.Role(r.role.String).MayManage():
		return core.E(core.Forbidden, "Only an owner or an admin may do this.").Because("role_too_low")
	case core.TenantStatus(r.tenant.String) != core.TenantActive:
		return core.E(core.Forbidden, "The tenant is not active.").Because("tenant_" + r.tenant.String)
	}
	return nil
}

const invite = actor + `,
member AS (
	SELECT FROM memberships m JOIN users u ON u.id = m.user_id
	WHERE m.tenant_id = $1 AND u.email_key = $6 AND m.status = 'active'),
invitation AS (
	INSERT INTO invitations (id, tenant_id, email, email_key, role, status, locale, metadata, redirect_url, invited_by, life, expires_at, plugin_release, validated_by)
	SELECT $4, $1, $5, $6, $7, 'pending', $8, $9::jsonb, $10, $2, $11::interval, now() + $11::interval, $18, $19::jsonb FROM allowed WHERE NOT EXISTS (TABLE member)
	RETURNING id, tenant_id, created_at, expires_at),
token AS (
	INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, invitation_id, redirect_url, traceparent, expires_at)
	SELECT $12, 1, 'invitation', $13, $14, tenant_id, id, $10, $15, expires_at FROM invitation),
message AS (
	INSERT INTO messages (id, kind, tenant_id, invitation_id, token_id, token_version, locale, traceparent)
	SELECT $16, 'invitation', tenant_id, id, $12, 1, $8, $15 FROM invitation
	RETURNING id),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'InvitationCreated', tenant_id, 'invitation', id, 1, $2, $15, jsonb_build_object('role', $7::text, 'expires_at', expires_at)
	FROM invitation),
`

const invited = `
SELECT ` + rightsColumns + `, EXISTS (TABLE member), i.created_at, i.expires_at
FROM (SELECT) one LEFT JOIN invitation i ON true`

var (
	inviteSQL      = invite + mailJob("$17", core.MailPrioritySingle) + invited
	inviteClaimSQL = invite + mailJob("$17", core.MailPrioritySingle) + `, claim AS (
	INSERT INTO idempotency_keys (scope, route, key, request_hash, result)
	SELECT $20, $21, $22, $23, jsonb_build_object('id', id, 'created_at', created_at, 'expires_at', expires_at, 'role', $7::text, 'locale', $8::text, 'metadata', $9::jsonb) FROM invitation)` + invited
)

// expireSQL lets go of an invitation whose time is over, so that the address may be
// invited again. The invitation's state at use never depends on it.
const expireSQL = `WITH gone AS (
	UPDATE invitations SET status = 'expired', version = version + 1
	WHERE tenant_id = $1 AND email_key = $2 AND status = 'pending' AND expires_at <= now()
	RETURNING id, tenant_id, version)
INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, data)
SELECT 'InvitationExpired', tenant_id, 'invitation', id, version, '{}'::jsonb FROM gone`

// Invite commits an invitation: its row, token, message, job and event. The
// actor's right is read in the same statement. It returns the invitation with
// the database's times.
func (s *Store) Invite(ctx context.Context, p core.Invite) (core.Invitation, error) {
	got, err := s.invite(ctx, p)
	pending, member := violates(err, "invitations_pending_key"), core.ReasonOf(err) == "already_member"
	if !pending && !member && !violates(err, "idempotency_keys_pkey") {
		return got, err
	}
	if first, found, err := s.ReplayInvite(ctx, p); found || err != nil {
		return first, err
	}
	if member {
		return got, err
	}
	if _, err := s.hot.Exec(ctx, expireSQL, uuid(p.Invitation.TenantID), p.Address.Key); err != nil {
		return core.Invitation{}, failure("expire an invitation", err)
	}
	got, err = s.invite(ctx, p)
	if violates(err, "invitations_pending_key") {
		return core.Invitation{}, core.E(core.Conflict, core.SayPending).Because("pending_invitation")
	}
	return got, err
}

func (s *Store) invite(ctx context.Context, p core.Invite) (core.Invitation, error) {
	sql, i := inviteSQL, p.Invitation
	args := []any{
		uuid(i.TenantID), uuid(p.Actor.UserID), uuid(p.Actor.SessionID), uuid(i.ID), p.Address.Email, p.Address.Key,
		string(i.Role), i.Locale, jsonMap(i.Metadata), i.RedirectURL, p.TTL,
		uuid(p.Token.ID), p.Token.KeyID, p.Token.Hash[:], p.Traceparent, uuid(p.MessageID), jobMetadata(p.Traceparent), p.Release, verdicts(p.Verdicts),
	}
	if p.Idempotency.Given() {
		sql = inviteClaimSQL
		args = append(args, claimArgs(p.Idempotency)...)
	}
	var r rights
	var member bool
	var created, expires pgtype.Timestamptz
	err := s.hot.QueryRow(ctx, sql, args...).Scan(&r.session, &r.role, &r.tenant, &member, &created, &expires)
	switch {
	case err != nil:
		return i, failure("invite", inFlight(p.Idempotency, err))
	case r.refusal() != nil:
		return i, r.refusal()
	case member:
		return i, core.E(core.Conflict, core.SayMember).Because("already_member")
	}
	i.Mail.Status = core.MailStatus(core.DeliveryPending)
	i.Status, i.Delivery, i.CreatedAt, i.ExpiresAt = core.InvitationPending, core.DeliveryPending, maybe(created), maybe(expires)
	return i, nil
}

// ReplayInvite gives the first call's answer again; found is false where there is no such
// call. What the caller sent is the same, since the body's hash is; what the database
// added and what plugins changed was kept.
func (s *Store) ReplayInvite(ctx context.Context, p core.Invite) (first core.Invitation, found bool, err error) {
	var result struct {
		ID        core.ID           `json:"id"`
		CreatedAt time.Time         `json:"created_at"`
		ExpiresAt time.Time         `json:"expires_at"`
		Role      core.Role         `json:"role"`
		Locale    string            `json:"locale"`
		Metadata  map[string]string `json:"metadata"`
	}
	found, err = s.replay(ctx, p.Idempotency, &result)
	if err != nil || !found {
		return core.Invitation{}, false, err
	}
	i := p.Invitation
	i.ID, i.CreatedAt, i.ExpiresAt = result.ID, result.CreatedAt.UTC(), result.ExpiresAt.UTC()
	i.Role, i.Locale, i.Metadata = result.Role, result.Locale, result.Metadata
	i.Status, i.Delivery, i.Mail.Status = core.InvitationPending, core.DeliveryPending, core.MailStatus(core.DeliveryPending)
	return i, true, nil
}
