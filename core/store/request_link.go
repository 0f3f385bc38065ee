package store

import (
	"context"

	"github.com/usher-id/usher/core"
)

// Nobody can tell from the time of the answer whether the address has an account:
// without one the statement takes the same lock, on which requests for one address
// wait for each other, and writes as much to the log, for whose flush the commit waits.
const requestLink = `WITH turn AS MATERIALIZED (
	SELECT pg_advisory_xact_lock(hashtextextended($1, 0))),
account AS (
	UPDATE users SET version = version + 1 WHERE email_key = $1 AND status = 'active'
	RETURNING id, locale, version),
token AS (
	INSERT INTO tokens (id, version, purpose, key_id, hash, user_id, traceparent, expires_at)
	SELECT $2, $3, $4, $5, $6, id, $7, now() + $8::interval FROM account),
message AS (
	INSERT INTO messages (id, kind, user_id, token_id, token_version, locale, traceparent)
	SELECT $9, $10, id, $2, $3, locale, $7 FROM account
	RETURNING id),
event AS (
	INSERT INTO events (type, aggregate_type, aggregate_id, aggregate_version, traceparent)
	SELECT $11, 'user', id, version, $7 FROM account),
`

const requested = `,
nobody AS MATERIALIZED (
	SELECT pg_logical_emit_message(true, 'usher', repeat('.', 1024)) WHERE NOT EXISTS (TABLE account))
SELECT EXISTS (TABLE account), (SELECT count(*) FROM turn) + (SELECT count(*) FROM nobody)`

// RequestLink commits the token, the message, its job and the event of a link for
// the active account of an address. For any other address it does work of the same
// length that leaves nothing behind; found is for the trace only.
func (s *Store) RequestLink(ctx context.Context, p core.LinkRequest) (found bool, err error) {
	var work int
	err = s.hot.QueryRow(ctx, requestLinkSQL, p.EmailKey,
		uuid(p.Token.ID), p.Token.Version, string(p.Token.Purpose), p.Token.KeyID, p.Token.Hash[:], p.Traceparent, p.Token.TTL,
		uuid(p.MessageID), string(p.Kind), string(p.Event), jobMetadata(p.Traceparent)).Scan(&found, &work)
	return found, failure("request a link", err)
}

var requestLinkSQL = requestLink + mailJob("$12", core.MailPrioritySingle) + requested
