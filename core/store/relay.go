package store

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// A consumer that is new begins at the oldest transaction that runs now: what is
// committed from now on cannot have a lower one.
const registerConsumer = `INSERT INTO event_consumers (name, xid, position)
VALUES ($1, pg_snapshot_xmin(pg_current_snapshot()), 0) ON CONFLICT (name) DO NOTHING`

const leaseConsumer = `UPDATE event_consumers SET holder = $2, held_until = now() + $3::interval
WHERE name = $1 AND (holder = $2 OR held_until IS NULL OR held_until < now())`

// LeaseConsumer takes or prolongs the hold of a process on a consumer, which is made
// when there is none. held is false while another process has it.
func (s *Store) LeaseConsumer(ctx context.Context, l core.Lease) (held bool, err error) {
	var batch pgx.Batch
	batch.Queue(registerConsumer, l.Consumer)
	batch.Queue(leaseConsumer, l.Consumer, uuid(l.Holder), l.For)
	results := s.job.SendBatch(ctx, &batch)
	_, err = results.Exec()
	if err == nil {
		tag, execErr := results.Exec()
		held, err = tag.RowsAffected() == 1, execErr
	}
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	return held && err == nil, failure("lease a consumer of events", err)
}

const outboxColumns = `e.xid::text::bigint, e.position, e.id, e.type, e.tenant_id, e.aggregate_type, e.aggregate_id,
	e.aggregate_version, e.actor_id, e.time, e.traceparent, e.data`

// readOutbox stops before the oldest transaction that still runs. The place is two scalars
// so that the index of the order gives the rows as they are wanted. The horizon comes from
// the same snapshot, whether there is a row or not.
const readOutbox = readOutboxHead + readOutboxTail

// readOutboxOf reads one tenant's events along the index of tenants, so that it does not walk over those of the others.
const readOutboxOf = readOutboxHead + ` AND e.tenant_id = $4` + readOutboxTail

const readOutboxHead = `WITH found AS (
	SELECT ` + outboxColumns + `, 0 AS attempts, EXISTS (
		SELECT FROM event_parked p WHERE p.consumer = $1 AND p.tenant_id = coalesce(e.tenant_id, '00000000-0000-0000-0000-000000000000')
			AND p.dead_at IS NULL) AS behind
	FROM events e
	WHERE (e.xid, e.position) > ((SELECT xid FROM event_consumers WHERE name = $1), (SELECT position FROM event_consumers WHERE name = $1))
		AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND ($2::text[] IS NULL OR e.type = ANY ($2))`

const readOutboxTail = `
	ORDER BY e.xid, e.position LIMIT $3)
SELECT h.xid, f.* FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid) h LEFT JOIN found f ON true`

// ReadOutbox gives the events after a consumer's place in the order of commits, and the
// place up to which there are no others that it wants. A filter's time says nothing here.
func (s *Store) ReadOutbox(ctx context.Context, consumer string, f core.EventFilter, limit int) ([]core.OutboxEvent, core.EventPlace, error) {
	query, args := readOutbox, []any{consumer, typeNames(f.Types), limit}
	if !f.TenantID.IsZero() {
		query, args = readOutboxOf, append(args, uuid(f.TenantID))
	}
	rows, err := s.job.Query(ctx, query, args...)
	if err != nil {
		return nil, core.EventPlace{}, failure("read the outbox", err)
	}
	defer rows.Close()
	var horizon int64
	var events []core.OutboxEvent
	for rows.Next() {
		var row outboxRow
		if err := rows.Scan(append([]any{&horizon}, row.into()...)...); err != nil {
			return nil, core.EventPlace{}, failure("read the outbox", err)
		}
		if row.position.Valid {
			events = append(events, row.event())
		}
	}
	if err := rows.Err(); err != nil {
		return nil, core.EventPlace{}, failure("read the outbox", err)
	}
	if len(events) == limit {
		return events, events[limit-1].Place, nil
	}
	return events, core.EventPlace{Xid: horizon}, nil
}

// xid writes a transaction's number as Postgres reads it.
func xid(at core.EventPlace) string { return strconv.FormatInt(at.Xid, 10) }

// typeNames is nil, which is NULL, for all types.
func typeNames(types []core.EventType) (names []string) {
	for _, t := range types {
		names = append(names, string(t))
	}
	return names
}

// outboxRow is an event, or nothing but NULL.
type outboxRow struct {
	xid, position         pgtype.Int8
	id, tenant, on, actor pgtype.UUID
	kind, onType, trace   pgtype.Text
	version, attempts     pgtype.Int4
	at                    pgtype.Timestamptz
	data                  []byte
	behind                pgtype.Bool
}

func (r *outboxRow) into() []any {
	return []any{
		&r.xid, &r.position, &r.id, &r.kind, &r.tenant, &r.onType, &r.on,
		&r.version, &r.actor, &r.at, &r.trace, &r.data, &r.attempts, &r.behind,
	}
}

func (r *outboxRow) event() core.OutboxEvent {
	return core.OutboxEvent{
		Event: core.Event{
			ID: r.id.Bytes, Type: core.EventType(r.kind.String), TenantID: r.tenant.Bytes, AggregateType: r.onType.String,
			AggregateID: r.on.Bytes, Version: int(r.version.Int32), ActorID: r.actor.Bytes, Time: maybe(r.at),
			Traceparent: r.trace.String, Data: r.data,
		},
		Place:    core.EventPlace{Xid: r.xid.Int64, Position: r.position.Int64},
		Attempts: int(r.attempts.Int32), Behind: r.behind.Bool,
	}
}

// A place never moves back: two that hold it one after the other cannot undo each other.
const advanceConsumer = `WITH moved AS (
	UPDATE event_consumers SET xid = $3::text::xid8, position = $4
	WHERE name = $1 AND holder = $2 AND held_until >= now() AND (xid, position) < ($3::text::xid8, $4::bigint)
	RETURNING name),
parked AS (
	INSERT INTO event_parked (consumer, tenant_id, xid, position, attempts, next_at, dead_at)
	SELECT moved.name, p.tenant_id, p.xid::text::xid8, p.position, p.attempts, now() + p.wait, CASE WHEN p.dead THEN now() END
	FROM moved, unnest($5::uuid[], $6::bigint[], $7::bigint[], $8::int[], $9::interval[], $10::bool[]) AS p (tenant_id, xid, position, attempts, wait, dead))
SELECT EXISTS (TABLE moved)`

// Advance moves a consumer's place and parks what was not taken, in one commit. It does
// nothing and gives false when the holder's lease is over.
func (s *Store) Advance(ctx context.Context, l core.Lease, to core.EventPlace, parked []core.ParkedEvent) (held bool, err error) {
	args := append([]any{l.Consumer, uuid(l.Holder), xid(to), to.Position}, parkedColumns(parked)...)
	err = s.job.QueryRow(ctx, advanceConsumer, args...).Scan(&held)
	return held, failure("advance a consumer of events", err)
}

func parkedColumns(parked []core.ParkedEvent) []any {
	n := len(parked)
	tenants, xids, positions := make([][16]byte, n), make([]int64, n), make([]int64, n)
	attempts, waits, dead := make([]int32, n), make([]time.Duration, n), make([]bool, n)
	for i, p := range parked {
		tenants[i], xids[i], positions[i] = p.TenantID, p.Place.Xid, p.Place.Position
		attempts[i], waits[i], dead[i] = int32(p.Attempts), p.Wait, p.Dead //nolint:gosec // one a second at most
	}
	return []any{tenants, xids, positions, attempts, waits, dead}
}

// dueEvents looks at the first parked event of each tenant alone, skipping from tenant to
// tenant along the index of what is not dead, however many wait behind. With one whose time
// has come it gives the next ones behind it, so that a backlog is not a round for each.
const dueEvents = `WITH RECURSIVE head AS (
	(SELECT * FROM event_parked WHERE consumer = $1 AND dead_at IS NULL ORDER BY tenant_id, xid, position LIMIT 1)
	UNION ALL
	SELECT n.* FROM head h CROSS JOIN LATERAL (
		SELECT * FROM event_parked p WHERE p.consumer = $1 AND p.dead_at IS NULL AND p.tenant_id > h.tenant_id
		ORDER BY p.tenant_id, p.xid, p.position LIMIT 1) n),
due AS (SELECT tenant_id FROM head WHERE next_at <= now() ORDER BY next_at LIMIT $2)
SELECT ` + outboxColumns + `, q.attempts, false
FROM due CROSS JOIN LATERAL (
	SELECT * FROM event_parked p WHERE p.consumer = $1 AND p.dead_at IS NULL AND p.tenant_id = due.tenant_id
	ORDER BY p.tenant_id, p.xid, p.position LIMIT $3) q
JOIN events e ON e.position = q.position
ORDER BY q.xid, q.position`

// behindDue is how many parked events of one tenant are given at once.
const behindDue = 20

// DueEvents gives the first parked events of each tenant whose time has come, in their
// order, of as many tenants as limit says.
func (s *Store) DueEvents(ctx context.Context, consumer string, limit int) ([]core.OutboxEvent, error) {
	rows, err := s.job.Query(ctx, dueEvents, consumer, limit, behindDue)
	if err != nil {
		return nil, failure("read parked events", err)
	}
	events, err := outboxEvents(rows)
	return events, failure("read parked events", err)
}

func outboxEvents(rows pgx.Rows) (events []core.OutboxEvent, err error) {
	defer rows.Close()
	for rows.Next() {
		var row outboxRow
		if err := rows.Scan(row.into()...); err != nil {
			return nil, err
		}
		events = append(events, row.event())
	}
	return events, rows.Err()
}

const held = `EXISTS (SELECT FROM event_consumers WHERE name = $1 AND holder = $2 AND held_until >= now())`

const unparkEvents = `WITH gone AS (
	DELETE FROM event_parked WHERE consumer = $1 AND ` + held + ` AND (tenant_id, xid, position) IN (
		SELECT p.tenant_id, p.xid::text::xid8, p.position FROM unnest($3::uuid[], $4::bigint[], $5::bigint[]) AS p (tenant_id, xid, position)))
SELECT ` + held

// Unpark takes away parked events that were taken. It does nothing and gives false when
// the holder's lease is over.
func (s *Store) Unpark(ctx context.Context, l core.Lease, taken []core.OutboxEvent) (held bool, err error) {
	parked := make([]core.ParkedEvent, len(taken))
	for i, e := range taken {
		parked[i].OutboxEvent = e
	}
	args := append([]any{l.Consumer, uuid(l.Holder)}, parkedColumns(parked)[:3]...)
	err = s.job.QueryRow(ctx, unparkEvents, args...).Scan(&held)
	return held, failure("take away parked events", err)
}

const postponeEvents = `WITH later AS (
	UPDATE event_parked SET attempts = p.attempts, next_at = now() + p.wait, dead_at = CASE WHEN p.dead THEN now() END
	FROM unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::int[], $7::interval[], $8::bool[]) AS p (tenant_id, xid, position, attempts, wait, dead)
	WHERE consumer = $1 AND ` + held + ` AND (event_parked.tenant_id, event_parked.xid, event_parked.position) = (p.tenant_id, p.xid::text::xid8, p.position))
SELECT ` + held

// Postpone says when parked events are tried again. It does nothing and gives false when
// the holder's lease is over.
func (s *Store) Postpone(ctx context.Context, l core.Lease, events []core.ParkedEvent) (held bool, err error) {
	args := append([]any{l.Consumer, uuid(l.Holder)}, parkedColumns(events)...)
	err = s.job.QueryRow(ctx, postponeEvents, args...).Scan(&held)
	return held, failure("postpone parked events", err)
}

const relayBacklog = `SELECT (SELECT count(*) FROM event_parked WHERE consumer = $1),
	(SELECT count(*) FROM event_parked WHERE consumer = $1 AND dead_at IS NOT NULL), coalesce(extract(epoch FROM now() - least(
	(SELECT e.time FROM events e
		WHERE (e.xid, e.position) > ((SELECT xid FROM event_consumers WHERE name = $1), (SELECT position FROM event_consumers WHERE name = $1))
			AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND ($2::text[] IS NULL OR e.type = ANY ($2))
		ORDER BY e.xid, e.position LIMIT 1),
	(SELECT min(parked_at) FROM event_parked WHERE consumer = $1 AND dead_at IS NULL))), 0)::float8`

// RelayBacklog tells how many events a consumer of every tenant's has parked, and how old the
// oldest is that it has not taken.
func (s *Store) RelayBacklog(ctx context.Context, consumer string, types []core.EventType) (parked, dead int64, lag time.Duration, err error) {
	var seconds float64
	err = s.job.QueryRow(ctx, relayBacklog, consumer, typeNames(types)).Scan(&parked, &dead, &seconds)
	return parked, dead, time.Duration(seconds * float64(time.Second)), failure("measure the relay", err)
}

const outboxHorizon = `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint`

// OutboxHorizon is the place before which everything is committed: what is committed from
// now on comes at or after it.
func (s *Store) OutboxHorizon(ctx context.Context) (at core.EventPlace, err error) {
	err = s.job.QueryRow(ctx, outboxHorizon).Scan(&at.Xid)
	return at, failure("find the end of the outbox", err)
}

const outboxAfter = `SELECT ` + outboxColumns + `, 0, false FROM events e
WHERE (e.xid, e.position) > ($1::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.xid, e.position LIMIT $3`

// OutboxAfter gives what follows a place in the order of commits, before the oldest
// transaction that still runs.
func (s *Store) OutboxAfter(ctx context.Context, at core.EventPlace, limit int) ([]core.OutboxEvent, error) {
	rows, err := s.job.Query(ctx, outboxAfter, xid(at), at.Position, limit)
	if err != nil {
		return nil, failure("follow the outbox", err)
	}
	events, err := outboxEvents(rows)
	return events, failure("follow the outbox", err)
}
