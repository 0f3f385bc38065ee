package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// timelineSQL tells the story of one invitation ($1) of a tenant ($2, NULL for any) from its
// rows. rank is the order of steps that share a time, since they were one commit. Refusals
// ($3) are for operators: their reason is what nobody outside may learn.
const timelineSQL = `WITH i AS MATERIALIZED (
	SELECT * FROM invitations WHERE id = $1::uuid AND ($2::uuid IS NULL OR tenant_id = $2::uuid)),
k AS MATERIALIZED (
	SELECT k.* FROM i JOIN tokens k ON k.invitation_id = i.id),
m AS MATERIALIZED (
	SELECT m.* FROM i JOIN messages m ON m.invitation_id = i.id),
e AS MATERIALIZED (
	SELECT e.* FROM (SELECT id FROM i UNION ALL SELECT id FROM m) a JOIN events e ON e.aggregate_id = a.id),
steps AS (
	SELECT e.time AS at, CASE e.type WHEN 'InvitationCreated' THEN 1 ELSE 2 END AS rank,
		CASE e.type WHEN 'InvitationCreated' THEN 'created' WHEN 'InvitationResent' THEN 'resent' WHEN 'InvitationRevoked' THEN 'revoked'
			WHEN 'InvitationExpired' THEN 'expired' WHEN 'InvitationAccepted' THEN 'accepted' WHEN 'MessageDelivered' THEN 'delivered'
			WHEN 'MessageBounced' THEN 'bounced' WHEN 'MessageComplained' THEN 'complained' ELSE e.type END AS step,
		jsonb_build_object('by', e.actor_id, 'role', e.data->'role', 'expires_at', e.data->'expires_at', 'provider', e.data->'provider',
			'reason', e.data->'reason', 'reported_at', e.data->'reported_at',
			'message_id', CASE WHEN e.aggregate_type = 'message' THEN e.aggregate_id END,
			'plugin_release', CASE WHEN e.type = 'InvitationCreated' THEN nullif(i.plugin_release, 0) END) AS detail, e.traceparent
	FROM e, i
	UNION ALL
	SELECT i.created_at, 0, 'hook', h.value, (SELECT traceparent FROM k WHERE version = 1 LIMIT 1)
	FROM i, jsonb_array_elements(coalesce(i.validated_by, '[]')) h
	UNION ALL
	SELECT i.accepted_at, 0, 'hook', h.value, (SELECT traceparent FROM e WHERE type = 'InvitationAccepted')
	FROM i, jsonb_array_elements(coalesce(i.activated_by, '[]')) h
	UNION ALL
	SELECT a.at, 4, 'attempt', jsonb_build_object('message_id', m.id, 'attempt', a.number, 'provider', nullif(a.provider, ''), 'outcome', a.outcome,
		'duration_ms', CASE WHEN a.provider <> '' THEN a.duration_ms END), a.traceparent
	FROM m JOIN message_attempts a ON a.message_id = m.id
	UNION ALL
	SELECT r.at, 3, 'rendered', jsonb_build_object('message_id', m.id, 'by', m.rendered_by, 'language', nullif(m.language, ''), 'routed_by', nullif(m.routed_by, '')), r.traceparent
	FROM m CROSS JOIN LATERAL (SELECT at, traceparent FROM message_attempts WHERE message_id = m.id ORDER BY at LIMIT 1) r
	WHERE m.rendered_by <> ''
	UNION ALL
	SELECT n.created_at, 5, 'inviter_told', jsonb_build_object('message_id', n.id, 'mail', n.status), n.traceparent
	FROM i JOIN messages n ON n.about_invitation_id = i.id
	UNION ALL
	SELECT v.first_at, 6, CASE v.kind WHEN 'refused' THEN 'refused' ELSE 'opened' END, jsonb_build_object('link', k.version, 'count', v.count, 'last_at', v.last_at,
		'reason', nullif(v.reason, ''), 'by', CASE v.kind WHEN 'person' THEN 'human' WHEN 'refused' THEN NULL ELSE 'scanner' END, 'seen', nullif(v.kind, 'refused')), v.traceparent
	FROM k JOIN link_visits v ON v.token_id = k.id AND v.token_version = k.version
	WHERE v.kind <> 'refused' OR $3::boolean
	UNION ALL
	SELECT i.accepted_at, 7, 'activated', jsonb_build_object('user_id', i.accepted_by), (SELECT traceparent FROM e WHERE type = 'InvitationAccepted')
	FROM i WHERE i.status = 'accepted'
	UNION ALL
	SELECT i.expires_at, 8, 'expired', '{}'::jsonb, ''
	FROM i WHERE i.status = 'pending' AND i.expires_at <= now())
SELECT EXISTS (TABLE i), s.at, s.step, jsonb_strip_nulls(s.detail), s.traceparent
FROM (SELECT) one LEFT JOIN steps s ON true ORDER BY s.at, s.rank, s.detail->>'attempt', s.traceparent LIMIT 1000`

// Timeline tells the story of one invitation, in the order of time. A zero tenant stands for
// any; another's invitation is [core.NotFound]. With refusals it has the uses of the links that
// failed, and why.
func (s *Store) Timeline(ctx context.Context, tenant, invitation core.ID, refusals bool) ([]core.Step, error) {
	var owner any
	if !tenant.IsZero() {
		owner = tenant.String()
	}
	rows, err := s.cold.Query(ctx, timelineSQL, invitation.String(), owner, refusals)
	if err != nil {
		return nil, failure("tell an invitation's story", err)
	}
	defer rows.Close()
	known, steps := false, []core.Step{}
	for rows.Next() {
		step, there, err := scanStep(rows)
		if err != nil {
			return nil, failure("read a step of an invitation", err)
		}
		known = there
		if step.Name != "" {
			steps = append(steps, step)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, failure("tell an invitation's story", err)
	}
	if !known {
		return nil, noInvitation()
	}
	return steps, nil
}

func scanStep(row pgx.Row) (step core.Step, known bool, err error) {
	var at pgtype.Timestamptz
	var name, traceparent pgtype.Text
	var detail []byte
	if err := row.Scan(&known, &at, &name, &detail, &traceparent); err != nil || !name.Valid {
		return step, known, err
	}
	step = core.Step{At: maybe(at), Name: name.String, TraceID: traceID(traceparent.String), Detail: map[string]string{}}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(detail, &values); err != nil {
		return step, known, err
	}
	for key, value := range values {
		step.Detail[key] = plain(value)
	}
	return step, known, nil
}

// plain is a value as a person reads it: texts without quotes, times in UTC.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.UTC().Format(time.RFC3339)
	}
	return text
}

// traceID is that of a traceparent (W3C Trace Context), or "".
func traceID(traceparent string) string {
	if parts := strings.Split(traceparent, "-"); len(parts) == 4 {
		return parts[1]
	}
	return ""
}
