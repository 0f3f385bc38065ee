package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

const replayActivationSQL = `SELECT u.id, u.email, u.display_name, u.locale, u.created_at, t.id, m.role, m.created_at, t.slug, t.name, t.created_at, s.generation
FROM users u JOIN memberships m ON m.user_id = u.id JOIN tenants t ON t.id = m.tenant_id JOIN sessions s ON s.user_id = u.id
WHERE u.id = $1 AND t.id = $2 AND s.id = $3 AND s.revoked_at IS NULL AND s.expires_at > now()`

// ReplayActivation gives what a first call with this idempotency key did. The key's
// row has ids only; the tokens of the session are derived again from them, and only
// while nobody has refreshed it. found is false when there is no such key.
func (s *Store) ReplayActivation(ctx context.Context, i core.Idempotency) (done core.Activated, found bool, err error) {
	var result struct {
		UserID      core.ID `json:"user_id"`
		TenantID    core.ID `json:"tenant_id"`
		SessionID   core.ID `json:"session_id"`
		RedirectURL string  `json:"redirect_url"`
	}
	if found, err := s.replay(ctx, i, &result); err != nil || !found {
		return done, false, err
	}
	var user, joined, founded pgtype.Timestamptz
	var role string
	err = s.hot.QueryRow(ctx, replayActivationSQL, uuid(result.UserID), uuid(result.TenantID), uuid(result.SessionID)).
		Scan(into(&done.User.ID), &done.User.Email, &done.User.DisplayName, &done.User.Locale, &user,
			into(&done.Tenant.ID), &role, &joined, &done.Tenant.Slug, &done.Tenant.Name, &founded, &done.Generation)
	if errors.Is(err, pgx.ErrNoRows) {
		return done, false, nil
	}
	if err != nil {
		return done, false, failure("replay an activation", err)
	}
	done.Replayed, done.SessionID, done.RedirectURL = true, result.SessionID, result.RedirectURL
	done.User.Status, done.User.CreatedAt = core.UserActive, maybe(user)
	done.Tenant.Status, done.Tenant.CreatedAt = core.TenantActive, maybe(founded)
	done.Membership = membership(done.User.ID, done.Tenant, role, joined)
	return done, true, nil
}
