package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// Why a token may not be spent, in the order that a person would ask. The
// statements that spend one ask all of it again, in the commit.
const inspectSQL = `SELECT k.id, k.version, k.purpose, k.key_id, k.redirect_url, k.traceparent, k.expires_at,
	CASE
		WHEN k.consumed_at IS NOT NULL THEN 'replayed_token'
		WHEN k.superseded_at IS NOT NULL THEN 'superseded_token'
		WHEN k.revoked_at IS NOT NULL OR i.status = 'revoked' THEN 'revoked_token'
		WHEN k.expires_at <= now() THEN 'expired_token'
		WHEN i.id IS NOT NULL AND i.status <> 'pending' THEN 'replayed_token'
		WHEN t.status = 'suspended' THEN 'tenant_suspended'
		WHEN u.status = 'disabled' THEN 'account_disabled'
		WHEN i.id IS NOT NULL AND (inviter.role IS NULL OR inviter.role NOT IN ('owner', 'admin')) THEN 'inviter_lost_right'
		ELSE ''
	END,
	t.id, COALESCE(t.name, ''), COALESCE(t.slug, ''), COALESCE(t.status, ''),
	COALESCE(t.logo_url, ''), COALESCE(t.colour, ''), COALESCE(t.support_url, ''),
	i.id, COALESCE(i.role, own.role, ''), COALESCE(i.locale, u.locale, ''),
	COALESCE(u.email, i.email), COALESCE(u.email_key, i.email_key),
	u.id, COALESCE(u.status, ''), u.password_hash IS NOT NULL, COALESCE(u.display_name, ''), COALESCE(u.locale, ''),
	COALESCE(i.plugin_release, t.plugin_release, 0)
FROM tokens k
LEFT JOIN invitations i ON i.id = k.invitation_id
LEFT JOIN tenants t ON t.id = k.tenant_id
LEFT JOIN users u ON u.id = COALESCE(k.user_id, (SELECT id FROM users WHERE email_key = i.email_key))
LEFT JOIN memberships own ON own.tenant_id = k.tenant_id AND own.user_id = k.user_id
LEFT JOIN memberships inviter ON inviter.tenant_id = i.tenant_id AND inviter.user_id = i.invited_by AND inviter.status = 'active'
WHERE k.hash = $1`

// Inspect reads what a token would do, and changes nothing. A token that the
// database does not know has the refusal unknown_token.
func (s *Store) Inspect(ctx context.Context, hash core.TokenHash) (core.TokenState, error) {
	var t core.TokenState
	var tenant, invitation, user pgtype.UUID
	var tenantStatus, userStatus, purpose, role string
	err := s.hot.QueryRow(ctx, inspectSQL, hash[:]).Scan(
		into(&t.ID), &t.Version, &purpose, &t.KeyID, &t.RedirectURL, &t.Traceparent, &t.ExpiresAt, &t.Refusal,
		&tenant, &t.Tenant.Name, &t.Tenant.Slug, &tenantStatus,
		&t.Tenant.Branding.LogoURL, &t.Tenant.Branding.Colour, &t.Tenant.Branding.SupportURL,
		&invitation, &role, &t.Locale, &t.Email.Email, &t.Email.Key,
		&user, &userStatus, &t.HasPassword, &t.Profile.DisplayName, &t.Profile.Locale, &t.Release)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.TokenState{Refusal: "unknown_token"}, nil
	}
	if err != nil {
		return core.TokenState{}, failure("inspect", err)
	}
	t.Tenant.ID, t.Invitation, t.UserID = tenant.Bytes, invitation.Bytes, user.Bytes
	t.Tenant.Status, t.UserStatus = core.TenantStatus(tenantStatus), core.UserStatus(userStatus)
	t.Purpose, t.Role = core.Purpose(purpose), core.Role(role)
	t.Email.Domain = domain(t.Email.Email)
	t.ExpiresAt = t.ExpiresAt.UTC()
	return t, nil
}
