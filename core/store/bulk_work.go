package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// The rights of whoever began a list are those of the membership: signing out, or a session
// that ends overnight, does not stop a list.
const inviterOf = `JOIN memberships m ON m.tenant_id = b.tenant_id AND m.user_id = b.actor_id AND m.status = 'active' AND m.role IN ('owner', 'admin')
	JOIN users u ON u.id = b.actor_id AND u.status = 'active'
	JOIN tenants t ON t.id = b.tenant_id AND t.status = 'active'`

const (
	beginRunSQL = `UPDATE bulk_invitations SET status = 'running', updated_at = now() WHERE id = $1 AND run = $2 AND status = 'queued'`
	nextHeadSQL = `SELECT ` + bulkColumns + `, (SELECT m.role FROM bulk_invitations b ` + inviterOf + ` WHERE b.id = $1)
		FROM bulk_invitations b WHERE b.id = $1 AND b.run = $2 AND b.status = 'running'`
	nextRowsSQL = `SELECT ` + bulkRowColumns + ` FROM bulk_invitation_rows r WHERE r.bulk_id = $1 AND r.status = 'pending' ORDER BY r.line LIMIT $2`
)

// NextBulk gives the next rows of a run; found is false when the run is over, because the list
// was paused, cancelled or taken up anew.
func (s *Store) NextBulk(ctx context.Context, job core.BulkJob, most int) (b core.BulkBatch, found bool, err error) {
	if _, err := s.hot.Exec(ctx, beginRunSQL, uuid(job.BulkID), job.Run); err != nil {
		return b, false, failure("begin a run over a list of invitations", err)
	}
	var role pgtype.Text
	targets, end := bulkInto(&b.Bulk)
	err = s.hot.QueryRow(ctx, nextHeadSQL, uuid(job.BulkID), job.Run).Scan(append(targets, &role)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, failure("read a list of invitations", err)
	}
	end()
	b.InviterRole, b.Allowed = core.Role(role.String), role.Valid
	rows, err := s.hot.Query(ctx, nextRowsSQL, uuid(job.BulkID), most)
	if err == nil {
		b.Rows, err = pgx.CollectRows(rows, scanBulkRow)
	}
	return b, true, failure("read the next rows of a list", err)
}

// A batch is one transaction of three statements on their way together. The first takes the
// list's row, so that a pause, a cancellation and another worker wait for the batch or are seen
// by it; the others find nothing to do when the run is over.
const (
	runs = `runs AS (SELECT b.id, b.tenant_id, b.actor_id FROM bulk_invitations b ` + inviterOf + `
	WHERE b.id = $1::uuid AND b.run = $2::integer AND b.status = 'running')`

	lockBulkSQL = `SELECT FROM bulk_invitations WHERE id = $1::uuid AND run = $2::integer AND status = 'running' FOR UPDATE`

	expireBulkSQL = `WITH ` + runs + `,
gone AS (
	UPDATE invitations i SET status = 'expired', version = version + 1 FROM runs
	WHERE i.tenant_id = runs.tenant_id AND i.status = 'pending' AND i.expires_at <= now()
		AND i.email_key IN (SELECT jsonb_array_elements($3::jsonb)->>'email_key')
	RETURNING i.id, i.tenant_id, i.version)
INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, data)
SELECT 'InvitationExpired', tenant_id, 'invitation', id, version, '{}'::jsonb FROM gone`
)

// A row whose address was invited meanwhile is a duplicate; it costs the batch nothing. Rows go
// in the order of their addresses, so that two lists at once do not wait for each other in a circle.
var inviteBulkSQL = `WITH ` + runs + `,
given AS MATERIALIZED (
	SELECT g.*, runs.tenant_id, runs.actor_id FROM runs, jsonb_to_recordset($3::jsonb) AS g (line integer, status text, field text, code text, message text,
		id uuid, email text, email_key text, role text, locale text, metadata jsonb, redirect_url text, life integer, token_id uuid, key_id text, hash text,
		message_id uuid, release bigint, verdicts jsonb)
	JOIN bulk_invitation_rows r ON r.bulk_id = $1::uuid AND r.line = g.line AND r.status = 'pending'),
member AS MATERIALIZED (
	SELECT g.line FROM given g JOIN users u ON u.email_key = g.email_key
	JOIN memberships m ON m.tenant_id = g.tenant_id AND m.user_id = u.id AND m.status = 'active' WHERE g.status = 'pending'),
invitation AS (
	INSERT INTO invitations (id, tenant_id, email, email_key, role, status, locale, metadata, redirect_url, invited_by, life, expires_at, plugin_release, validated_by)
	SELECT id, tenant_id, email, email_key, role, 'pending', locale, metadata, redirect_url, actor_id,
		make_interval(secs => life), now() + make_interval(secs => life), release, verdicts
	FROM given WHERE status = 'pending' AND line NOT IN (TABLE member) ORDER BY email_key
	ON CONFLICT (tenant_id, email_key) WHERE status = 'pending' DO NOTHING
	RETURNING id, role, expires_at),
made AS MATERIALIZED (
	SELECT g.*, i.expires_at FROM invitation i JOIN given g ON g.id = i.id),
token AS (
	INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, invitation_id, redirect_url, traceparent, expires_at)
	SELECT token_id, 1, 'invitation', key_id, decode(hash, 'hex'), tenant_id, id, redirect_url, $4::text, expires_at FROM made),
message AS (
	INSERT INTO messages (id, kind, tenant_id, invitation_id, token_id, token_version, locale, traceparent)
	SELECT message_id, 'invitation', tenant_id, id, token_id, 1, locale, $4::text FROM made
	RETURNING id),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'InvitationCreated', tenant_id, 'invitation', id, 1, actor_id, $4::text, jsonb_build_object('role', role, 'expires_at', expires_at) FROM made),
` + mailJob("$5::text", core.MailPriorityBulk) + `,
mark AS (
	UPDATE bulk_invitation_rows r SET invitation_id = m.id,
		status = CASE WHEN g.status <> 'pending' THEN g.status WHEN m.id IS NOT NULL THEN 'invited' ELSE 'duplicate' END,
		field = CASE WHEN g.status <> 'pending' THEN g.field WHEN m.id IS NOT NULL THEN '' ELSE 'email' END,
		code = CASE WHEN g.status <> 'pending' THEN g.code WHEN m.id IS NOT NULL THEN '' WHEN g.line IN (TABLE member) THEN 'already_member' ELSE 'pending_invitation' END,
		message = CASE WHEN g.status <> 'pending' THEN g.message WHEN m.id IS NOT NULL THEN '' WHEN g.line IN (TABLE member) THEN $6::text ELSE $7::text END
	FROM given g LEFT JOIN made m ON m.line = g.line
	WHERE r.bulk_id = $1::uuid AND r.line = g.line
	RETURNING r.status),
tally AS (
	SELECT count(*) AS all_of_them, count(*) FILTER (WHERE status = 'invited') AS invited, count(*) FILTER (WHERE status = 'duplicate') AS duplicate,
		count(*) FILTER (WHERE status = 'denied') AS denied, count(*) FILTER (WHERE status = 'failed') AS failed FROM mark),
counts AS (
	UPDATE bulk_invitations b SET pending = b.pending - all_of_them, invited = b.invited + tally.invited, duplicate = b.duplicate + tally.duplicate,
		denied = b.denied + tally.denied, failed = b.failed + tally.failed, updated_at = now()
	FROM tally WHERE b.id = $1::uuid)
SELECT invited FROM tally`

// batchRow is a row on its way into a batch.
type batchRow struct {
	Line        int               `json:"line"`
	Status      string            `json:"status"`
	Field       string            `json:"field"`
	Code        string            `json:"code"`
	Message     string            `json:"message"`
	ID          *core.ID          `json:"id"`
	Email       string            `json:"email"`
	EmailKey    string            `json:"email_key"`
	Role        core.Role         `json:"role"`
	Locale      string            `json:"locale"`
	Metadata    map[string]string `json:"metadata"`
	RedirectURL string            `json:"redirect_url"`
	Life        int64             `json:"life"`
	TokenID     *core.ID          `json:"token_id"`
	KeyID       string            `json:"key_id"`
	Hash        string            `json:"hash"`
	MessageID   *core.ID          `json:"message_id"`
	Release     int64             `json:"release"`
	Verdicts    any               `json:"verdicts,omitempty"`
}

// CommitBulk commits a batch: of each row its invitation with token, message, job and event, or
// what else became of it, and the list's counts. Either all of it happens or nothing, and a row
// that is no longer pending is left alone, so a batch that is done again does nothing twice. It
// gives how many were invited.
func (s *Store) CommitBulk(ctx context.Context, job core.BulkJob, rows []core.BulkOutcome, traceparent string) (invited int, err error) {
	document, err := json.Marshal(batchRows(rows))
	if err != nil {
		return 0, failure("write a batch of invitations", err)
	}
	id, text := nullable(job.BulkID), string(document)
	batch := &pgx.Batch{}
	batch.Queue(lockBulkSQL, id, job.Run)
	batch.Queue(expireBulkSQL, id, job.Run, text)
	batch.Queue(inviteBulkSQL, id, job.Run, text, traceparent, string(jobMetadata(traceparent)), core.SayMember, core.SayPending).
		QueryRow(func(row pgx.Row) error { return row.Scan(&invited) })
	err = s.cold.SendBatch(ctx, batch).Close()
	return invited, failure("commit a batch of invitations", err)
}

func batchRows(rows []core.BulkOutcome) []batchRow {
	out := make([]batchRow, len(rows))
	for n, o := range rows {
		r := batchRow{Line: o.Row.Line, Status: string(o.Row.Status), Field: o.Row.Field, Code: o.Row.Code, Message: o.Row.Message}
		if o.Row.Status == core.BulkRowPending {
			p, i := o.Invite, o.Invite.Invitation
			r.ID, r.TokenID, r.MessageID = &i.ID, &p.Token.ID, &p.MessageID
			r.Email, r.EmailKey, r.Role, r.Locale, r.Metadata, r.RedirectURL = p.Address.Email, p.Address.Key, i.Role, i.Locale, jsonMap(i.Metadata), i.RedirectURL
			r.Life, r.KeyID, r.Hash, r.Release, r.Verdicts = int64(p.TTL.Seconds()), p.Token.KeyID, hex.EncodeToString(p.Token.Hash[:]), p.Release, verdicts(p.Verdicts)
		}
		out[n] = r
	}
	return out
}

const finishBulk = `event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, traceparent, data)
	SELECT 'BulkInvitationFinished', tenant_id, 'bulk_invitation', id, version, traceparent, jsonb_build_object('status', status, 'rows', rows,
		'invited', invited, 'duplicate', duplicate, 'denied', denied, 'failed', failed, 'pending', pending)
	FROM bulk WHERE finished_at IS NOT NULL)`

const endBulkSQL = `WITH bulk AS (
	UPDATE bulk_invitations SET status = $3::text, reason = $4::text, updated_at = now(),
		finished_at = CASE WHEN $3::text = 'done' THEN now() END, version = version + CASE WHEN $3::text = 'done' THEN 1 ELSE 0 END
	WHERE id = $1::uuid AND run = $2::integer AND status IN ('queued', 'running') AND (pending = 0 OR $3::text <> 'done')
	RETURNING *), ` + finishBulk + ` SELECT count(*) FROM bulk`

// EndBulk ends a run: the list is done, or paused for a reason. It does nothing when the run is
// over already.
func (s *Store) EndBulk(ctx context.Context, job core.BulkJob, status core.BulkStatus, reason string) error {
	_, err := s.cold.Exec(ctx, endBulkSQL, nullable(job.BulkID), job.Run, string(status), reason)
	return failure("end a list of invitations", err)
}
