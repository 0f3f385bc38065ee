package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// The token's row is what a click and a revocation race for: both update it, and both
// take it before the invitation's, since they would wait for each other otherwise.
const revokeSQL = actor + `,
turn AS MATERIALIZED (
	SELECT FROM tokens WHERE invitation_id = $4 AND tenant_id = $1 AND EXISTS (TABLE allowed) ORDER BY version FOR UPDATE),
invitation AS (
	UPDATE invitations i SET status = 'revoked', revoked_at = now(), version = version + 1
	WHERE id = $4 AND tenant_id = $1 AND ` + pending + ` AND (SELECT count(*) FROM turn) > 0
	RETURNING id, tenant_id, version),
token AS (
	UPDATE tokens SET revoked_at = now() FROM invitation
	WHERE tokens.invitation_id = invitation.id AND consumed_at IS NULL AND revoked_at IS NULL),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent)
	SELECT 'InvitationRevoked', tenant_id, 'invitation', id, version, $2, $5 FROM invitation)
SELECT ` + rightsColumns + `, (SELECT id FROM invitation), (SELECT status FROM invitations WHERE id = $4 AND tenant_id = $1)`

// Revoke ends a pending invitation and kills its link. Revoking a revoked one again
// succeeds and changes nothing; one that was accepted is [core.Conflict].
func (s *Store) Revoke(ctx context.Context, a core.Actor, tenant, invitation core.ID, traceparent string) error {
	var r rights
	var done pgtype.UUID
	var was pgtype.Text
	err := s.hot.QueryRow(ctx, revokeSQL, uuid(tenant), uuid(a.UserID), uuid(a.SessionID), uuid(invitation), traceparent).
		Scan(&r.session, &r.role, &r.tenant, &done, &was)
	switch {
	case err != nil:
		return failure("revoke", err)
	case r.refusal() != nil:
		return r.refusal()
	case done.Valid || core.InvitationStatus(was.String) == core.InvitationRevoked:
		return nil
	case !was.Valid:
		return noInvitation()
	}
	return core.E(core.Conflict, "This invitation is no longer pending.").Because("invitation_" + was.String)
}

func noInvitation() error {
	return core.E(core.NotFound, "There is no such invitation.").Because("unknown_invitation")
}
