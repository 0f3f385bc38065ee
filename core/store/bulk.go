package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// bulkLife is how long a list is kept once it has ended.
const bulkLife = 30 * 24 * time.Hour

// bulkJob is the job of the run that the CTE "bulk" returned, written as [mailJob] is.
var bulkJob = `job AS (
	INSERT INTO river_job (args, kind, metadata, priority, queue)
	SELECT jsonb_build_object('bulk_id', id, 'run', run), '` + core.BulkJobKind + `', 
		CASE traceparent WHEN '' THEN '{}' ELSE jsonb_build_object('traceparent', traceparent) END, ` + strconv.Itoa(core.BulkJobPriority) + `, '` + core.BulkJobQueue + `' FROM bulk)`

// InsertBulkJob is the statement behind every such job, for the test that holds it against the
// job library's own: $1 is the list's id, $2 the run.
var InsertBulkJob = `WITH bulk AS (SELECT $1::uuid AS id, $2::integer AS run, ''::text AS traceparent), ` + bulkJob + ` SELECT id FROM bulk`

// Lists travel as one JSON document: one parameter, however many rows there are. These
// statements run behind bun's pool, so that no list takes a connection from signups.
var startBulk = actor + `,
bulk AS (
	INSERT INTO bulk_invitations (id, tenant_id, actor_id, status, life, traceparent, rows, pending, duplicate, failed)
	SELECT $4::uuid, $1::uuid, $2::uuid, 'queued', $5::interval, $6::text, $7::integer, $8::integer, $9::integer, $10::integer FROM allowed
	RETURNING *),
line AS (
	INSERT INTO bulk_invitation_rows (bulk_id, line, email, email_key, role, locale, metadata, redirect_url, status, valid, field, code, message)
	SELECT bulk.id, r.line, r.email, r.email_key, r.role, r.locale, r.metadata, r.redirect_url, r.status, r.valid, r.field, r.code, r.message
	FROM bulk, jsonb_to_recordset($11::jsonb) AS r (line integer, email text, email_key text, role text, locale text, metadata jsonb,
		redirect_url text, status text, valid boolean, field text, code text, message text)),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'BulkInvitationStarted', tenant_id, 'bulk_invitation', id, version, $2::uuid, $6::text, jsonb_build_object('rows', rows) FROM bulk),
` + bulkJob

const startedBulk = ` SELECT ` + rightsColumns + `, (SELECT created_at FROM bulk)`

var (
	startBulkSQL      = startBulk + startedBulk
	startBulkClaimSQL = startBulk + `, claim AS (
	INSERT INTO idempotency_keys (scope, route, key, request_hash, result)
	SELECT $12::text, $13::text, $14::text, $15::bytea, jsonb_build_object('id', id) FROM bulk)` + startedBulk
)

// storedRow is a row on its way into the database.
type storedRow struct {
	Line        int               `json:"line"`
	Email       string            `json:"email"`
	EmailKey    string            `json:"email_key"`
	Role        core.Role         `json:"role"`
	Locale      string            `json:"locale"`
	Metadata    map[string]string `json:"metadata"`
	RedirectURL string            `json:"redirect_url"`
	Status      string            `json:"status"`
	Valid       bool              `json:"valid"`
	Field       string            `json:"field"`
	Code        string            `json:"code"`
	Message     string            `json:"message"`
}

// StartBulk commits a list, its rows, its job and its event; the actor's right is read in the
// same statement. With an idempotency key that was used it is the first call's list.
func (s *Store) StartBulk(ctx context.Context, p core.BulkStart) (core.Bulk, error) {
	rows := make([]storedRow, len(p.Rows))
	for i, r := range p.Rows {
		rows[i] = storedRow{
			Line: r.Line, Email: r.Email, EmailKey: r.Address.Key, Role: r.Role, Locale: r.Locale, Metadata: jsonMap(r.Metadata), RedirectURL: r.RedirectURL,
			Status: string(r.Status), Valid: r.Valid, Field: r.Field, Code: r.Code, Message: r.Message,
		}
	}
	document, err := json.Marshal(rows)
	if err != nil {
		return core.Bulk{}, failure("write a list of invitations", err)
	}
	b, n := p.Bulk, p.Bulk.Counts
	sql, args := startBulkSQL, []any{
		nullable(b.TenantID), nullable(p.Actor.UserID), nullable(p.Actor.SessionID), nullable(b.ID), b.Life, p.Traceparent,
		n.Rows, n.Pending, n.Duplicate, n.Failed, string(document),
	}
	if p.Idempotency.Given() {
		sql, args = startBulkClaimSQL, append(args, claimArgs(p.Idempotency)...)
	}
	var r rights
	var created pgtype.Timestamptz
	err = s.cold.QueryRow(ctx, sql, args...).Scan(&r.session, &r.role, &r.tenant, &created)
	if violates(err, "idempotency_keys_pkey") {
		first, _, err := s.ReplayBulk(ctx, b.TenantID, p.Idempotency)
		return first, err
	}
	if err != nil {
		return core.Bulk{}, failure("start a list of invitations", inFlight(p.Idempotency, err))
	}
	b.CreatedAt, b.UpdatedAt = maybe(created), maybe(created)
	return b, r.refusal()
}

// ReplayBulk gives the list that the first call with this key began, as it stands now; found is
// false where there is no such call.
func (s *Store) ReplayBulk(ctx context.Context, tenant core.ID, i core.Idempotency) (first core.Bulk, found bool, err error) {
	var result struct {
		ID core.ID `json:"id"`
	}
	if found, err = s.replay(ctx, i, &result); err != nil || !found {
		return core.Bulk{}, false, err
	}
	first, err = s.Bulk(ctx, tenant, result.ID)
	return first, err == nil, err
}

const knownSQL = `SELECT k.key, EXISTS (SELECT FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email_key = k.key AND m.tenant_id = $1::uuid AND m.status = 'active')
FROM jsonb_array_elements_text($2::jsonb) AS k (key)
WHERE EXISTS (SELECT FROM invitations i WHERE i.tenant_id = $1::uuid AND i.email_key = k.key AND i.status = 'pending' AND i.expires_at > now())
	OR EXISTS (SELECT FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email_key = k.key AND m.tenant_id = $1::uuid AND m.status = 'active')`

// KnownAddresses tells which of these addresses, by their keys, have a pending invitation into
// the tenant (false) or belong to a member of it (true).
func (s *Store) KnownAddresses(ctx context.Context, tenant core.ID, keys []string) (map[string]bool, error) {
	document, err := json.Marshal(keys)
	if err != nil {
		return nil, failure("look addresses up", err)
	}
	rows, err := s.hot.Query(ctx, knownSQL, uuid(tenant), string(document))
	if err != nil {
		return nil, failure("look addresses up", err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var key string
		var member bool
		if err := rows.Scan(&key, &member); err != nil {
			return nil, failure("look addresses up", err)
		}
		known[key] = member
	}
	return known, failure("look addresses up", rows.Err())
}

// PurgeBulks deletes lists that ended longer ago than they are kept. Their invitations stay.
func (s *Store) PurgeBulks(ctx context.Context) (int64, error) {
	done, err := s.cold.Exec(ctx, `DELETE FROM bulk_invitations WHERE id IN (
		SELECT id FROM bulk_invitations WHERE finished_at < now() - $1::interval ORDER BY finished_at LIMIT 20)`, bulkLife)
	return done.RowsAffected(), failure("purge lists of invitations", err)
}
