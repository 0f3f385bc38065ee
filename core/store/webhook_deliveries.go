package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// An attempt that went well ends a failing; one that did not may disable the endpoint, which is an event.
const noteWebhookAttempt = `WITH kept AS (
	INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, attempt, status, duration_ms, error)
	SELECT id, $2, $3, $4, $5, $6, $7 FROM webhooks WHERE id = $1),
well AS (
	UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND $7 = '' AND failing_since IS NOT NULL),
ill AS (
	UPDATE webhooks SET failing_since = now() WHERE id = $1 AND $7 <> '' AND failing_since IS NULL AND disabled_at IS NULL AND NOT $8),
w AS (
	UPDATE webhooks SET disabled_at = now(), disabled_reason = CASE WHEN $8 THEN 'gone' ELSE 'failing' END, version = version + 1, updated_at = now()
	WHERE id = $1 AND $7 <> '' AND disabled_at IS NULL AND ($8 OR failing_since < now() - $9::interval)
	RETURNING *),
told AS (SELECT 'WebhookDisabled' AS what, tenant_id, id, version, NULL::uuid AS actor, $10::text AS traceparent, '' AS operator,
	jsonb_strip_nulls(jsonb_build_object('reason', disabled_reason, 'failing_since', failing_since)) AS data FROM w)` + webhookEvent + `
SELECT coalesce((SELECT disabled_reason FROM w), disabled_reason), EXISTS (TABLE w) FROM webhooks WHERE id = $1`

// NoteWebhookAttempt keeps an attempt. When the endpoint is gone, or fails for longer than patience, it is disabled in the
// same commit.
func (s *Store) NoteWebhookAttempt(ctx context.Context, a core.WebhookAttempt, gone bool, patience time.Duration, traceparent string) (core.WebhookState, error) {
	var reason string
	var state core.WebhookState
	err := s.job.QueryRow(ctx, noteWebhookAttempt, uuid(a.WebhookID), uuid(a.EventID), a.EventType, a.Attempt, a.Status, a.Took.Milliseconds(), a.Error,
		gone, patience, traceparent).Scan(&reason, &state.Changed)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, noWebhook()
	}
	state.Disabled = core.WebhookOff(reason)
	return state, failure("keep an attempt at a webhook", err)
}

// WebhookAttempts gives the last attempts at an endpoint, the newest first, of those before one number when that is not 0.
func (s *Store) WebhookAttempts(ctx context.Context, id core.ID, before int64, limit int) ([]core.WebhookAttempt, error) {
	rows, err := s.cold.Query(ctx, `SELECT id, webhook_id, event_id, event_type, attempt, time, status, duration_ms, error FROM webhook_deliveries
		WHERE webhook_id = $1 AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, described, uuid(id), before, limit)
	if err != nil {
		return nil, failure("list attempts at a webhook", err)
	}
	defer rows.Close()
	var list []core.WebhookAttempt
	for rows.Next() {
		var a core.WebhookAttempt
		var at pgtype.Timestamptz
		var ms int64
		if err := rows.Scan(&a.Number, into(&a.WebhookID), into(&a.EventID), &a.EventType, &a.Attempt, &at, &a.Status, &ms, &a.Error); err != nil {
			return nil, failure("list attempts at a webhook", err)
		}
		a.Time, a.Took = maybe(at), time.Duration(ms)*time.Millisecond
		list = append(list, a)
	}
	return list, failure("list attempts at a webhook", rows.Err())
}

// What is kept of the attempts at one endpoint.
const (
	keptAttempts    = 1000
	keptAttemptDays = 30
)

const purgeWebhookAttempts = `DELETE FROM webhook_deliveries d USING webhooks w
WHERE d.webhook_id = w.id AND (d.time < now() - make_interval(days => $2) OR d.id <= (
	SELECT id FROM webhook_deliveries l WHERE l.webhook_id = w.id ORDER BY id DESC OFFSET $1 LIMIT 1))`

// PurgeWebhookAttempts forgets all but the last attempts at each endpoint.
func (s *Store) PurgeWebhookAttempts(ctx context.Context) (int64, error) {
	tag, err := s.job.Exec(ctx, purgeWebhookAttempts, keptAttempts, keptAttemptDays)
	return tag.RowsAffected(), failure("forget attempts at webhooks", err)
}

// What was parked before is begun anew; what was not is before the consumer's place, so that nothing is asked for twice.
const replayEvents = `WITH place AS (SELECT name, xid, position FROM event_consumers WHERE name = $1),
again AS (
	INSERT INTO event_parked (consumer, tenant_id, xid, position)
	SELECT place.name, coalesce(e.tenant_id, '00000000-0000-0000-0000-000000000000'), e.xid, e.position
	FROM place, events e
	WHERE (e.xid, e.position) <= (place.xid, place.position) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
		AND ($2::uuid IS NULL OR e.tenant_id = $2) AND ($3::text[] IS NULL OR e.type = ANY ($3))
		AND ($4::timestamptz IS NULL OR e.time >= $4) AND ($5::uuid IS NULL OR e.id = $5)
	ORDER BY e.xid, e.position LIMIT $6
	ON CONFLICT (consumer, tenant_id, xid, position) DO UPDATE SET attempts = 0, next_at = now(), dead_at = NULL
	RETURNING 1),
act AS (
	INSERT INTO operator_acts (actor, action, subject, reason)
	SELECT $7, $9, concat_ws(' ', $1, $5), $8 WHERE $7 <> '')
SELECT count(*) FROM again`

// ReplayEvents has events sent again that a consumer has taken or that were given up, at most so many of the oldest, and
// gives how many they are. Who asks for it is in the audit when the act names him.
func (s *Store) ReplayEvents(ctx context.Context, f core.EventFilter, r core.EventReplay, most int, act core.EventAct) (n int, err error) {
	since := pgtype.Timestamptz{Time: r.Since, Valid: !r.Since.IsZero()}
	err = s.cold.QueryRow(ctx, replayEvents, described, act.Consumer, nullable(f.TenantID), typeNames(f.Types), since, nullable(r.EventID), most, act.Actor, act.Reason, act.Action).Scan(&n)
	return n, failure("send events again", err)
}

// WebhookBacklog tells of all endpoints together: events parked, how old the oldest is that waits, and how many are
// disabled by themselves.
func (s *Store) WebhookBacklog(ctx context.Context) (parked, dead int64, lag time.Duration, disabled map[core.WebhookOff]int64, err error) {
	var seconds float64
	var gone, failing int64
	err = s.job.QueryRow(ctx, `SELECT count(p.*), count(p.dead_at), coalesce(extract(epoch FROM now() - min(p.parked_at) FILTER (WHERE p.dead_at IS NULL)), 0)::float8,
		(SELECT count(*) FROM webhooks WHERE disabled_reason = 'gone'), (SELECT count(*) FROM webhooks WHERE disabled_reason = 'failing')
		FROM webhooks w JOIN event_parked p ON p.consumer = '`+core.WebhookConsumers+`' || w.id WHERE w.disabled_at IS NULL`).Scan(&parked, &dead, &seconds, &gone, &failing)
	return parked, dead, time.Duration(seconds * float64(time.Second)), map[core.WebhookOff]int64{core.WebhookGone: gone, core.WebhookFailing: failing},
		failure("measure the webhooks", err)
}
