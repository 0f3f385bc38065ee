package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:e"`

	Position         int64           `bun:"position,pk"`
	Xid              int64           `bun:"xid"`
	ID               core.ID         `bun:"id"`
	Type             string          `bun:"type"`
	TenantID         core.ID         `bun:"tenant_id"`
	AggregateType    string          `bun:"aggregate_type"`
	AggregateID      core.ID         `bun:"aggregate_id"`
	AggregateVersion int             `bun:"aggregate_version"`
	ActorID          core.ID         `bun:"actor_id"`
	Time             time.Time       `bun:"time"`
	Traceparent      string          `bun:"traceparent"`
	Data             json.RawMessage `bun:"data,type:jsonb"`
}

// eventCursor is the place of an event in the order of commits.
type eventCursor struct {
	Xid      int64 `json:"x"`
	Position int64 `json:"p"`
}

// Events gives one page of the events that somebody wants, oldest first. The page ends before the
// oldest transaction that still runs, so a reader who goes on from its cursor misses none.
// NextCursor is empty only on an empty page: a reader keeps its last one and polls from there.
func (s *Store) Events(ctx context.Context, f core.EventFilter, cursor string, limit int) (core.Page[core.Event], error) {
	var page core.Page[core.Event]
	var after core.EventPlace
	if cursor != "" {
		var err error
		if after, err = s.EventPlace(cursor); err != nil {
			return page, err
		}
	}
	found, err := s.EventsAfter(ctx, after, f, limit)
	if err != nil {
		return page, err
	}
	if n := len(found); n > 0 {
		page.NextCursor = s.EventCursor(found[n-1].Place)
	}
	page.Items = make([]core.Event, len(found))
	for i, e := range found {
		page.Items[i] = e.Event
	}
	return page, nil
}

// EventPlace reads the cursor of a page or of a stream.
func (s *Store) EventPlace(cursor string) (core.EventPlace, error) {
	at, err := readCursor[eventCursor](cursor)
	if err != nil {
		return core.EventPlace{}, err
	}
	if at.Xid < 0 || at.Position < 0 { // never written, and not a transaction's number
		return core.EventPlace{}, badCursor()
	}
	return core.EventPlace(at), nil
}

// EventCursor names the place behind an event.
func (s *Store) EventCursor(at core.EventPlace) string { return writeCursor(eventCursor(at)) }

// EventsAfter gives the events that somebody wants and that come after a place, before the oldest transaction that still runs.
func (s *Store) EventsAfter(ctx context.Context, after core.EventPlace, f core.EventFilter, limit int) ([]core.OutboxEvent, error) {
	var rows []eventRow
	q := s.bun.NewSelect().Model(&rows).
		Column("position", "id", "type", "tenant_id", "aggregate_type", "aggregate_id", "aggregate_version", "actor_id", "time", "traceparent", "data").
		ColumnExpr("e.xid::text::bigint AS xid").
		Where("e.xid < pg_snapshot_xmin(pg_current_snapshot())").
		OrderExpr("e.xid, e.position").Limit(int64(limit))
	if !f.TenantID.IsZero() {
		q = q.Where("e.tenant_id = ?", f.TenantID)
	}
	if len(f.Types) > 0 {
		q = q.Where("e.type IN (?)", bun.List(typeNames(f.Types)))
	}
	if !f.Since.IsZero() {
		q = q.Where("e.time >= ?", f.Since)
	}
	if after != (core.EventPlace{}) {
		q = q.Where("(e.xid, e.position) > (?::text::xid8, ?)", after.Xid, after.Position)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failure("list events", err)
	}
	events := make([]core.OutboxEvent, len(rows))
	for i := range rows {
		events[i] = core.OutboxEvent{Event: rows[i].event(), Place: core.EventPlace{Xid: rows[i].Xid, Position: rows[i].Position}}
	}
	return events, nil
}

func (r *eventRow) event() core.Event {
	return core.Event{
		ID: r.ID, Type: core.EventType(r.Type), TenantID: r.TenantID,
		AggregateType: r.AggregateType, AggregateID: r.AggregateID, Version: r.AggregateVersion,
		ActorID: r.ActorID, Time: r.Time.UTC(), Traceparent: r.Traceparent, Data: r.Data,
	}
}

// CheckOutbox tells whether events can be read in their order, without reading any.
func (s *Store) CheckOutbox(ctx context.Context) error {
	_, err := s.hot.Exec(ctx, "SELECT FROM events WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY position LIMIT 1")
	return failure("look at the outbox", err)
}
