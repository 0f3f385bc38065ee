package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// spendLinkSQL serves the two links of an account that is active already. A new
// password ends every session and every other link; a sign-in changes nothing but the
// token. The session opens in the tenant that the person used last.
const spendLinkSQL = `WITH spent AS (
	UPDATE tokens k SET consumed_at = now() FROM users u
	WHERE ` + usable + ` AND k.purpose = $4 AND u.id = k.user_id AND u.status = 'active'
	RETURNING k.user_id, k.redirect_url),
person AS (
	UPDATE users SET mailbox_proved_at = now(),
		version = users.version + CASE WHEN $4 = 'password_reset' THEN 1 ELSE 0 END,
		password_hash = CASE WHEN $4 = 'password_reset' THEN $5 ELSE users.password_hash END
	FROM spent WHERE users.id = spent.user_id
	RETURNING users.id, email, display_name, locale, users.version, users.created_at),
ended AS (
	UPDATE sessions SET revoked_at = now(), revoke_reason = 'password_reset', version = sessions.version + 1
	FROM spent WHERE $4 = 'password_reset' AND sessions.user_id = spent.user_id AND revoked_at IS NULL AND expires_at > now()
	RETURNING sessions.id, sessions.tenant_id, sessions.version),
dead AS (
	UPDATE tokens SET revoked_at = now() FROM spent
	WHERE $4 = 'password_reset' AND tokens.user_id = spent.user_id AND tokens.id <> $1 AND consumed_at IS NULL AND revoked_at IS NULL),
place AS (
	SELECT m.tenant_id, m.role, m.created_at, t.slug, t.name, t.created_at AS founded
	FROM spent JOIN memberships m ON m.user_id = spent.user_id AND m.status = 'active'
	JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active'
	ORDER BY (SELECT max(COALESCE(s.refreshed_at, s.created_at)) FROM sessions s WHERE s.user_id = m.user_id AND s.tenant_id = m.tenant_id) DESC NULLS LAST, m.created_at
	LIMIT 1),
session AS (
	INSERT INTO sessions (id, user_id, tenant_id, expires_at)
	SELECT $6, person.id, (SELECT tenant_id FROM place), now() + $7::interval FROM person
	RETURNING id, tenant_id),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'PasswordReset', NULL::uuid, 'user', person.id, person.version, person.id, $8, '{}'::jsonb FROM person WHERE $4 = 'password_reset'
	UNION ALL
	SELECT 'SessionRevoked', ended.tenant_id, 'session', ended.id, ended.version, person.id, $8, '{"reason": "password_reset"}'::jsonb FROM ended, person
	UNION ALL
	SELECT 'SessionStarted', session.tenant_id, 'session', session.id, 1, person.id, $8, jsonb_build_object('by', $4::text) FROM session, person)
SELECT p.id, p.email, p.display_name, p.locale, p.created_at, s.redirect_url,
	place.tenant_id, COALESCE(place.role, ''), place.created_at, COALESCE(place.slug, ''), COALESCE(place.name, ''), place.founded
FROM spent s JOIN person p ON true LEFT JOIN place ON true`

// lockAccountSQL goes before, in the same round trip and transaction: a sign-in with
// the old password that is under way either commits before the next statement looks, and its
// session is ended with the others, or waits and finds the password changed.
const lockAccountSQL = `SELECT FROM users WHERE id = (SELECT user_id FROM tokens WHERE id = $1 AND version = $2) FOR UPDATE`

// SpendLink spends a sign-in or a password-reset token. ok is false when it may not
// be spent (any more). The tenant is zero for a person without a membership.
func (s *Store) SpendLink(ctx context.Context, p core.Activate) (done core.Activated, ok bool, err error) {
	done.Purpose, done.SessionID, done.Generation = p.Purpose, p.Session.ID, 1
	var user, joined, founded pgtype.Timestamptz
	var tenant pgtype.UUID
	var role string
	var batch pgx.Batch
	batch.Queue(lockAccountSQL, uuid(p.Token.ID), p.Token.Version)
	batch.Queue(spendLinkSQL, uuid(p.Token.ID), p.Token.Version, p.Hash[:], string(p.Purpose), p.PasswordHash,
		uuid(p.Session.ID), p.Session.TTL, p.Traceparent).QueryRow(func(row pgx.Row) error {
		return row.Scan(into(&done.User.ID), &done.User.Email, &done.User.DisplayName, &done.User.Locale, &user, &done.RedirectURL,
			&tenant, &role, &joined, &done.Tenant.Slug, &done.Tenant.Name, &founded)
	})
	err = s.hot.SendBatch(ctx, &batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return done, false, nil
	}
	if err != nil {
		return done, false, failure("spend a link", err)
	}
	done.User.Status, done.User.CreatedAt = core.UserActive, maybe(user)
	if tenant.Valid {
		done.Tenant.ID, done.Tenant.Status, done.Tenant.CreatedAt = tenant.Bytes, core.TenantActive, maybe(founded)
		done.Membership = membership(done.User.ID, done.Tenant, role, joined)
	}
	return done, true, nil
}
