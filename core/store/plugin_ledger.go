package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

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

// ListenPlugins calls heard with what the ledger says, and when it was told to look, after each
// change, and once when it has begun to listen: what was told before is lost. It has a
// connection of its own, so that the reading waits for nobody, and comes back with an
// error when that is lost or the context ends.
func (s *Store) ListenPlugins(ctx context.Context, heard func(at core.PluginLedger, told time.Time)) error {
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
	for {
		told := time.Now()
		at, err := readLedger(ctx, conn)
		if err != nil {
			return err
		}
		heard(at, told)
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return failure("listen for releases", err)
		}
	}
}
