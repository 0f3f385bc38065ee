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

// Events gives one page of a tenant's events, oldest first. The page ends before the
// oldest transaction that still runs, so a reader who goes on from its cursor misses none.
// NextCursor is empty only on an empty page: a reader keeps its last one and polls from there.
func (s *Store) Events(ctx context.Context, tenant core.ID, cursor string, limit int) (core.Page[core.Event], error) {
	var page core.Page[core.Event]
	var rows []eventRow
	q := s.bun.NewSelect().Model(&rows).
		Column("position", "id", "type", "tenant_id", "aggregate_type", "aggregate_id", "aggregate_version", "actor_id", "time", "traceparent", "data").
		ColumnExpr("e.xid::text::bigint AS xid").
		Where("e.tenant_id = ?", tenant).
		Where("e.xid < pg_snapshot_xmin(pg_current_snapshot())").
		OrderExpr("e.xid, e.position").Limit(int64(limit))
	if cursor != "" {
		after, err := readCursor[eventCursor](cursor)
		if err != nil {
			return page, err
		}
		if after.Xid < 0 || after.Position < 0 { // never written, and not a transaction's number
			return page, badCursor()
		}
		q = q.Where("(e.xid, e.position) > (?::text::xid8, ?)", after.Xid, after.Position)
	}
	if err := q.Scan(ctx); err != nil {
		return page, failure("list events", err)
	}
	if n := len(rows); n > 0 {
		page.NextCursor = writeCursor(eventCursor{rows[n-1].Xid, rows[n-1].Position})
	}
	page.Items = make([]core.Event, len(rows))
	for i := range rows {
		page.Items[i] = rows[i].event()
	}
	return page, nil
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
