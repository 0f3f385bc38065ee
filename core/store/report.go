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

// reportedAt is a time between the mail's commit and now.
const reportedAt = `least(greatest(coalesce($6::timestamptz, now()), m.created_at), now())`

// reportSQL keeps one report, with its event. A mail whose record is still to come, or that
// was last tried elsewhere, is found by our own name for it only. The inviter is told of a bounce of
// the link that is the invitation's now, once, by a mail that this commit promises: nobody else can
// put the address right. Of a complaint the inviter is not told: it would say who complained,
// and a person who does not want the mails must not have to answer for it.
var reportSQL = `WITH target AS (
	SELECT id FROM messages WHERE id = $1::uuid AND ($3::text IN ('', provider) OR status = 'pending')
	UNION ALL
	(SELECT id FROM messages WHERE $1::uuid IS NULL AND provider_message_id = $2::text AND provider_message_id <> '' AND provider = $3::text
	 ORDER BY id DESC LIMIT 1)),
reported AS (
	UPDATE messages m SET delivery = $4::text, delivery_reason = $5::text,
		delivery_at = ` + reportedAt + `,
		delivered_at = CASE $4::text WHEN 'delivered' THEN ` + reportedAt + ` ELSE m.delivered_at END,
		bounced_at = CASE $4::text WHEN 'bounced' THEN ` + reportedAt + ` ELSE m.bounced_at END,
		version = version + CASE WHEN $4::text = 'deferred' THEN 0 ELSE 1 END, updated_at = now()
	FROM target
	WHERE m.id = target.id AND ` + reached + `m.delivery), 0) < ` + reached + `$4::text), 0)
	RETURNING m.id, m.provider, m.kind, m.tenant_id, m.invitation_id, m.token_version, m.version, m.delivery_at),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, traceparent, data)
	SELECT CASE $4::text WHEN 'delivered' THEN 'MessageDelivered' WHEN 'bounced' THEN 'MessageBounced' ELSE 'MessageComplained' END,
		tenant_id, 'message', id, version, $7::text, jsonb_strip_nulls(jsonb_build_object(
			'kind', kind, 'invitation_id', invitation_id, 'provider', coalesce(nullif($3::text, ''), provider), 'reason', nullif($5::text, ''), 'reported_at', delivery_at))
	FROM reported WHERE $4::text <> 'deferred'),
message AS (
	INSERT INTO messages (id, kind, tenant_id, user_id, about_invitation_id, token_version, locale, traceparent)
	SELECT uuid_v7(), '` + string(core.MessageInvitationBounced) + `', r.tenant_id, u.id, i.id, r.token_version, u.locale, $7::text
	FROM reported r JOIN invitations i ON i.id = r.invitation_id JOIN users u ON u.id = i.invited_by
	JOIN memberships b ON b.tenant_id = i.tenant_id AND b.user_id = i.invited_by
	WHERE $4::text = 'bounced' AND i.status NOT IN ('accepted', 'revoked') AND i.token_version = r.token_version
		AND u.status = 'active' AND b.status = 'active' AND b.role IN ('owner', 'admin')
	ON CONFLICT (about_invitation_id, token_version) WHERE about_invitation_id IS NOT NULL DO NOTHING
	RETURNING id),
` + mailJob("$8::text", core.MailPrioritySingle) + `
SELECT CASE WHEN EXISTS (SELECT FROM reported) THEN 'changed' WHEN EXISTS (SELECT FROM target) THEN 'repeated' ELSE 'unknown' END`

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
		batch.Queue(reportSQL, nullable(r.MessageID), r.ProviderID, provider, string(r.Status), r.Reason, pgtype.Timestamptz{Time: r.At, Valid: !r.At.IsZero()}, traceparent, string(jobMetadata(traceparent))).
			QueryRow(func(row pgx.Row) error { return row.Scan(&outcomes[i]) })
	}
	// Behind bun's pool, so that a storm of callbacks takes no connection from signups. One
	// batch is one transaction.
	if err := s.cold.SendBatch(ctx, batch).Close(); err != nil {
		return nil, failure("record reports", err)
	}
	return outcomes, nil
}
