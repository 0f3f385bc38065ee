package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

type operatorAct struct {
	bun.BaseModel `bun:"table:operator_acts"`

	ID      core.ID   `bun:"id,pk"`
	Time    time.Time `bun:"time"`
	Actor   string    `bun:"actor"`
	Action  string    `bun:"action"`
	Subject string    `bun:"subject"`
	Reason  string    `bun:"reason"`
}

const recordAct = `INSERT INTO operator_acts (actor, action, subject, reason) VALUES ($1, $2, $3, $4)`

// RecordAct keeps what an operator is about to do where the deed is not in the database.
func (s *Store) RecordAct(ctx context.Context, a core.OperatorAct) error {
	_, err := s.cold.Exec(ctx, recordAct, a.Actor, a.Action, a.Subject, a.Reason)
	return failure("keep an operator's act", err)
}

// operatorActCursor is the place of an act in the audit.
type operatorActCursor struct {
	ID core.ID `json:"i"`
}

// OperatorActs gives one page of what operators did, the newest first.
func (s *Store) OperatorActs(ctx context.Context, cursor string, limit int) (core.Page[core.OperatorAct], error) {
	var page core.Page[core.OperatorAct]
	var rows []operatorAct
	q := s.bun.NewSelect().Model(&rows).OrderExpr("id DESC").Limit(int64(limit) + 1)
	if cursor != "" {
		before, err := readCursor[operatorActCursor](cursor)
		if err != nil {
			return page, err
		}
		q = q.Where("id < ?", before.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return page, failure("list the acts of operators", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.NextCursor = writeCursor(operatorActCursor{rows[limit-1].ID})
	}
	page.Items = make([]core.OperatorAct, len(rows))
	for i, r := range rows {
		page.Items[i] = core.OperatorAct{Time: r.Time.UTC(), Actor: r.Actor, Action: r.Action, Subject: r.Subject, Reason: r.Reason}
	}
	return page, nil
}
