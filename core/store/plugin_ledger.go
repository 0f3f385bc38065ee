package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// ledgerSQL finds its rows by the keys of the one that serves, the one that is prepared and the
// newest, however long the history is.
const ledgerSQL = `SELECT number, kind, state, content, plugin, base, restores, at_once, actor, automatic, reason, failure, created_at, serving_at,
	(SELECT coalesce(array_agg(digest ORDER BY digest), '{}') FROM plugin_versions WHERE status <> 'good')
FROM plugin_releases WHERE number IN (
	SELECT number FROM plugin_releases WHERE state = 'serving' UNION ALL
	SELECT number FROM plugin_releases WHERE state = 'preparing' UNION ALL
	SELECT max(number) FROM plugin_releases)
ORDER BY number DESC`

// PluginLedger reads what serves, what is being prepared, the number of the newest release and
// which versions are barred, in one statement.
func (s *Store) PluginLedger(ctx context.Context) (core.PluginLedger, error) {
	return readLedger(ctx, s.hot)
}

func readLedger(ctx context.Context, from interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
},
) (l core.PluginLedger, err error) {
	rows, err := from.Query(ctx, ledgerSQL)
	if err != nil {
		return l, failure("read the ledger of plugins", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row releaseRow
		var created, serving pgtype.Timestamptz
		err := rows.Scan(&row.Number, &row.Kind, &row.State, &row.Content, &row.Plugin, &row.Base, &row.Restores, &row.AtOnce,
			&row.Actor, &row.Automatic, &row.Reason, &row.Failure, &created, &serving, &l.Barred)
		if err != nil {
			return l, failure("read the ledger of plugins", err)
		}
		row.CreatedAt, row.ServingAt = maybe(created), maybe(serving)
		r := row.release()
		l.Newest = max(l.Newest, r.Number)
		switch r.State {
		case core.ReleaseServing:
			l.Serving = r
		case core.ReleasePreparing:
			l.Preparing = &r
		}
	}
	return l, failure("read the ledger of plugins", rows.Err())
}

// toldSQL is what a change of the ledger tells, in its transaction: the release that serves with it
// and the versions that are barred, or nothing where that is more than a notification may hold
// (8,000 bytes), or nothing serves.
const toldSQL = `SELECT pg_notify(?, coalesce((SELECT CASE WHEN octet_length(said) < 8000 THEN said END FROM (
	SELECT json_build_object('serving', to_json(r), 'barred',
		(SELECT coalesce(json_agg(digest ORDER BY digest), '[]') FROM plugin_versions WHERE status <> 'good'))::text AS said
	FROM plugin_releases r WHERE state = 'serving') told), ''))`

func tell(ctx context.Context, tx bun.Tx) error {
	_, err := tx.NewRaw(toldSQL, pluginChannel).Exec(ctx)
	return err
}

// toldLedger reads what toldSQL wrote; false when it told nothing, or a host of another version
// told it otherwise.
func toldLedger(payload string) (l core.PluginLedger, ok bool) {
	var told struct {
		Serving *releaseRow `json:"serving"`
		Barred  []string    `json:"barred"`
	}
	if payload == "" || json.Unmarshal([]byte(payload), &told) != nil || told.Serving == nil {
		return l, false
	}
	return core.PluginLedger{Serving: told.Serving.release(), Newest: told.Serving.Number, Barred: told.Barred}, true
}

// ListenPlugins calls heard with what the ledger says after each change, and once when it has
// begun to listen: what was told before is lost. A change that came to serve is heard twice, first as
// the notification carried it, so that a rollback waits for no answer of a database that is in
// trouble, and then as it is read. It has a connection of its own, so that the reading waits for
// nobody, and comes back with an error when that is lost or the context ends.
func (s *Store) ListenPlugins(ctx context.Context, heard func(core.PluginNews)) error {
	own := s.hot.Config().ConnConfig.Copy()
	own.Tracer = nil // nobody's request
	conn, err := pgx.ConnectConfig(ctx, own)
	if err != nil {
		return failure("listen for releases", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pluginChannel); err != nil {
		return failure("listen for releases", err)
	}
	told := time.Now()
	for {
		at, err := readLedger(ctx, conn)
		if err != nil {
			return err
		}
		heard(core.PluginNews{Ledger: at, Told: told})
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return failure("listen for releases", err)
		}
		told = time.Now()
		if at, ok := toldLedger(n.Payload); ok {
			heard(core.PluginNews{Ledger: at, Told: told, Carried: true})
		}
	}
}
