package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// replicaRow is a row of plugin_replicas.
type replicaRow struct {
	bun.BaseModel `bun:"table:plugin_replicas"`

	ID        string            `bun:"id,pk"`
	Name      string            `bun:"name"`
	Build     string            `bun:"build"`
	StartedAt time.Time         `bun:"started_at,nullzero,default:now()"`
	SeenAt    time.Time         `bun:"seen_at,nullzero,default:now()"`
	Serving   int64             `bun:"serving"`
	Since     time.Time         `bun:"since,nullzero"`
	Prepared  int64             `bun:"prepared"`
	Failed    int64             `bun:"failed"`
	Failure   string            `bun:"failure"`
	Trouble   string            `bun:"trouble"`
	Digests   map[string]string `bun:"digests,type:jsonb"`
	Swap      swapRow           `bun:"swap,type:jsonb"`
	Live      bool              `bun:"live,scanonly"`
}

type swapRow struct {
	Release   int64     `json:"release,omitempty"`
	Heard     time.Time `json:"heard,omitzero"`
	ReadUS    int64     `json:"read_us,omitempty"`
	PrepareUS int64     `json:"prepare_us,omitempty"`
	FlipUS    int64     `json:"flip_us,omitempty"`
}

// SayPluginReplica keeps what a replica says of itself, by the database's clock.
func (s *Store) SayPluginReplica(ctx context.Context, r core.PluginReplica) error {
	if r.Digests == nil {
		r.Digests = map[string]string{}
	}
	row := &replicaRow{
		ID: r.ID.String(), Name: r.Name, Build: r.Build, Serving: r.Serving, Since: r.Since, Prepared: r.Prepared,
		Failed: r.Failed, Failure: r.Failure, Trouble: r.Trouble, Digests: r.Digests,
		Swap: swapRow{r.Swap.Release, r.Swap.Heard, r.Swap.Read.Microseconds(), r.Swap.Prepare.Microseconds(), r.Swap.Flip.Microseconds()},
	}
	_, err := s.bun.NewInsert().Model(row).ExcludeColumn("started_at", "seen_at").
		On(`CONFLICT ON CONSTRAINT plugin_replicas_pkey DO UPDATE SET seen_at = now(), serving = EXCLUDED.serving, since = EXCLUDED.since,
			prepared = EXCLUDED.prepared, failed = EXCLUDED.failed, failure = EXCLUDED.failure, trouble = EXCLUDED.trouble, digests = EXCLUDED.digests, swap = EXCLUDED.swap`).
		Exec(ctx)
	return failure("say how a replica is", err)
}

// PluginReplicas lists the replicas that were heard of within a day, those that started
// first in front. Live are those of which it is no longer ago than that.
func (s *Store) PluginReplicas(ctx context.Context, live time.Duration) ([]core.PluginReplica, error) {
	var rows []replicaRow
	err := s.bun.NewSelect().Model(&rows).ColumnExpr("?TableColumns").ColumnExpr("seen_at > now() - ?::interval AS live", live.String()).
		Where("seen_at > now() - interval '1 day'").OrderExpr("started_at, id").Scan(ctx)
	if err != nil {
		return nil, failure("list replicas", err)
	}
	list := make([]core.PluginReplica, len(rows))
	for i, r := range rows {
		id, err := core.ParseID(r.ID)
		if err != nil {
			return nil, failure("read a replica's id", err)
		}
		list[i] = core.PluginReplica{
			ID: id, Name: r.Name, Build: r.Build, StartedAt: r.StartedAt.UTC(), SeenAt: r.SeenAt.UTC(), Live: r.Live, Serving: r.Serving,
			Since: r.Since.UTC(), Prepared: r.Prepared, Failed: r.Failed, Failure: r.Failure, Trouble: r.Trouble,
			Digests: r.Digests,
			Swap: core.ReplicaSwap{
				Release: r.Swap.Release, Heard: r.Swap.Heard, Read: microseconds(r.Swap.ReadUS), Prepare: microseconds(r.Swap.PrepareUS),
				Flip: microseconds(r.Swap.FlipUS),
			},
		}
	}
	return list, nil
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// LeavePluginReplica forgets a replica that ends, so that nobody waits for it, and with it
// those that ended long ago without a word.
func (s *Store) LeavePluginReplica(ctx context.Context, id core.ID) error {
	_, err := s.bun.NewRaw("DELETE FROM plugin_replicas WHERE id = ? OR seen_at < now() - interval '7 days'", id.String()).Exec(ctx)
	return failure("forget a replica", err)
}
