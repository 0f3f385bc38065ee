package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// What a consumer wants is known of endpoints and of those that prepare tenants; the others want everything.
const eventConsumers = `SELECT c.name, CASE WHEN c.held_until >= now() THEN c.holder END, c.created_at, p.parked, p.dead, p.oldest,
	coalesce(extract(epoch FROM now() - least(p.oldest, (
		SELECT e.time FROM events e
		WHERE (e.xid, e.position) > (c.xid, c.position) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
			AND (w.tenant_id IS NULL OR e.tenant_id = w.tenant_id) AND (w.types IS NULL OR e.type = ANY (w.types))
			AND (c.name NOT LIKE 'tenant.provision/%' OR e.type = 'TenantProvisioned')
		ORDER BY e.xid, e.position LIMIT 1))), 0)::float8
FROM event_consumers c
CROSS JOIN LATERAL (
	SELECT count(*) AS parked, count(dead_at) AS dead, min(parked_at) FILTER (WHERE dead_at IS NULL) AS oldest
	FROM event_parked WHERE consumer = c.name) p
LEFT JOIN webhooks w ON c.name = '` + core.WebhookConsumers + `' || w.id
ORDER BY c.name`

// EventConsumers lists who takes events, and how far each is.
func (s *Store) EventConsumers(ctx context.Context) ([]core.EventConsumer, error) {
	rows, err := s.cold.Query(ctx, eventConsumers)
	if err != nil {
		return nil, failure("list consumers of events", err)
	}
	defer rows.Close()
	var list []core.EventConsumer
	for rows.Next() {
		var c core.EventConsumer
		var holder pgtype.UUID
		var since, oldest pgtype.Timestamptz
		var lag float64
		if err := rows.Scan(&c.Name, &holder, &since, &c.Parked, &c.Dead, &oldest, &lag); err != nil {
			return nil, failure("list consumers of events", err)
		}
		c.Holder, c.Since, c.Oldest, c.Lag = holder.Bytes, maybe(since), maybe(oldest), time.Duration(lag*float64(time.Second))
		list = append(list, c)
	}
	return list, failure("list consumers of events", rows.Err())
}

const stuckEvents = `SELECT ` + outboxColumns + `, p.attempts, false, p.parked_at, p.next_at, p.dead_at
FROM event_parked p JOIN events e ON e.position = p.position
WHERE p.consumer = $1 AND (p.xid, p.position) > ($2::text::xid8, $3::bigint) AND (NOT $4 OR p.dead_at IS NOT NULL)
ORDER BY p.xid, p.position LIMIT $5`

// StuckEvents gives one page of what is parked for a consumer, or of what is dead alone, the oldest first.
func (s *Store) StuckEvents(ctx context.Context, consumer string, dead bool, cursor string, limit int) (core.Page[core.StuckEvent], error) {
	var page core.Page[core.StuckEvent]
	var after core.EventPlace
	if cursor != "" {
		var err error
		if after, err = s.EventPlace(cursor); err != nil {
			return page, err
		}
	}
	rows, err := s.cold.Query(ctx, stuckEvents, described, consumer, xid(after), after.Position, dead, limit)
	if err != nil {
		return page, failure("list parked events", err)
	}
	defer rows.Close()
	var last core.EventPlace
	for rows.Next() {
		var row outboxRow
		var parked, next, died pgtype.Timestamptz
		if err := rows.Scan(append(row.into(), &parked, &next, &died)...); err != nil {
			return page, failure("list parked events", err)
		}
		e := row.event()
		last = e.Place
		page.Items = append(page.Items, core.StuckEvent{Event: e.Event, Attempts: e.Attempts, ParkedAt: maybe(parked), NextAt: maybe(next), DeadAt: maybe(died)})
	}
	if len(page.Items) == limit {
		page.NextCursor = s.EventCursor(last)
	}
	return page, failure("list parked events", rows.Err())
}

const stuckAct = `, act AS (
	INSERT INTO operator_acts (actor, action, subject, reason)
	SELECT $3, $4, concat_ws(' ', $1, $2::uuid), $5 WHERE EXISTS (TABLE stuck))
SELECT count(*) FROM stuck`

const retryEvents = `WITH stuck AS (
	UPDATE event_parked p SET attempts = 0, next_at = now(), dead_at = NULL FROM events e
	WHERE p.consumer = $1 AND e.position = p.position AND ($2::uuid IS NULL OR e.id = $2) RETURNING 1)` + stuckAct

const skipEvent = `WITH stuck AS (
	DELETE FROM event_parked p USING events e
	WHERE p.consumer = $1 AND e.position = p.position AND e.id = $2::uuid RETURNING 1)` + stuckAct

// RetryEvents has parked events tried again at once, dead ones included: one, or all for a zero id. It gives how many.
func (s *Store) RetryEvents(ctx context.Context, a core.EventAct) (int, error) {
	return s.stuck(ctx, retryEvents, a)
}

// SkipEvent has a consumer never take a parked event. It gives how many there were.
func (s *Store) SkipEvent(ctx context.Context, a core.EventAct) (int, error) {
	return s.stuck(ctx, skipEvent, a)
}

func (s *Store) stuck(ctx context.Context, query string, a core.EventAct) (n int, err error) {
	err = s.cold.QueryRow(ctx, query, described, a.Consumer, nullable(a.EventID), a.Actor, a.Action, a.Reason).Scan(&n)
	return n, failure("act on parked events", err)
}
