package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

type tallyRow struct {
	bun.BaseModel `bun:"table:plugin_tallies"`

	Release   int64           `bun:"release,pk"`
	Plugin    string          `bun:"plugin,pk"`
	Digest    string          `bun:"digest,pk"`
	Role      string          `bun:"role,pk"`
	Replica   core.ID         `bun:"replica,pk"`
	Counts    json.RawMessage `bun:"counts,type:jsonb"`
	Cost      json.RawMessage `bun:"cost,type:jsonb"`
	UpdatedAt time.Time       `bun:"updated_at,nullzero,default:now()"`
}

type trialRow struct {
	bun.BaseModel `bun:"table:plugin_trials"`

	Release  int64           `bun:"release,pk"`
	Plugin   string          `bun:"plugin,pk"`
	Digest   string          `bun:"digest"`
	Against  string          `bun:"against"`
	State    json.RawMessage `bun:"state,type:jsonb"`
	Looks    int64           `bun:"looks"`
	Evidence json.RawMessage `bun:"evidence,type:jsonb,nullzero"`
	Rollback int64           `bun:"rollback"`
	Age      float64         `bun:"age,scanonly"` // seconds
}

// SavePluginTallies puts what a replica counted in the place of what it said before.
func (s *Store) SavePluginTallies(ctx context.Context, list []core.PluginTally) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]tallyRow, len(list))
	for i, t := range list {
		rows[i] = tallyRow{
			Release: t.Release, Plugin: t.Plugin, Digest: t.Digest, Role: string(t.Role), Replica: t.Replica, Counts: t.Counts, Cost: t.Cost,
		}
	}
	_, err := s.bun.NewInsert().Model(&rows).On("CONFLICT ON CONSTRAINT plugin_tallies_pkey DO UPDATE").
		Set("counts = EXCLUDED.counts").Set("cost = EXCLUDED.cost").Set("updated_at = now()").Exec(ctx)
	return failure("save what plugins did", err)
}

// PluginTalliesOf reads what all replicas counted of a plugin under a release.
func (s *Store) PluginTalliesOf(ctx context.Context, release int64, plugin string) ([]core.PluginTally, error) {
	return s.tallies(ctx, s.bun.NewSelect().Where("release = ?", release).Where("plugin = ?", plugin))
}

// PluginTalliesOfDigest reads what all replicas counted of a version.
func (s *Store) PluginTalliesOfDigest(ctx context.Context, digest string) ([]core.PluginTally, error) {
	return s.tallies(ctx, s.bun.NewSelect().Where("digest = ?", digest))
}

func (s *Store) tallies(ctx context.Context, q *bun.SelectQuery) ([]core.PluginTally, error) {
	var rows []tallyRow
	if err := q.Model(&rows).OrderExpr("release, plugin, digest, role, replica").Scan(ctx); err != nil {
		return nil, failure("read what plugins did", err)
	}
	list := make([]core.PluginTally, len(rows))
	for i, r := range rows {
		list[i] = core.PluginTally{
			Release: r.Release, Plugin: r.Plugin, Digest: r.Digest, Role: core.TallyRole(r.Role), Replica: r.Replica, Counts: r.Counts, Cost: r.Cost,
		}
	}
	return list, nil
}

// tallyFor is how long what a version did is kept after the last call.
const tallyFor = 90 * 24 * time.Hour

// PurgePluginTallies deletes what was counted long ago, and gives how many rows.
func (s *Store) PurgePluginTallies(ctx context.Context) (int64, error) {
	res, err := s.bun.NewDelete().Model((*tallyRow)(nil)).Where("updated_at < now() - ?::interval", tallyFor.String()).Exec(ctx)
	if err != nil {
		return 0, failure("purge what plugins did", err)
	}
	return res.RowsAffected()
}

// FindPluginTrial reads the trial of a plugin in a release.
func (s *Store) FindPluginTrial(ctx context.Context, release int64, plugin string) (t core.PluginTrial, found bool, err error) {
	return s.trial(ctx, s.bun.NewSelect().Where("release = ?", release).Where("plugin = ?", plugin))
}

// PluginTrialEndedBy reads the trial that a release ended.
func (s *Store) PluginTrialEndedBy(ctx context.Context, rollback int64) (t core.PluginTrial, found bool, err error) {
	return s.trial(ctx, s.bun.NewSelect().Where("rollback = ?", rollback))
}

func (s *Store) trial(ctx context.Context, q *bun.SelectQuery) (t core.PluginTrial, found bool, err error) {
	var r trialRow
	err = q.Model(&r).ColumnExpr("?TableColumns").ColumnExpr("extract(epoch FROM now() - updated_at) AS age").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	t = core.PluginTrial{
		Release: r.Release, Plugin: r.Plugin, Digest: r.Digest, Against: r.Against, State: r.State, Looks: r.Looks, Evidence: r.Evidence,
		Rollback: r.Rollback, Age: time.Duration(r.Age * float64(time.Second)),
	}
	return t, err == nil, failure("read a trial of a plugin", err)
}

// SavePluginTrial writes the state of a trial that was written so often before; done is
// false, and nothing has changed, when somebody else wrote it meanwhile.
func (s *Store) SavePluginTrial(ctx context.Context, t core.PluginTrial) (done bool, err error) {
	row := trialRow{Release: t.Release, Plugin: t.Plugin, Digest: t.Digest, Against: t.Against, State: t.State, Looks: t.Looks + 1}
	var res sql.Result
	if t.Looks == 0 {
		res, err = s.bun.NewInsert().Model(&row).On("CONFLICT ON CONSTRAINT plugin_trials_pkey DO NOTHING").Exec(ctx)
	} else {
		res, err = s.bun.NewUpdate().Model(&row).Column("state", "looks").Set("updated_at = now()").WherePK().Where("looks = ?", t.Looks).Exec(ctx)
	}
	if err != nil {
		return false, failure("save a trial of a plugin", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// RollBackPluginTrial writes the release that takes a candidate back, as AddPluginRelease
// does: the candidate is quarantined, and the evidence is kept with its trial, in the same
// commit. [core.Conflict] when somebody else ended the trial, or made a release, meanwhile.
func (s *Store) RollBackPluginTrial(ctx context.Context, r core.PluginRelease, after int64, t core.PluginTrial) (core.PluginRelease, error) {
	return s.addRelease(ctx, r, after, []string{t.Digest}, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw("UPDATE plugin_trials SET evidence = ?::jsonb, rollback = ?, updated_at = now() WHERE release = ? AND plugin = ? AND rollback = 0",
			string(t.Evidence), after+1, t.Release, t.Plugin).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return core.E(core.Conflict, "This trial was ended already.").Because("trial_ended")
	})
}
