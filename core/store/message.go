package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// loadOutgoing reads any number of messages as they stand now. Why a message
// must not leave any more is decided here, by the database's clock: the job may be
// days older than the state.
const loadOutgoing = `SELECT m.id, m.kind,
	coalesce(i.email, u.email, ''), coalesce(i.email_key, u.email_key, ''), m.locale,
	t.id, coalesce(t.name, ''), coalesce(t.slug, ''), coalesce(t.logo_url, ''), coalesce(t.colour, ''), coalesce(t.support_url, ''), m.invitation_id,
	CASE WHEN m.invitation_id IS NULL THEN coalesce(u.display_name, '') ELSE '' END,
	coalesce(b.display_name, ''),
	k.id, coalesce(k.version, 0), coalesce(k.purpose, ''), coalesce(k.key_id, ''), k.expires_at,
	coalesce(i.plugin_release, t.plugin_release, 0), m.created_at, m.traceparent, CASE WHEN m.status = 'pending' THEN m.provider ELSE '' END,
	CASE
		WHEN m.status = 'sent' THEN 'sent'
		WHEN t.status = 'suspended' THEN 'tenant_suspended'
		WHEN k.revoked_at IS NOT NULL OR i.status = 'revoked' THEN 'revoked'
		WHEN k.consumed_at IS NOT NULL OR i.status = 'accepted' THEN 'consumed'
		WHEN k.superseded_at IS NOT NULL OR i.token_version <> m.token_version THEN 'superseded'
		WHEN k.expires_at <= now() OR m.token_id IS NOT NULL AND k.id IS NULL THEN 'expired'
		ELSE ''
	END
FROM messages m
LEFT JOIN invitations i ON i.id = m.invitation_id
LEFT JOIN users u ON u.id = m.user_id
LEFT JOIN users b ON b.id = i.invited_by
LEFT JOIN tenants t ON t.id = m.tenant_id
LEFT JOIN tokens k ON (k.id, k.version) = (m.token_id, m.token_version)
WHERE m.id = ANY ($1::uuid[])`

// LoadOutgoing reads messages as they stand at this moment, in one round trip and
// in no particular order. An id without a row is left out.
func (s *Store) LoadOutgoing(ctx context.Context, ids []core.ID) ([]core.Outgoing, error) {
	rows, err := s.job.Query(ctx, loadOutgoing, uuids(ids))
	if err != nil {
		return nil, failure("load messages", err)
	}
	out := make([]core.Outgoing, 0, len(ids))
	for rows.Next() {
		o, err := scanOutgoing(rows)
		if err != nil {
			rows.Close()
			return nil, failure("read a message", err)
		}
		out = append(out, o)
	}
	if err := rows.Err(); err != nil {
		return nil, failure("load messages", err)
	}
	return out, nil
}

func scanOutgoing(row pgx.Row) (core.Outgoing, error) {
	var (
		o                         core.Outgoing
		tenant, invitation, token pgtype.UUID
		expires                   pgtype.Timestamptz
	)
	err := row.Scan(into(&o.MessageID), &o.Kind,
		&o.To.Email, &o.To.Key, &o.Locale,
		&tenant, &o.Tenant.Name, &o.Tenant.Slug, &o.Branding.LogoURL, &o.Branding.Colour, &o.Branding.SupportURL, &invitation,
		&o.RecipientName, &o.InviterName,
		&token, &o.Token.Version, &o.Token.Purpose, &o.Token.KeyID, &expires,
		&o.Release, &o.CreatedAt, &o.Traceparent, &o.FailedAt, &o.Skip)
	if err != nil {
		return core.Outgoing{}, err
	}
	o.To.Domain = domain(o.To.Email)
	o.TenantID, o.Tenant.ID = tenant.Bytes, tenant.Bytes
	o.InvitationID, o.Token.ID = invitation.Bytes, token.Bytes
	o.ExpiresAt, o.CreatedAt = maybe(expires), o.CreatedAt.UTC()
	return o, nil
}

// recordDeliveries leaves a message alone that was recorded as sent: a slower
// attempt that failed is no news.
const recordDeliveries = `UPDATE messages m
SET status = d.status, provider = d.provider, provider_message_id = d.provider_id, reason = d.reason, attempts = greatest(m.attempts, d.attempts), updated_at = now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[]) AS d (id, status, provider, provider_id, reason, attempts)
WHERE m.id = d.id AND m.status <> 'sent'`

// RecordDeliveries keeps the outcomes of attempts to send, in one round trip. A
// message must not be in deliveries twice. Recording the same outcome again changes nothing.
func (s *Store) RecordDeliveries(ctx context.Context, deliveries []core.Delivery) error {
	n := len(deliveries)
	ids := make([][16]byte, n)
	words := make([]string, 4*n) // one allocation for the four columns
	status, provider, providerID, reason := words[:n], words[n:2*n], words[2*n:3*n], words[3*n:]
	attempts := make([]int32, n)
	for i, d := range deliveries {
		ids[i], status[i], provider[i], providerID[i], reason[i] = d.MessageID, string(d.Status), d.Provider, d.ProviderID, d.Reason
		attempts[i] = int32(d.Attempts) //nolint:gosec // at most the attempts of a job
	}
	_, err := s.job.Exec(ctx, recordDeliveries, ids, status, provider, providerID, reason, attempts)
	return failure("record deliveries", err)
}

func uuids(ids []core.ID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
