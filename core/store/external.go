package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
)

// externalUser finds whom an identity ($1, $2) is: by its link, or while there is none by
// an address that the provider has verified ($3) and an active account proved.
const externalUser = `SELECT u.id FROM users u LEFT JOIN external_identities l ON (l.provider, l.subject) = ($1, $2)
WHERE u.status = 'active' AND (u.id = l.user_id OR l.id IS NULL AND u.email_key = NULLIF($3, ''))`

const externalAccountSQL = externalUser

// ExternalAccount gives whom an identity is; found is false when nobody active is.
func (s *Store) ExternalAccount(ctx context.Context, i core.ExternalIdentity, emailKey string) (user core.ID, found bool, err error) {
	err = s.hot.QueryRow(ctx, externalAccountSQL, i.Provider, i.Subject, emailKey).Scan(into(&user))
	if errors.Is(err, pgx.ErrNoRows) {
		return core.ID{}, false, nil
	}
	return user, err == nil, failure("look for an identity", err)
}

// The link that the identity has, or gets, must be to the account that was found.
var startExternalSessionSQL = startSession(`known AS (
	SELECT user_id FROM external_identities WHERE provider = $2 AND subject = $6),
made AS (
	INSERT INTO external_identities (id, provider, subject, user_id)
	SELECT $7, $2, $6, u.id FROM users u WHERE u.id = $1 AND u.status = 'active' AND u.email_key = $8 AND NOT EXISTS (TABLE known)
	ON CONFLICT ON CONSTRAINT external_identities_subject_key DO UPDATE SET user_id = external_identities.user_id
	RETURNING id, user_id),
linked AS (
	INSERT INTO events (type, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'IdentityLinked', 'identity', id, 1, user_id, $5, jsonb_build_object('provider', $2::text) FROM made WHERE id = $7),
person AS (
	SELECT id FROM users WHERE id = $1 AND status = 'active' AND id IN (SELECT user_id FROM known UNION ALL SELECT user_id FROM made) FOR SHARE)`, "external")

// StartExternalSession commits the session of somebody whom a provider vouches for, and
// the link to the account at their first time. ok is false when the identity is no longer
// that account's.
func (s *Store) StartExternalSession(ctx context.Context, p core.ExternalSessionStart) (state core.SessionState, ok bool, err error) {
	state, err = scanSession(s.hot.QueryRow(ctx, startExternalSessionSQL, uuid(p.UserID), p.Identity.Provider, uuid(p.Session.ID), p.Session.TTL,
		p.Traceparent, p.Identity.Subject, uuid(p.LinkID), p.EmailKey))
	if errors.Is(err, pgx.ErrNoRows) {
		return core.SessionState{}, false, nil
	}
	return state, err == nil, failure("start a session", err)
}
