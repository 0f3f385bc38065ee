package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/usher-id/usher/core"
)

// idempotencyLife is how long a key is honoured at least.
const idempotencyLife = 24 * time.Hour

// claimArgs are the four parameters of every statement that claims a key.
func claimArgs(i core.Idempotency) []any { return []any{i.Scope, i.Route, i.Key, i.Hash[:]} }

// replay reads what the first call with this key did; found is false where there
// is no such key. A key that another request of the caller's still holds was waited
// for by the claim itself, up to the lock timeout.
func (s *Store) replay(ctx context.Context, i core.Idempotency, result any) (found bool, err error) {
	if !i.Given() {
		return false, nil
	}
	var hash, stored []byte
	err = s.hot.QueryRow(ctx, `SELECT request_hash, result FROM idempotency_keys WHERE scope = $1 AND route = $2 AND key = $3`,
		i.Scope, i.Route, i.Key).Scan(&hash, &stored)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, failure("read an idempotency key", err)
	case !bytes.Equal(hash, i.Hash[:]):
		return false, core.E(core.IdempotencyMismatch, "This Idempotency-Key was used with another request body.")
	}
	if err := json.Unmarshal(stored, result); err != nil {
		return false, failure("read an idempotent result", err)
	}
	return true, nil
}

// inFlight turns waiting too long for another request with the same key into its own code.
func inFlight(i core.Idempotency, err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !i.Given() || !ok || pg.Code != lockNotAvailable {
		return err
	}
	e := core.E(core.IdempotencyInFlight, "A request with this Idempotency-Key is still running.").Caused(err)
	e.RetryAfter = time.Second
	return e
}

// PurgeIdempotencyKeys deletes keys that are older than they are honoured for.
func (s *Store) PurgeIdempotencyKeys(ctx context.Context) (int64, error) {
	res, err := s.bun.NewRaw("DELETE FROM idempotency_keys WHERE created_at < now() - ?::interval", idempotencyLife.String()).Exec(ctx)
	if err != nil {
		return 0, failure("purge idempotency keys", err)
	}
	n, err := res.RowsAffected()
	return n, failure("purge idempotency keys", err)
}
