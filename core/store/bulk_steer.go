package store

import (
	"context"

	"github.com/usher-id/usher/core"
)

// What each action changes. Whoever resumes or retries a list goes on in their own name.
var steerSQL = map[core.BulkAction]string{
	core.BulkPause: actor + `, bulk AS (
	UPDATE bulk_invitations SET status = 'paused', reason = '', updated_at = now()
	WHERE id = $4::uuid AND tenant_id = $1::uuid AND status IN ('queued', 'running') AND EXISTS (TABLE allowed) RETURNING *)` + steered,

	core.BulkResume: actor + `, bulk AS (
	UPDATE bulk_invitations SET status = 'queued', reason = '', run = run + 1, actor_id = $2::uuid, updated_at = now()
	WHERE id = $4::uuid AND tenant_id = $1::uuid AND status = 'paused' AND EXISTS (TABLE allowed) RETURNING *), ` + bulkJob + steered,

	core.BulkCancel: actor + `, bulk AS (
	UPDATE bulk_invitations SET status = 'cancelled', reason = '', version = version + 1, updated_at = now(), finished_at = now()
	WHERE id = $4::uuid AND tenant_id = $1::uuid AND status IN ('queued', 'running', 'paused') AND EXISTS (TABLE allowed) RETURNING *), ` + finishBulk + steered,

	core.BulkRetry: actor + `, again AS MATERIALIZED (
	SELECT line, status FROM bulk_invitation_rows WHERE bulk_id = $4::uuid AND valid AND status IN ('failed', 'denied')),
bulk AS (
	UPDATE bulk_invitations SET status = 'queued', reason = '', run = run + 1, actor_id = $2::uuid, updated_at = now(), finished_at = NULL,
		pending = pending + (SELECT count(*) FROM again),
		failed = failed - (SELECT count(*) FROM again WHERE status = 'failed'), denied = denied - (SELECT count(*) FROM again WHERE status = 'denied')
	WHERE id = $4::uuid AND tenant_id = $1::uuid AND status IN ('paused', 'done') AND EXISTS (TABLE again) AND EXISTS (TABLE allowed) RETURNING *),
line AS (
	UPDATE bulk_invitation_rows r SET status = 'pending', field = '', code = '', message = '' FROM bulk, again
	WHERE r.bulk_id = bulk.id AND r.line = again.line), ` + bulkJob + steered,
}

const steered = ` SELECT ` + rightsColumns + `, EXISTS (TABLE bulk)`

// after is how a list stands after an action. Doing again what was done changes nothing.
var after = map[core.BulkAction][]core.BulkStatus{
	core.BulkPause:  {core.BulkPaused},
	core.BulkResume: {core.BulkQueued, core.BulkRunning},
	core.BulkCancel: {core.BulkCancelled},
}

// SteerBulk does something to a list and gives it as it stands then. What does not fit how it
// stands is [core.Conflict].
func (s *Store) SteerBulk(ctx context.Context, a core.Actor, tenant, id core.ID, action core.BulkAction) (core.Bulk, error) {
	var r rights
	var changed bool
	err := s.cold.QueryRow(ctx, steerSQL[action], nullable(tenant), nullable(a.UserID), nullable(a.SessionID), nullable(id)).
		Scan(&r.session, &r.role, &r.tenant, &changed)
	if err != nil {
		return core.Bulk{}, failure("steer a list of invitations", err)
	}
	if err := r.refusal(); err != nil {
		return core.Bulk{}, err
	}
	b, err := s.Bulk(ctx, tenant, id)
	if err != nil || changed {
		return b, err
	}
	for _, status := range after[action] {
		if b.Status == status {
			return b, nil
		}
	}
	if action == core.BulkRetry && (b.Status == core.BulkPaused || b.Status == core.BulkDone) {
		return b, core.E(core.Conflict, "No row of this list is worth another try: those that are not valid must be put right first.").Because("nothing_to_retry")
	}
	return b, core.E(core.Conflict, "This list is "+string(b.Status)+".").Because("bulk_" + string(b.Status))
}
