package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// A session that has ended answers nobody, whatever its access token still says.
const meSQL = `SELECT u.id, u.email, u.display_name, u.locale, u.created_at,
	m.tenant_id, COALESCE(m.role, ''), m.created_at, COALESCE(t.name, ''), COALESCE(t.slug, '')
FROM sessions s JOIN users u ON u.id = s.user_id
LEFT JOIN (memberships m JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active') ON m.user_id = u.id AND m.status = 'active'
WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now() AND u.status = 'active'
ORDER BY m.created_at, m.tenant_id`

// Me reads the person behind a session and the tenants in which the person is active,
// the oldest membership first. A session that has ended is [core.Unauthenticated].
func (s *Store) Me(ctx context.Context, a core.Actor) (core.Me, error) {
	rows, err := s.hot.Query(ctx, meSQL, uuid(a.SessionID), uuid(a.UserID))
	if err != nil {
		return core.Me{}, failure("read a person", err)
	}
	defer rows.Close()
	me := core.Me{User: core.User{Status: core.UserActive}}
	u := &me.User
	for rows.Next() {
		var tenant pgtype.UUID
		var joined pgtype.Timestamptz
		var m core.Membership
		var role string
		if err := rows.Scan(into(&u.ID), &u.Email, &u.DisplayName, &u.Locale, &u.CreatedAt,
			&tenant, &role, &joined, &m.Tenant.Name, &m.Tenant.Slug); err != nil {
			return core.Me{}, failure("read a person", err)
		}
		if tenant.Valid {
			m.TenantID, m.Tenant.ID, m.UserID, m.Role, m.CreatedAt = tenant.Bytes, tenant.Bytes, u.ID, core.Role(role), maybe(joined)
			me.Memberships = append(me.Memberships, m)
		}
	}
	if err := rows.Err(); err != nil {
		return core.Me{}, failure("read a person", err)
	}
	if u.ID.IsZero() {
		return core.Me{}, sessionEnded("session_revoked")
	}
	u.CreatedAt = u.CreatedAt.UTC()
	return me, nil
}
