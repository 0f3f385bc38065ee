package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// differenceRow is a row of plugin_differences.
type differenceRow struct {
	bun.BaseModel `bun:"table:plugin_differences"`

	ID       core.ID    `bun:"id,pk,nullzero,default:uuid_v7()"`
	Time     time.Time  `bun:"time,nullzero,default:now()"`
	Release  int64      `bun:"release"`
	Plugin   string     `bun:"plugin"`
	Digest   string     `bun:"digest"`
	Against  string     `bun:"against"`
	Hook     string     `bun:"hook"`
	Served   verdictRow `bun:"served,type:jsonb"`
	Shadowed verdictRow `bun:"shadowed,type:jsonb"`
	Members  []string   `bun:"members,array"`
}

type verdictRow struct {
	Outcome string          `json:"outcome,omitempty"`
	Failure string          `json:"failure,omitempty"`
	Errors  []fieldErrorRow `json:"errors,omitempty"`
}

type fieldErrorRow struct {
	Field string `json:"field"`
	Code  string `json:"code"`
}

func verdictRowOf(v core.PluginVerdict) verdictRow {
	row := verdictRow{Outcome: v.Outcome, Failure: v.Failure}
	for _, e := range v.Errors {
		row.Errors = append(row.Errors, fieldErrorRow(e))
	}
	return row
}

func (r verdictRow) verdict() core.PluginVerdict {
	v := core.PluginVerdict{Outcome: r.Outcome, Failure: r.Failure}
	for _, e := range r.Errors {
		v.Errors = append(v.Errors, core.PluginFieldError(e))
	}
	return v
}

// AddPluginDifferences keeps differences, and of each candidate's the last so many.
func (s *Store) AddPluginDifferences(ctx context.Context, list []core.PluginDifference, most int) error {
	rows, digests := make([]differenceRow, len(list)), map[string]struct{}{}
	for i, d := range list {
		rows[i] = differenceRow{
			Release: d.Release, Plugin: d.Plugin, Digest: d.Digest, Against: d.Against, Hook: d.Hook,
			Served: verdictRowOf(d.Served), Shadowed: verdictRowOf(d.Shadowed), Members: append([]string{}, d.Members...),
		}
		digests[d.Digest] = struct{}{}
	}
	if len(rows) == 0 {
		return nil
	}
	err := s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
			return err
		}
		for digest := range digests {
			_, err := tx.NewRaw(`DELETE FROM plugin_differences WHERE digest = ? AND id IN (
				SELECT id FROM plugin_differences WHERE digest = ? ORDER BY id DESC OFFSET ?)`, digest, digest, most).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return failure("keep what shadows differ in", err)
}

// PluginDifferences gives the last differences of a candidate, the newest first.
func (s *Store) PluginDifferences(ctx context.Context, digest string, limit int) ([]core.PluginDifference, error) {
	var rows []differenceRow
	if err := s.bun.NewSelect().Model(&rows).Where("digest = ?", digest).OrderExpr("id DESC").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, failure("list what a shadow differs in", err)
	}
	list := make([]core.PluginDifference, len(rows))
	for i, r := range rows {
		list[i] = core.PluginDifference{
			Time: r.Time.UTC(), Release: r.Release, Plugin: r.Plugin, Digest: r.Digest, Against: r.Against, Hook: r.Hook,
			Served: r.Served.verdict(), Shadowed: r.Shadowed.verdict(), Members: r.Members,
		}
	}
	return list, nil
}
