package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// reached is how far a mail is on its way; a report takes it forward only.
const reached = `coalesce(array_position(ARRAY['deferred', 'delivered', 'bounced', 'complained'], `

// reportSQL keeps one report, with its event. A mail whose record is still to come, or that
// was last tried elsewhere, is found by our own name for it only.
const reportSQL = `WITH target AS (
	SELECT id FROM messages WHERE id = $1::uuid AND ($3::text IN ('', provider) OR status = 'pending')
	UNION ALL
	(SELECT id FROM messages WHERE $1::uuid IS NULL AND provider_message_id = $2::text AND provider_message_id <> '' AND provider = $3::text
	 ORDER BY id DESC LIMIT 1)),
message AS (
	UPDATE messages m SET delivery = $4::text, delivery_reason = $5::text,
		delivery_at = least(greatest(coalesce($6::timestamptz, now()), m.created_at), now()),
		version = version + CASE WHEN $4::text = 'deferred' THEN 0 ELSE 1 END, updated_at = now()
	FROM target
	WHERE m.id = target.id AND ` + reached + `m.delivery), 0) < ` + reached + `$4::text), 0)
	RETURNING m.id, m.provider, m.kind, m.tenant_id, m.invitation_id, m.version, m.delivery_at),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, traceparent, data)
	SELECT CASE $4::text WHEN 'delivered' THEN 'MessageDelivered' WHEN 'bounced' THEN 'MessageBounced' ELSE 'MessageComplained' END,
		tenant_id, 'message', id, version, $7::text, jsonb_strip_nulls(jsonb_build_object(
			'kind', kind, 'invitation_id', invitation_id, 'provider', coalesce(nullif($3::text, ''), provider), 'reason', nullif($5::text, ''), 'reported_at', delivery_at))
	FROM message WHERE $4::text <> 'deferred')
SELECT CASE WHEN EXISTS (SELECT FROM message) THEN 'changed' WHEN EXISTS (SELECT FROM target) THEN 'repeated' ELSE 'unknown' END`

// RecordReports keeps what a provider, or "" for whoever proved to have had the mail, reports of its mails, all of it or nothing, and
// tells of each report what it changed. A mail goes from deferred over delivered and bounced
// to complained, never back, and each step but the first is one event. Callbacks at once take
// the mails in one order, so that they do not wait for each other in a circle.
func (s *Store) RecordReports(ctx context.Context, provider string, reports []core.MailReport, traceparent string) ([]core.ReportOutcome, error) {
	inOrder := make([]int, len(reports))
	for i := range inOrder {
		inOrder[i] = i
	}
	slices.SortStableFunc(inOrder, func(a, b int) int {
		return cmp.Or(slices.Compare(reports[a].MessageID[:], reports[b].MessageID[:]), cmp.Compare(reports[a].ProviderID, reports[b].ProviderID))
	})
	outcomes := make([]core.ReportOutcome, len(reports))
	batch := &pgx.Batch{}
	for _, i := range inOrder {
		r := reports[i]
		batch.Queue(reportSQL, nullable(r.MessageID), r.ProviderID, provider, string(r.Status), r.Reason, pgtype.Timestamptz{Time: r.At, Valid: !r.At.IsZero()}, traceparent).
			QueryRow(func(row pgx.Row) error { return row.Scan(&outcomes[i]) })
	}
	// Behind bun's pool, so that a storm of callbacks takes no connection from signups. One
	// batch is one transaction.
	if err := s.cold.SendBatch(ctx, batch).Close(); err != nil {
		return nil, failure("record reports", err)
	}
	return outcomes, nil
}
