package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// startSession is what every sign-in ends with: person is a statement that gives the id of
// the account or nothing, by how it was proved. A session opens in the tenant that the person
// used last, else in the one joined first.
func startSession(person, by string) string {
	return `WITH ` + person + `,
place AS (
	SELECT m.tenant_id, m.role FROM person
	JOIN memberships m ON m.user_id = person.id AND m.status = 'active'
	JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active'
	ORDER BY (SELECT max(COALESCE(s.refreshed_at, s.created_at)) FROM sessions s
		WHERE s.user_id = m.user_id AND s.tenant_id = m.tenant_id) DESC NULLS LAST, m.created_at, m.tenant_id
	LIMIT 1),
session AS (
	INSERT INTO sessions (id, user_id, tenant_id, expires_at)
	SELECT $3, person.id, (SELECT tenant_id FROM place), now() + $4::interval FROM person
	RETURNING id, user_id, tenant_id, generation, version),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'SessionStarted', tenant_id, 'session', id, version, user_id, $5, '{"by": "` + by + `"}'::jsonb FROM session)
SELECT s.id, s.user_id, s.tenant_id, COALESCE((SELECT role FROM place), ''), s.generation FROM session s`
}

// The account is asked for again, as it was when the password was checked.
var startSessionSQL = startSession(`person AS (
	SELECT id FROM users WHERE id = $1 AND status = 'active' AND password_hash = $2 FOR SHARE)`, "password")

// StartSession commits the session of somebody whose password was checked. ok is
// false when the account is no longer what it was then.
func (s *Store) StartSession(ctx context.Context, p core.SessionStart) (state core.SessionState, ok bool, err error) {
	state, err = scanSession(s.hot.QueryRow(ctx, startSessionSQL,
		uuid(p.UserID), p.VerifiedHash, uuid(p.Session.ID), p.Session.TTL, p.Traceparent))
	if errors.Is(err, pgx.ErrNoRows) {
		return core.SessionState{}, false, nil
	}
	return state, err == nil, failure("start a session", err)
}

// One UPDATE decides. Of two requests with one generation the second finds, once the
// first has let go of the row, a generation that has moved on: that is reuse, and it ends the session.
const rotateSessionSQL = `WITH seen AS (
	SELECT CASE
		WHEN s.revoked_at IS NOT NULL THEN 'session_revoked'
		WHEN s.expires_at <= now() THEN 'session_expired'
		WHEN u.status <> 'active' THEN 'account_disabled'
		ELSE 'session_revoked' END AS refusal
	FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1),
turned AS (
	UPDATE sessions s SET version = s.version + 1,
		generation = CASE WHEN s.generation = $2 THEN s.generation + 1 ELSE s.generation END,
		refreshed_at = CASE WHEN s.generation = $2 THEN now() ELSE s.refreshed_at END,
		expires_at = CASE WHEN s.generation = $2 THEN now() + $4::interval ELSE s.expires_at END,
		revoked_at = CASE WHEN s.generation = $2 THEN NULL ELSE now() END,
		revoke_reason = CASE WHEN s.generation = $2 THEN '' ELSE 'refresh_token_reused' END
	FROM users u
	WHERE s.id = $1 AND s.generation >= $2 AND s.revoked_at IS NULL AND s.expires_at > now() AND u.id = s.user_id AND u.status = 'active'
	RETURNING s.id, s.user_id, s.tenant_id, s.generation, s.version, s.revoked_at IS NOT NULL AS reused),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT CASE WHEN reused THEN 'SessionRevoked' ELSE 'SessionRefreshed' END, tenant_id, 'session', id, version, user_id, $3,
		CASE WHEN reused THEN '{"reason": "refresh_token_reused"}' ELSE '{}' END::jsonb FROM turned)
SELECT t.id, t.user_id, m.tenant_id, COALESCE(m.role, ''), COALESCE(t.generation, 0),
	CASE WHEN t.reused THEN 'refresh_token_reused' WHEN t.id IS NULL THEN COALESCE(seen.refusal, 'unknown_session') ELSE '' END
FROM (SELECT) one LEFT JOIN turned t ON true LEFT JOIN seen ON true
LEFT JOIN (memberships m JOIN tenants ON tenants.id = m.tenant_id AND tenants.status = 'active')
	ON m.tenant_id = t.tenant_id AND m.user_id = t.user_id AND m.status = 'active'`

// RotateSession commits the next generation of a session. A session that has
// ended, and one that this very call ends because its generation was used before, are
// [core.Unauthenticated]. The tenant is zero when the membership is no longer active.
func (s *Store) RotateSession(ctx context.Context, p core.SessionRotation) (core.SessionState, error) {
	var refusal string
	state, err := scanSession(s.hot.QueryRow(ctx, rotateSessionSQL, uuid(p.SessionID), p.Generation, p.Traceparent, p.TTL), &refusal)
	switch {
	case err != nil:
		return core.SessionState{}, failure("refresh a session", err)
	case refusal != "":
		return core.SessionState{}, sessionEnded(refusal)
	}
	return state, nil
}

const sessionLivesSQL = `SELECT EXISTS (SELECT FROM sessions s JOIN users u ON u.id = s.user_id AND u.status = 'active'
	WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now())`

// SessionLives is nil while the actor's session has not ended, whatever its access
// token says; else it is [core.Unauthenticated].
func (s *Store) SessionLives(ctx context.Context, a core.Actor) error {
	var lives bool
	err := s.hot.QueryRow(ctx, sessionLivesSQL, uuid(a.SessionID), uuid(a.UserID)).Scan(&lives)
	switch {
	case err != nil:
		return failure("look for a session", err)
	case !lives:
		return sessionEnded("session_revoked")
	}
	return nil
}

const endSessionSQL = `WITH ended AS (
	UPDATE sessions SET revoked_at = now(), revoke_reason = $3, version = version + 1
	WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL
	RETURNING id, user_id, tenant_id, version)
INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
SELECT 'SessionRevoked', tenant_id, 'session', id, version, user_id, $4, jsonb_build_object('reason', $3::text) FROM ended`

// EndSession revokes the actor's own session; one that has ended stays as it is.
func (s *Store) EndSession(ctx context.Context, a core.Actor, traceparent string) error {
	_, err := s.hot.Exec(ctx, endSessionSQL, uuid(a.SessionID), uuid(a.UserID), "signed_out", traceparent)
	return failure("end a session", err)
}

// The event does not say where the person came from: that is no business of the
// tenant, who reads it.
const switchTenantSQL = `WITH place AS (
	SELECT m.role FROM memberships m JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active'
	WHERE m.tenant_id = $3 AND m.user_id = $2 AND m.status = 'active'),
live AS (
	SELECT FROM sessions s JOIN users u ON u.id = s.user_id AND u.status = 'active'
	WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()),
switched AS (
	UPDATE sessions s SET tenant_id = $3, generation = s.generation + 1, version = s.version + 1, refreshed_at = now(), expires_at = now() + $5::interval
	FROM place, live
	WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()
	RETURNING s.id, s.user_id, s.tenant_id, s.generation, s.version),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'TenantSwitched', tenant_id, 'session', id, version, user_id, $4, '{}'::jsonb FROM switched)
SELECT s.id, s.user_id, s.tenant_id, COALESCE((SELECT role FROM place), ''), COALESCE(s.generation, 0), EXISTS (TABLE live), EXISTS (TABLE place)
FROM (SELECT) one LEFT JOIN switched s ON true`

// SwitchTenant takes a session to another tenant of the same person and to its
// next generation, so the refresh token before is spent. A tenant in which the person is not
// active is [core.NotFound], a session that has ended [core.Unauthenticated].
func (s *Store) SwitchTenant(ctx context.Context, p core.TenantSwitch) (core.SessionState, error) {
	var live, member bool
	state, err := scanSession(s.hot.QueryRow(ctx, switchTenantSQL,
		uuid(p.Actor.SessionID), uuid(p.Actor.UserID), uuid(p.TenantID), p.Traceparent, p.TTL), &live, &member)
	switch {
	case err != nil:
		return core.SessionState{}, failure("switch the tenant", err)
	case live && !member:
		return core.SessionState{}, core.E(core.NotFound, "There is no such tenant.").Because("foreign_tenant")
	case state.ID.IsZero():
		return core.SessionState{}, sessionEnded("session_revoked")
	}
	return state, nil
}

// scanSession reads id, user, tenant, role and generation of a session that may not be there,
// and what the statement says besides.
func scanSession(row pgx.Row, more ...any) (core.SessionState, error) {
	var id, user, tenant pgtype.UUID
	var role string
	var generation int
	if err := row.Scan(append([]any{&id, &user, &tenant, &role, &generation}, more...)...); err != nil {
		return core.SessionState{}, err
	}
	return core.SessionState{ID: id.Bytes, UserID: user.Bytes, TenantID: tenant.Bytes, Role: core.Role(role), Generation: generation}, nil
}

func sessionEnded(reason string) error {
	return core.E(core.Unauthenticated, "The session has ended. Sign in again.").Because(reason)
}
