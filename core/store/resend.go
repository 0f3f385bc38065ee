package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

const lockInvitationSQL = actor + `,
invitation AS (
	SELECT i.id, i.status, i.token_version, k.id AS token_id FROM invitations i
	JOIN tokens k ON k.invitation_id = i.id AND k.version = i.token_version
	WHERE i.id = $4 AND i.tenant_id = $1)
SELECT ` + rightsColumns + `, i.status, i.token_version, i.token_id FROM (SELECT) one LEFT JOIN invitation i ON true`

// The version in the WHERE makes two resends at once one: the other finds nothing. The
// tokens' rows are taken before the invitation's, in the order of a click.
var resendSQL = `WITH turn AS MATERIALIZED (
	SELECT FROM tokens WHERE invitation_id = $1 AND tenant_id = $2 ORDER BY version FOR UPDATE),
invitation AS (
	UPDATE invitations SET status = 'pending', token_version = $3, version = version + 1, expires_at = now() + LEAST(life, $4::interval)
	WHERE id = $1 AND tenant_id = $2 AND token_version = $3 - 1 AND status IN ('pending', 'expired') AND (SELECT count(*) FROM turn) > 0
	RETURNING id, tenant_id, version, expires_at, redirect_url, locale),
superseded AS (
	UPDATE tokens SET superseded_at = now() FROM invitation
	WHERE tokens.invitation_id = invitation.id AND tokens.version < $3 AND superseded_at IS NULL),
token AS (
	INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, invitation_id, redirect_url, traceparent, expires_at)
	SELECT $5, $3, 'invitation', $6, $7, tenant_id, id, redirect_url, $8, expires_at FROM invitation),
message AS (
	INSERT INTO messages (id, kind, tenant_id, invitation_id, token_id, token_version, locale, traceparent)
	SELECT $9, 'invitation', tenant_id, id, $5, $3, locale, $8 FROM invitation
	RETURNING id),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'InvitationResent', tenant_id, 'invitation', id, version, $10, $8, jsonb_build_object('expires_at', expires_at) FROM invitation),
` + mailJob("$11", core.MailPrioritySingle) + `
SELECT count(*) FROM message`

// Resend gives a pending or expired invitation a new token version, its own life anew and a new
// message; the link before dies in the same commit.
func (s *Store) Resend(ctx context.Context, p core.Resend) error {
	var r rights
	var status pgtype.Text
	var version pgtype.Int4
	var token pgtype.UUID
	err := s.hot.QueryRow(ctx, lockInvitationSQL, uuid(p.TenantID), uuid(p.Actor.UserID), uuid(p.Actor.SessionID), uuid(p.InvitationID)).
		Scan(&r.session, &r.role, &r.tenant, &status, &version, &token)
	switch {
	case err != nil:
		return failure("resend", err)
	case r.refusal() != nil:
		return r.refusal()
	case !status.Valid:
		return noInvitation()
	}
	ref := core.TokenRef{ID: token.Bytes, Version: int(version.Int32) + 1, Purpose: core.PurposeInvitation, KeyID: p.KeyID}
	hash, err := p.HashOf(ref)
	if err != nil {
		return err
	}
	var sent int
	err = s.hot.QueryRow(ctx, resendSQL, uuid(p.InvitationID), uuid(p.TenantID), ref.Version, p.MaxLife,
		uuid(ref.ID), ref.KeyID, hash[:], p.Traceparent, uuid(p.MessageID), uuid(p.Actor.UserID), jobMetadata(p.Traceparent)).Scan(&sent)
	switch {
	case violates(err, "invitations_pending_key"):
		return core.E(core.Conflict, "The address was invited anew meanwhile.").Because("pending_invitation")
	case err != nil:
		return failure("resend", err)
	case sent == 0:
		return core.E(core.Conflict, "This invitation is no longer pending, or is being resent right now.").Because("invitation_" + status.String)
	}
	return nil
}
