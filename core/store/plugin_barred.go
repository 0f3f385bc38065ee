package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// without are the digests that serve by one content and do not by another.
func (c contentRow) without(o contentRow) (digests []string) {
	for _, p := range c.Plugins {
		same := func(q pluginRow) bool { return q.Digest == p.Digest }
		if p.Digest != "" && !slices.ContainsFunc(o.Plugins, same) {
			digests = append(digests, p.Digest)
		}
	}
	return digests
}

// mayServe refuses versions that were barred since they were looked at, and holds up whoever
// would bar one until the transaction ends.
func mayServe(ctx context.Context, tx bun.Tx, digests []string) error {
	if len(digests) == 0 {
		return nil
	}
	var rows []pluginVersion
	err := tx.NewRaw("SELECT digest, plugin, version, status FROM plugin_versions WHERE digest IN (?) ORDER BY digest FOR SHARE", bun.List(digests)).
		Scan(ctx, &rows)
	for _, r := range rows {
		if r.Status != string(core.VersionGood) {
			return core.E(core.Conflict, fmt.Sprintf("%s was %s meanwhile, so nothing is released. Look at it (usher plugin inspect %.12s) and take another.", r.name(), r.Status, r.Digest)).
				Because("version_" + r.Status)
		}
	}
	return err
}

// name is how an operator knows a version.
func (r *pluginVersion) name() string {
	return fmt.Sprintf("%s %s (%.12s)", r.Plugin, r.Version, r.Digest)
}

// stop has nobody served by a version that is barred in this transaction, whose row it has locked.
// One that serves cannot be stopped: replicas that run would go on with it, and one that starts
// could not serve at all. A release that would have it serve is prepared no longer.
func stop(ctx context.Context, tx bun.Tx, v core.PluginVersion) error {
	var rows []releaseRow
	err := tx.NewRaw(`SELECT number, state FROM plugin_releases WHERE (state = 'serving' OR state = 'preparing')
		AND EXISTS (SELECT FROM jsonb_array_elements(content->'plugins') p WHERE p->>'digest' = ?) ORDER BY number`, v.Digest).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	own := pluginVersion{Plugin: v.Plugin, Version: v.Version, Digest: v.Digest}
	for _, r := range rows {
		if r.State == string(core.ReleaseServing) {
			return core.E(core.Conflict, fmt.Sprintf("%s serves in release %d. Have another version serve first, with usher plugin rollback --reason \"…\" or usher plugin activate, or take the plugin away with usher plugin withdraw %s --reason \"…\"; then stop this one.",
				own.name(), r.Number, v.Plugin)).Because("serves")
		}
		if _, err := tx.NewRaw("UPDATE plugin_releases SET state = 'failed', failure = ? WHERE number = ?",
			fmt.Sprintf("%s was %s by %s: %s", own.name(), v.Status, v.StatusBy, v.Reason), r.Number).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
