package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// pluginVersion is a row of plugin_versions without its bytes, which travel as parameters of
// their own: bun would write them into the text of a statement.
type pluginVersion struct {
	bun.BaseModel `bun:"table:plugin_versions"`

	Digest       string          `bun:"digest,pk"`
	Plugin       string          `bun:"plugin"`
	Version      string          `bun:"version"`
	Hooks        []string        `bun:"hooks,array"`
	Size         int             `bun:"size"`
	Manifest     json.RawMessage `bun:"manifest,type:jsonb"`
	Signature    json.RawMessage `bun:"signature,type:jsonb,nullzero"`
	KeyID        string          `bun:"key_id"`
	Status       string          `bun:"status"`
	StatusReason string          `bun:"status_reason"`
	StatusBy     string          `bun:"status_by"`
	StatusAt     time.Time       `bun:"status_at,nullzero"`
	PushedBy     string          `bun:"pushed_by"`
	PushedAt     time.Time       `bun:"pushed_at"`
}

func (r *pluginVersion) version() core.PluginVersion {
	v := core.PluginVersion{
		Digest: r.Digest, Plugin: r.Plugin, Version: r.Version, Hooks: r.Hooks, Size: r.Size, Manifest: r.Manifest,
		Signature: r.Signature, KeyID: r.KeyID, Status: core.VersionStatus(r.Status), Reason: r.StatusReason, StatusBy: r.StatusBy,
		PushedBy: r.PushedBy, PushedAt: r.PushedAt.UTC(),
	}
	if !r.StatusAt.IsZero() {
		v.StatusAt = r.StatusAt.UTC()
	}
	return v
}

func versionsOf(rows []pluginVersion) []core.PluginVersion {
	list := make([]core.PluginVersion, len(rows))
	for i := range rows {
		list[i] = rows[i].version()
	}
	return list
}

// nameTaken is the constraint that keeps a plugin and version from coming back with other bytes.
const nameTaken = "plugin_versions_name_key"

const addPluginVersion = `INSERT INTO plugin_versions (digest, plugin, version, hooks, manifest, wasm, signature, key_id, pushed_by)
VALUES ($1, $2, $3, $4::text[], $5::jsonb, $6::bytea, $7::jsonb, $8, $9)
ON CONFLICT ON CONSTRAINT plugin_versions_pkey DO NOTHING`

// AddPluginVersion keeps a version with its bytes, and the act of pushing it, unless its
// digest is there; then it gives what is there. Of several that push one at once, one adds it.
func (s *Store) AddPluginVersion(ctx context.Context, v core.PluginVersion, wasm []byte) (kept core.PluginVersion, added bool, err error) {
	err = s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		signature := sql.NullString{String: string(v.Signature), Valid: len(v.Signature) > 0}
		res, err := tx.Tx.ExecContext(ctx, addPluginVersion,
			v.Digest, v.Plugin, v.Version, v.Hooks, string(v.Manifest), wasm, signature, v.KeyID, v.PushedBy)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if added = n == 1; added {
			err = addAct(ctx, tx, core.PluginAct{Actor: v.PushedBy, Action: "push", Plugin: v.Plugin, Digest: v.Digest})
		}
		if err == nil {
			kept, err = readVersion(ctx, tx, v.Digest)
		}
		return err
	})
	switch {
	case violates(err, nameTaken):
		kept, err = s.named(ctx, v)
		return kept, false, err
	case unkeepable(err):
		return core.PluginVersion{}, false, core.E(core.ValidationFailed,
			`The manifest has something that the database cannot keep, such as the character \u0000 or a number beyond all bounds. Leave it out.`).
			Because("manifest_not_kept").Caused(err)
	}
	return kept, added, failure("add a version of a plugin", err)
}

// unkeepable tells whether the database refused a value that is JSON all the same (SQLSTATE
// class 22, data exception).
func unkeepable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(pg.Code, "22")
}

// named gives the version that has the name of v, when it is v, which somebody else added at
// this moment; otherwise it says which bytes have the name.
func (s *Store) named(ctx context.Context, v core.PluginVersion) (core.PluginVersion, error) {
	there, found, err := s.PluginVersionNamed(ctx, v.Plugin, v.Version)
	switch {
	case err != nil:
		return there, err
	case !found:
		return there, failure("add a version of a plugin", errors.New("its name was taken, and is free"))
	case there.Digest == v.Digest:
		return there, nil
	}
	return core.PluginVersion{}, core.E(core.Conflict, fmt.Sprintf("%s %s is there with other bytes: its digest is %s, and this module's is %s. A version never changes: raise the version in the manifest and push again.",
		v.Plugin, v.Version, there.Digest, v.Digest)).Because("version_exists")
}

func readVersion(ctx context.Context, db bun.IDB, digest string) (core.PluginVersion, error) {
	row := pluginVersion{Digest: digest}
	err := db.NewSelect().Model(&row).WherePK().Scan(ctx)
	return row.version(), err
}

// SignPluginVersion puts the signature of v in the place of was, with the act; done is false
// when there is another one by now.
func (s *Store) SignPluginVersion(ctx context.Context, v core.PluginVersion, was []byte, act core.PluginAct) (done bool, err error) {
	old := sql.NullString{String: string(was), Valid: len(was) > 0}
	return s.changeVersion(ctx, act, "sign a version of a plugin", func(ctx context.Context, tx bun.Tx) (sql.Result, error) {
		return tx.NewUpdate().Model((*pluginVersion)(nil)).
			Set("signature = ?::jsonb", string(v.Signature)).Set("key_id = ?", v.KeyID).
			Where("digest = ?", v.Digest).Where("signature IS NOT DISTINCT FROM ?::jsonb", old).Exec(ctx)
	})
}

// SetPluginStatus sets the status of v, its reason and its author, with the act, where the
// status is from, and tells the replicas; otherwise done is false. kept is the version as it
// is then. To bar what serves is a [core.Conflict] with the reason serves, however many change the
// ledger at the same time; a release that is being prepared with it fails.
func (s *Store) SetPluginStatus(ctx context.Context, v core.PluginVersion, from core.VersionStatus, act core.PluginAct) (kept core.PluginVersion, done bool, err error) {
	done, err = s.changeVersion(ctx, act, "set the status of a version", func(ctx context.Context, tx bun.Tx) (sql.Result, error) {
		if _, err := lockLedger(ctx, tx); err != nil {
			return nil, err
		}
		res, err := tx.NewUpdate().Model((*pluginVersion)(nil)).
			Set("status = ?", v.Status).Set("status_reason = ?", v.Reason).Set("status_by = ?", v.StatusBy).Set("status_at = now()").
			Where("digest = ?", v.Digest).Where("status = ?", from).Exec(ctx)
		if err == nil && v.Status != core.VersionGood {
			err = stop(ctx, tx, v)
		}
		if err == nil {
			err = tell(ctx, tx)
		}
		return res, err
	})
	if err != nil {
		return core.PluginVersion{}, false, err
	}
	kept, err = readVersion(ctx, s.bun, v.Digest)
	return kept, done, failure("read a version of a plugin", err)
}

// changeVersion commits a change of one row together with its act; done is false, and nothing
// has changed, when there is no such row.
func (s *Store) changeVersion(
	ctx context.Context, act core.PluginAct, doing string, change func(context.Context, bun.Tx) (sql.Result, error),
) (done bool, err error) {
	err = s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		res, err := change(ctx, tx)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		done = true
		return addAct(ctx, tx, act)
	})
	return done && err == nil, failure(doing, err)
}

// PluginVersions lists the versions of a plugin, or of all when it is empty, the newest first,
// without manifest and signature.
func (s *Store) PluginVersions(ctx context.Context, plugin string) ([]core.PluginVersion, error) {
	var rows []pluginVersion
	q := s.bun.NewSelect().Model(&rows).ExcludeColumn("manifest", "signature").OrderExpr("pushed_at DESC, digest")
	if plugin != "" {
		q = q.Where("plugin = ?", plugin)
	}
	err := q.Scan(ctx)
	return versionsOf(rows), failure("list the versions of plugins", err)
}

// PluginVersionsByDigest gives at most so many versions whose digest begins so.
func (s *Store) PluginVersionsByDigest(ctx context.Context, prefix string, most int) ([]core.PluginVersion, error) {
	var rows []pluginVersion
	err := s.bun.NewSelect().Model(&rows).Where("starts_with(digest, ?)", prefix).OrderExpr("digest").Limit(int64(most)).Scan(ctx)
	return versionsOf(rows), failure("look for a version by its digest", err)
}

// PluginVersionLabels gives the version that each of the digests is; those that are not there
// are left out.
func (s *Store) PluginVersionLabels(ctx context.Context, digests []string) (map[string]string, error) {
	labels := make(map[string]string, len(digests))
	if len(digests) == 0 {
		return labels, nil
	}
	var rows []pluginVersion
	err := s.bun.NewSelect().Model(&rows).Column("digest", "version").Where("digest IN (?)", bun.List(digests)).Scan(ctx)
	for _, r := range rows {
		labels[r.Digest] = r.Version
	}
	return labels, failure("name versions of plugins", err)
}

// PluginVersionNamed gives a version by its name; without a version the newest that is good,
// or else the newest.
func (s *Store) PluginVersionNamed(ctx context.Context, plugin, version string) (v core.PluginVersion, found bool, err error) {
	var row pluginVersion
	q := s.bun.NewSelect().Model(&row).Where("plugin = ?", plugin).OrderExpr("status = 'good' DESC, pushed_at DESC, digest").Limit(1)
	if version != "" {
		q = q.Where("version = ?", version)
	}
	if err := q.Scan(ctx); errors.Is(err, sql.ErrNoRows) {
		return core.PluginVersion{}, false, nil
	} else if err != nil {
		return core.PluginVersion{}, false, failure("look for a version by its name", err)
	}
	return row.version(), true, nil
}

// PluginModule reads the bytes of a version with its row.
func (s *Store) PluginModule(ctx context.Context, digest string) (wasm []byte, v core.PluginVersion, found bool, err error) {
	var row struct {
		pluginVersion `bun:",extend"`

		Wasm []byte `bun:"wasm"`
	}
	err = s.bun.NewSelect().Model(&row).Where("digest = ?", digest).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, core.PluginVersion{}, false, nil
	}
	if err != nil {
		return nil, core.PluginVersion{}, false, failure("read a module", err)
	}
	return row.Wasm, row.version(), true, nil
}
