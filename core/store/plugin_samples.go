package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// The bytes travel as parameters: bun would write them into the text of the statement.
const addPluginSamples = `INSERT INTO plugin_samples (id, expires_at, plugin, digest, hook, key_id, sealed)
SELECT s.id, now() + s.kept * interval '1 microsecond', s.plugin, s.digest, s.hook, s.key_id, s.sealed
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[]) AS s (id, kept, plugin, digest, hook, key_id, sealed)`

// AddPluginSamples keeps sealed samples, all or none.
func (s *Store) AddPluginSamples(ctx context.Context, list []core.PluginSample) error {
	var ids, plugins, digests, hooks, keys []string
	var kept []int64
	var sealed [][]byte
	for _, one := range list {
		ids, kept, plugins = append(ids, one.ID.String()), append(kept, one.KeptFor.Microseconds()), append(plugins, one.Plugin)
		digests, hooks, keys, sealed = append(digests, one.Digest), append(hooks, one.Hook), append(keys, one.KeyID), append(sealed, one.Sealed)
	}
	_, err := s.sql.ExecContext(ctx, addPluginSamples, ids, kept, plugins, digests, hooks, keys, sealed)
	return failure("keep samples", err)
}

type sampleRow struct {
	bun.BaseModel `bun:"table:plugin_samples"`

	ID     core.ID   `bun:"id,pk"`
	Time   time.Time `bun:"time"`
	Plugin string    `bun:"plugin"`
	Digest string    `bun:"digest"`
	Hook   string    `bun:"hook"`
	KeyID  string    `bun:"key_id"`
	Sealed []byte    `bun:"sealed"`
}

// PluginSamples gives one page of a plugin's samples that are not too old and have not
// expired, the newest first; before is the last one of the page before, zero for the first.
func (s *Store) PluginSamples(ctx context.Context, plugin string, since time.Duration, before core.ID, limit int) ([]core.PluginSample, error) {
	var rows []sampleRow
	q := s.bun.NewSelect().Model(&rows).Where("plugin = ?", plugin).Where("time >= now() - ?::interval", since.String()).
		Where("expires_at > now()").OrderExpr("id DESC").Limit(int64(limit))
	if !before.IsZero() {
		q = q.Where("id < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failure("read samples", err)
	}
	list := make([]core.PluginSample, len(rows))
	for i, r := range rows {
		list[i] = core.PluginSample{ID: r.ID, Time: r.Time.UTC(), Plugin: r.Plugin, Digest: r.Digest, Hook: r.Hook, KeyID: r.KeyID, Sealed: r.Sealed}
	}
	return list, nil
}

// mostSamples is how many samples of one plugin are kept from one purge to the next.
const mostSamples = 10_000

// PurgePluginSamples deletes samples that have expired, and the oldest of a plugin that has
// too many.
func (s *Store) PurgePluginSamples(ctx context.Context) (int64, error) {
	res, err := s.bun.NewRaw(`DELETE FROM plugin_samples WHERE expires_at <= now() OR id IN (
		SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY plugin ORDER BY id DESC) AS place FROM plugin_samples) AS placed WHERE place > ?)`,
		mostSamples).Exec(ctx)
	if err != nil {
		return 0, failure("purge samples", err)
	}
	n, err := res.RowsAffected()
	return n, failure("purge samples", err)
}
