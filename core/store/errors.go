package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/usher-id/usher/core"
)

// SQLSTATE values that decide something here
// (PostgreSQL documentation, appendix A).
const (
	uniqueViolation  = "23505"
	lockNotAvailable = "55P03"
	queryCanceled    = "57014"
	readOnly         = "25006"
)

// violates tells whether err is the breach of the named unique constraint.
func violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == uniqueViolation && pg.ConstraintName == constraint
}

// failure says what was being done when the database failed, and makes a fault
// that passes by itself [core.Unavailable]; anything else is a fault of ours.
func failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, told := errors.AsType[*core.Error](err); told { // such as [inFlight], which knows better
		return err
	}
	wrapped := fmt.Errorf("store: %s: %w", doing, err)
	if !passing(err) {
		return wrapped
	}
	e := core.E(core.Unavailable, "The service cannot reach its database right now.").Because("database_unavailable").Caused(wrapped)
	e.RetryAfter = time.Second
	return e
}

// passing tells whether the fault may pass by itself: the server away, starting,
// stopping, read-only, out of room, or too slow.
func passing(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case lockNotAvailable, queryCanceled, readOnly:
			return true
		}
		// 08 connection, 40 rolled back, 53 resources, 57P operator, 58 system
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "40") ||
			strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") || strings.HasPrefix(pg.Code, "58")
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	return network || connect || errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}
