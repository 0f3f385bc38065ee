package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// placeSQL finds where a session of somebody would open, as the statements do that open
// one: in the tenant that the person used last, else in the one joined first; or in the one
// that is named ($2).
const placeSQL = `SELECT m.tenant_id, t.name, t.slug, m.role FROM memberships m
JOIN users u ON u.id = m.user_id AND u.status = 'active'
JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active'
WHERE m.user_id = $1 AND m.status = 'active' AND ($2::uuid IS NULL OR m.tenant_id = $2)
ORDER BY (SELECT max(COALESCE(s.refreshed_at, s.created_at)) FROM sessions s
	WHERE s.user_id = m.user_id AND s.tenant_id = m.tenant_id) DESC NULLS LAST, m.created_at, m.tenant_id
LIMIT 1`

// Place reads where a session of the user would open now, in the tenant or with none named in
// any. It is read before the commit that decides, for plugins that are asked before.
func (s *Store) Place(ctx context.Context, user, tenant core.ID) (m core.Membership, found bool, err error) {
	var role string
	err = s.hot.QueryRow(ctx, placeSQL, uuid(user), nullable(tenant)).Scan(into(&m.Tenant.ID), &m.Tenant.Name, &m.Tenant.Slug, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.Membership{}, false, nil
	}
	if err != nil {
		return core.Membership{}, false, failure("look for a person's tenant", err)
	}
	m.TenantID, m.UserID, m.Role = m.Tenant.ID, user, core.Role(role)
	return m, true, nil
}

const sessionAtSQL = `SELECT s.user_id, m.tenant_id, COALESCE(t.name, ''), COALESCE(t.slug, ''), COALESCE(m.role, '')
FROM sessions s JOIN users u ON u.id = s.user_id AND u.status = 'active'
LEFT JOIN (memberships m JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active')
	ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id AND m.status = 'active'
WHERE s.id = $1 AND s.generation = $2 AND s.revoked_at IS NULL AND s.expires_at > now()`

// SessionAt reads a session that could be refreshed from this generation now, likewise;
// found is false when it could not.
func (s *Store) SessionAt(ctx context.Context, session core.ID, generation int) (c core.ClaimsCheck, found bool, err error) {
	var tenant pgtype.UUID
	var role string
	err = s.hot.QueryRow(ctx, sessionAtSQL, uuid(session), generation).Scan(into(&c.UserID), &tenant, &c.Tenant.Name, &c.Tenant.Slug, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.ClaimsCheck{}, false, nil
	}
	if err != nil {
		return core.ClaimsCheck{}, false, failure("look for a session", err)
	}
	c.SessionID, c.Tenant.ID, c.Role = session, tenant.Bytes, core.Role(role)
	return c, true, nil
}
