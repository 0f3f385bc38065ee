package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

type pluginAct struct {
	bun.BaseModel `bun:"table:plugin_acts"`

	ID      core.ID   `bun:"id,pk"`
	Time    time.Time `bun:"time"`
	Actor   string    `bun:"actor"`
	Action  string    `bun:"action"`
	Plugin  string    `bun:"plugin"`
	Digest  string    `bun:"digest"`
	Release int64     `bun:"release"`
	Reason  string    `bun:"reason"`
}

// actCursor is the place of an act in the audit.
type actCursor struct {
	Time time.Time `json:"t"`
	ID   core.ID   `json:"i"`
}

// PluginActs gives one page of what was done to versions and releases, the newest first.
func (s *Store) PluginActs(ctx context.Context, cursor string, limit int) (core.Page[core.PluginAct], error) {
	var page core.Page[core.PluginAct]
	var rows []pluginAct
	q := s.bun.NewSelect().Model(&rows).OrderExpr("time DESC, id DESC").Limit(int64(limit) + 1)
	if cursor != "" {
		before, err := readCursor[actCursor](cursor)
		if err != nil {
			return page, err
		}
		q = q.Where("(time, id) < (?, ?)", before.Time, before.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return page, failure("list the acts on plugins", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.NextCursor = writeCursor(actCursor{rows[limit-1].Time, rows[limit-1].ID})
	}
	page.Items = make([]core.PluginAct, len(rows))
	for i, r := range rows {
		page.Items[i] = core.PluginAct{
			Time: r.Time.UTC(), Actor: r.Actor, Action: r.Action, Plugin: r.Plugin, Digest: r.Digest, Release: r.Release, Reason: r.Reason,
		}
	}
	return page, nil
}
