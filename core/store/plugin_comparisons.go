package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// comparisonRow is a row of plugin_comparisons.
type comparisonRow struct {
	bun.BaseModel `bun:"table:plugin_comparisons"`

	Release  int64           `bun:"release,pk"`
	Plugin   string          `bun:"plugin,pk"`
	Digest   string          `bun:"digest,pk"`
	Against  string          `bun:"against,pk"`
	Replica  core.ID         `bun:"replica,pk"`
	Counts   shadowCountsRow `bun:"counts,type:jsonb"`
	Served   json.RawMessage `bun:"served,type:jsonb"`
	Shadowed json.RawMessage `bun:"shadowed,type:jsonb"`
}

type shadowCountsRow struct {
	Calls          int64            `json:"calls"`
	Agreed         int64            `json:"agreed,omitempty"`
	Differed       int64            `json:"differed,omitempty"`
	NotComparable  map[string]int64 `json:"not_comparable,omitempty"`
	Dropped        int64            `json:"dropped,omitempty"`
	ServedFailures int64            `json:"served_failures,omitempty"`
	ShadowFailures int64            `json:"shadow_failures,omitempty"`
}

// SayShadows keeps what a replica counted, in the place of what it said before.
func (s *Store) SayShadows(ctx context.Context, list []core.ShadowTally) error {
	rows := make([]comparisonRow, len(list))
	for i, t := range list {
		rows[i] = comparisonRow{
			Release: t.Release, Plugin: t.Plugin, Digest: t.Digest, Against: t.Against, Replica: t.Replica, Counts: shadowCountsRow(t.Counts),
			Served: t.Served, Shadowed: t.Shadowed,
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := s.bun.NewInsert().Model(&rows).On(`CONFLICT ON CONSTRAINT plugin_comparisons_pkey DO UPDATE
		SET counts = EXCLUDED.counts, served = EXCLUDED.served, shadowed = EXCLUDED.shadowed, updated_at = now()`).Exec(ctx)
	return failure("keep what shadows did", err)
}

// ShadowTallies gives what every replica counted of these candidates, under whatever release.
func (s *Store) ShadowTallies(ctx context.Context, digests []string) ([]core.ShadowTally, error) {
	var rows []comparisonRow
	if len(digests) == 0 {
		return nil, nil
	}
	err := s.bun.NewSelect().Model(&rows).Where("digest IN (?)", bun.List(digests)).OrderExpr("digest, against, release, plugin, replica").Scan(ctx)
	if err != nil {
		return nil, failure("read what shadows did", err)
	}
	list := make([]core.ShadowTally, len(rows))
	for i, r := range rows {
		list[i] = core.ShadowTally{
			Release: r.Release, Plugin: r.Plugin, Digest: r.Digest, Against: r.Against, Replica: r.Replica, Counts: core.ShadowCounts(r.Counts),
			Served: r.Served, Shadowed: r.Shadowed,
		}
	}
	return list, nil
}

// shadowsKept is how long what shadows did is kept after the last of it.
const shadowsKept = 30 * 24 * time.Hour

// PurgeShadows deletes what shadows did long ago.
func (s *Store) PurgeShadows(ctx context.Context) (n int64, err error) {
	for _, sql := range []string{
		"DELETE FROM plugin_differences WHERE time < now() - ?::interval",
		"DELETE FROM plugin_comparisons WHERE updated_at < now() - ?::interval",
	} {
		res, err := s.bun.NewRaw(sql, shadowsKept.String()).Exec(ctx)
		if err != nil {
			return n, failure("purge what shadows did", err)
		}
		more, err := res.RowsAffected()
		if err != nil {
			return n, failure("purge what shadows did", err)
		}
		n += more
	}
	return n, nil
}
