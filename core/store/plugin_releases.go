package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// pluginChannel is where a change of the ledger is told. What is told is a hint; reading is the truth.
const pluginChannel = "usher_plugin_releases"

// releaseRow is a row of plugin_releases. Its JSON form is what PostgreSQL makes of the row.
type releaseRow struct {
	bun.BaseModel `bun:"table:plugin_releases"`

	Number    int64      `bun:"number,pk" json:"number"`
	Kind      string     `bun:"kind" json:"kind"`
	State     string     `bun:"state" json:"state"`
	Content   contentRow `bun:"content,type:jsonb" json:"content"`
	Plugin    string     `bun:"plugin" json:"plugin"`
	Base      int64      `bun:"base" json:"base"`
	Restores  int64      `bun:"restores" json:"restores"`
	Actor     string     `bun:"actor" json:"actor"`
	AtOnce    bool       `bun:"at_once" json:"at_once"`
	Automatic bool       `bun:"automatic" json:"automatic"`
	Reason    string     `bun:"reason" json:"reason"`
	Failure   string     `bun:"failure" json:"failure"`
	CreatedAt time.Time  `bun:"created_at,nullzero,default:now()" json:"created_at"`
	ServingAt time.Time  `bun:"serving_at,nullzero" json:"serving_at"`
}

type contentRow struct {
	Plugins  []pluginRow  `json:"plugins"`
	Bindings []bindingRow `json:"bindings,omitempty"`
}

type pluginRow struct {
	Name      string        `json:"name"`
	Digest    string        `json:"digest,omitempty"`
	Candidate *candidateRow `json:"candidate,omitempty"`
}

type candidateRow struct {
	Digest   string  `json:"digest"`
	Percent  float64 `json:"percent,omitempty"`
	ByTenant bool    `json:"by_tenant,omitempty"`
	Shadow   bool    `json:"shadow,omitempty"`
}

type bindingRow struct {
	Hook      string   `json:"hook"`
	Plugin    string   `json:"plugin"`
	OnFailure string   `json:"on_failure,omitempty"`
	TimeoutMS int64    `json:"timeout_ms,omitempty"`
	Tenants   []string `json:"tenants,omitempty"`
	Disabled  bool     `json:"disabled,omitempty"`
}

func rowOf(r core.PluginRelease) *releaseRow {
	row := &releaseRow{
		Number: r.Number, Kind: string(r.Kind), State: string(r.State), Plugin: r.Plugin, Base: r.Base, Restores: r.Restores,
		AtOnce: r.AtOnce, Actor: r.Actor, Automatic: r.Automatic, Reason: r.Reason, Failure: r.Failure, Content: contentRow{Plugins: []pluginRow{}},
	}
	for _, p := range r.Content.Plugins {
		row.Content.Plugins = append(row.Content.Plugins, pluginRow{p.Name, p.Digest, (*candidateRow)(p.Candidate)})
	}
	for _, b := range r.Content.Bindings {
		row.Content.Bindings = append(row.Content.Bindings, bindingRow{
			b.Hook, b.Plugin, b.OnFailure, b.Timeout.Milliseconds(), b.Tenants, b.Disabled,
		})
	}
	return row
}

func (r *releaseRow) release() core.PluginRelease {
	out := core.PluginRelease{
		Number: r.Number, Kind: core.ReleaseKind(r.Kind), State: core.ReleaseState(r.State), Plugin: r.Plugin, Base: r.Base,
		Restores: r.Restores, AtOnce: r.AtOnce, Actor: r.Actor, Automatic: r.Automatic, Reason: r.Reason, Failure: r.Failure,
		CreatedAt: r.CreatedAt.UTC(), ServingAt: r.ServingAt.UTC(),
	}
	for _, p := range r.Content.Plugins {
		out.Content.Plugins = append(out.Content.Plugins, core.ReleasedPlugin{Name: p.Name, Digest: p.Digest, Candidate: (*core.PluginCandidate)(p.Candidate)})
	}
	for _, b := range r.Content.Bindings {
		out.Content.Bindings = append(out.Content.Bindings, core.ReleasedBinding{
			Hook: b.Hook, Plugin: b.Plugin, OnFailure: b.OnFailure, Timeout: time.Duration(b.TimeoutMS) * time.Millisecond,
			Tenants: b.Tenants, Disabled: b.Disabled,
		})
	}
	return out
}

func releasesOf(rows []releaseRow) []core.PluginRelease {
	list := make([]core.PluginRelease, len(rows))
	for i := range rows {
		list[i] = rows[i].release()
	}
	return list
}

// PluginReleases lists releases below a number, the newest first; all when it is 0.
func (s *Store) PluginReleases(ctx context.Context, below, limit int64) ([]core.PluginRelease, error) {
	var rows []releaseRow
	q := s.bun.NewSelect().Model(&rows).OrderExpr("number DESC").Limit(limit)
	if below > 0 {
		q = q.Where("number < ?", below)
	}
	err := q.Scan(ctx)
	return releasesOf(rows), failure("list releases of plugins", err)
}

// FindPluginRelease reads one release; [core.NotFound] when there is none.
func (s *Store) FindPluginRelease(ctx context.Context, number int64) (core.PluginRelease, error) {
	var row releaseRow
	err := s.bun.NewSelect().Model(&row).Where("number = ?", number).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return core.PluginRelease{}, core.E(core.NotFound, fmt.Sprintf("There is no release %d.", number))
	}
	return row.release(), failure("read a release of plugins", err)
}

// servedSince finds versions from the last rollback on that the plugin was part of.
const servedSince = `SELECT DISTINCT p->>'digest' FROM plugin_releases r, jsonb_array_elements(r.content->'plugins') p
WHERE r.serving_at IS NOT NULL AND p->>'name' = ? AND p->>'digest' IS NOT NULL
	AND r.number >= coalesce((SELECT max(number) FROM plugin_releases WHERE kind = 'rollback' AND plugin IN ('', ?)), 0)`

// PluginDigestsServed gives the versions of a plugin that served since the last rollback, which
// may have made an older one the newest, that one included.
func (s *Store) PluginDigestsServed(ctx context.Context, plugin string) (digests []string, err error) {
	err = s.bun.NewRaw(servedSince, plugin, plugin).Scan(ctx, &digests)
	return digests, failure("look for versions that served", err)
}

// pinnedReleases steps from one release to the next along the index, however many runs each has.
const pinnedReleases = `WITH RECURSIVE
invited AS (
	SELECT (SELECT max(plugin_release) FROM invitations WHERE status = 'pending' AND plugin_release > 0) AS n
	UNION ALL
	SELECT (SELECT max(plugin_release) FROM invitations WHERE status = 'pending' AND plugin_release > 0 AND plugin_release < n) FROM invited WHERE n IS NOT NULL),
signed_up AS (
	SELECT (SELECT max(plugin_release) FROM tenants WHERE status = 'pending' AND plugin_release > 0) AS n
	UNION ALL
	SELECT (SELECT max(plugin_release) FROM tenants WHERE status = 'pending' AND plugin_release > 0 AND plugin_release < n) FROM signed_up WHERE n IS NOT NULL)
SELECT r.* FROM plugin_releases r WHERE
	number IN (SELECT n FROM invited) AND EXISTS (SELECT FROM invitations WHERE status = 'pending' AND plugin_release > 0 AND plugin_release = r.number AND expires_at > now())
	OR number IN (SELECT n FROM signed_up) AND EXISTS (SELECT FROM tenants WHERE status = 'pending' AND plugin_release > 0 AND plugin_release = r.number AND created_at > now() - ?::interval)
ORDER BY number DESC LIMIT ?`

// PinnedPluginReleases gives the releases that runs under way began with, the newest first.
// A signup that nobody verified within that time counts no more.
func (s *Store) PinnedPluginReleases(ctx context.Context, verifiable time.Duration, limit int64) ([]core.PluginRelease, error) {
	var rows []releaseRow
	err := s.bun.NewRaw(pinnedReleases, verifiable.String(), limit).Scan(ctx, &rows)
	return releasesOf(rows), failure("read the releases that runs began with", err)
}

// AddPluginRelease writes the release that comes after number after, with its act and event,
// and tells the replicas. One that serves with this, or when the first replica has it ready,
// overtakes what is being prepared; the versions in bad are quarantined in the same commit. [core.Conflict] with reason
// release_conflict when another came first, and with release_preparing while one is
// prepared; release_conflict as well when it is not its base that serves any more, whose
// content it would take back.
func (s *Store) AddPluginRelease(ctx context.Context, r core.PluginRelease, after int64, bad ...string) (core.PluginRelease, error) {
	return s.addRelease(ctx, r, after, bad, func(context.Context, bun.Tx) error { return nil })
}

// addRelease is AddPluginRelease with something more in its commit.
func (s *Store) addRelease(
	ctx context.Context, r core.PluginRelease, after int64, bad []string, more func(context.Context, bun.Tx) error,
) (core.PluginRelease, error) {
	r.Number = after + 1
	row := rowOf(r)
	err := s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		serving, err := lockLedger(ctx, tx)
		if err != nil {
			return err
		}
		if serving.Number != r.Base {
			return core.E(core.Conflict, "Another release came to serve meanwhile. Look at it (usher plugin history) and try again.").Because("release_conflict")
		}
		if err := mayServe(ctx, tx, row.Content.without(serving.Content)); err != nil {
			return err
		}
		if err := makeWay(ctx, tx, r, after); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(row).Value("serving_at", "CASE WHEN ? THEN now() END", r.State == core.ReleaseServing).
			Returning("created_at, serving_at").Exec(ctx); err != nil {
			return err
		}
		for _, digest := range bad {
			if err := quarantine(ctx, tx, digest, r); err != nil {
				return err
			}
		}
		if err := addAct(ctx, tx, actOf(r, row)); err != nil {
			return err
		}
		if err := more(ctx, tx); err != nil {
			return err
		}
		return announce(ctx, tx, row)
	})
	switch {
	case violates(err, "plugin_releases_pkey"):
		return r, core.E(core.Conflict, fmt.Sprintf("Somebody else made release %d meanwhile. Look at it (usher plugin history) and try again.", r.Number)).Because("release_conflict")
	case violates(err, "plugin_releases_one_preparing"):
		return r, core.E(core.Conflict, "A release is being prepared. Wait until it serves, have it serve now, or roll back.").Because("release_preparing")
	case err != nil:
		return r, failure("add a release of plugins", err)
	}
	return row.release(), nil
}

// lockLedger locks what serves and what is being prepared, whoever changes it in the same order,
// and gives what serves; its number is 0 for none. Rows of versions are locked after it.
func lockLedger(ctx context.Context, tx bun.Tx) (serving releaseRow, err error) {
	var rows []releaseRow
	err = tx.NewRaw(`SELECT number, state, content FROM plugin_releases WHERE state = 'serving' OR state = 'preparing'
		ORDER BY number FOR NO KEY UPDATE`).Scan(ctx, &rows)
	for _, r := range rows {
		if r.State == string(core.ReleaseServing) {
			serving = r
		}
	}
	return serving, err
}

// makeWay ends what r overtakes, which lockLedger locked.
func makeWay(ctx context.Context, tx bun.Tx, r core.PluginRelease, after int64) error {
	serves := r.State == core.ReleaseServing
	if !serves && !r.AtOnce {
		return nil
	}
	_, err := tx.NewRaw(`UPDATE plugin_releases SET state = CASE state WHEN 'serving' THEN 'served' ELSE 'overtaken' END
		WHERE (state = 'preparing' OR state = 'serving' AND ?) AND number <= ?`, serves, after).Exec(ctx)
	return err
}

func quarantine(ctx context.Context, tx bun.Tx, digest string, r core.PluginRelease) error {
	_, err := tx.NewRaw(`UPDATE plugin_versions SET status = 'quarantined', status_reason = ?, status_by = ?, status_at = now()
		WHERE digest = ? AND status = 'good'`, r.Reason, r.Actor, digest).Exec(ctx)
	if err != nil {
		return err
	}
	return addAct(ctx, tx, core.PluginAct{
		Actor: r.Actor, Action: "quarantine", Plugin: r.Plugin, Digest: digest, Release: r.Number, Reason: r.Reason,
	})
}

func actOf(r core.PluginRelease, row *releaseRow) core.PluginAct {
	act := core.PluginAct{Actor: r.Actor, Action: string(r.Kind), Plugin: r.Plugin, Release: row.Number, Reason: r.Reason}
	for _, p := range r.Content.Plugins {
		if p.Name != r.Plugin {
			continue
		}
		if act.Digest = p.Digest; p.Candidate != nil {
			act.Digest = p.Candidate.Digest
		}
	}
	return act
}

// addAct writes who did what, in the transaction that does it. Its time is the database's.
func addAct(ctx context.Context, tx bun.Tx, a core.PluginAct) error {
	_, err := tx.NewRaw("INSERT INTO plugin_acts (actor, action, plugin, digest, release, reason) VALUES (?, ?, ?, ?, ?, ?)",
		a.Actor, a.Action, a.Plugin, a.Digest, a.Release, a.Reason).Exec(ctx)
	return err
}

// announce writes the event of a release and tells the replicas, at the commit.
func announce(ctx context.Context, tx bun.Tx, row *releaseRow) error {
	kind := core.PluginsReleased
	if row.Kind == string(core.ReleaseRollback) {
		kind = core.PluginsRolledBack
	}
	_, err := tx.NewRaw(`INSERT INTO events (type, aggregate_type, aggregate_id, aggregate_version, data)
		VALUES (?, 'plugin_release', uuid_v7(), 1, jsonb_build_object('release', ?::bigint, 'kind', ?::text, 'plugin', ?::text, 'state', ?::text,
			'restores', ?::bigint, 'automatic', ?::boolean, 'actor', ?::text, 'reason', ?::text))`,
		string(kind), row.Number, row.Kind, row.Plugin, row.State, row.Restores, row.Automatic, row.Actor, row.Reason).Exec(ctx)
	if err != nil {
		return err
	}
	return tell(ctx, tx)
}

// servable tells whether it is time for a release to serve: a replica that lives has it ready, and
// so have all, unless nobody is to wait for them.
const servable = `WITH live AS (SELECT prepared >= ? AS ready FROM plugin_replicas WHERE seen_at > now() - ?::interval)
SELECT EXISTS (SELECT FROM live WHERE ready) AND (? OR at_once OR NOT EXISTS (SELECT FROM live WHERE NOT ready))
FROM plugin_releases WHERE number = ? AND state = 'preparing'`

// ServePluginRelease has a release serve that is being prepared, once every live replica has it
// ready; once one has, with now or where the release says so. live is how lately a replica must
// have been heard of. It gives false, and nothing has changed, when it is not time, or not any more.
func (s *Store) ServePluginRelease(ctx context.Context, number int64, live time.Duration, now bool) (serves bool, err error) {
	err = s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := lockLedger(ctx, tx); err != nil {
			return err
		}
		err := tx.NewRaw(servable, number, live.String(), now, number).Scan(ctx, &serves)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !serves {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE plugin_releases SET state = 'served' WHERE state = 'serving'").Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE plugin_releases SET state = 'serving', serving_at = now() WHERE number = ?", number).Exec(ctx); err != nil {
			return err
		}
		return tell(ctx, tx)
	})
	if err != nil {
		return false, failure("have a release serve", err)
	}
	return serves, nil
}

// FailPluginRelease ends a release that is being prepared and that a replica cannot prepare; one
// that waits for the first replica only once no live replica is left that may. It changes nothing
// when the release is not being prepared any more.
func (s *Store) FailPluginRelease(ctx context.Context, number int64, live time.Duration, why string) error {
	return failure("fail a release", s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(`UPDATE plugin_releases SET state = 'failed', failure = ? WHERE number = ? AND state = 'preparing'
			AND NOT (at_once AND EXISTS (SELECT FROM plugin_replicas WHERE seen_at > now() - ?::interval AND failed < ?))`,
			why, number, live.String(), number).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 { // each replica that is told looks, and may say it again
			return err
		}
		return tell(ctx, tx)
	}))
}
