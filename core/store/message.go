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
	coalesce(b.display_name, ''), coalesce(o.email, ''),
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
LEFT JOIN invitations o ON o.id = m.about_invitation_id
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
		about                     string
	)
	err := row.Scan(into(&o.MessageID), &o.Kind,
		&o.To.Email, &o.To.Key, &o.Locale,
		&tenant, &o.Tenant.Name, &o.Tenant.Slug, &o.Branding.LogoURL, &o.Branding.Colour, &o.Branding.SupportURL, &invitation,
		&o.RecipientName, &o.InviterName, &about,
		&token, &o.Token.Version, &o.Token.Purpose, &o.Token.KeyID, &expires,
		&o.Release, &o.CreatedAt, &o.Traceparent, &o.FailedAt, &o.Skip)
	if err != nil {
		return core.Outgoing{}, err
	}
	o.To.Domain = domain(o.To.Email)
	if about != "" {
		o.InviteeHint = core.Masked(about)
	}
	o.TenantID, o.Tenant.ID = tenant.Bytes, tenant.Bytes
	o.InvitationID, o.Token.ID = invitation.Bytes, token.Bytes
	o.ExpiresAt, o.CreatedAt = maybe(expires), o.CreatedAt.UTC()
	return o, nil
}

func uuids(ids []core.ID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
