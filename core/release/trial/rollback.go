package trial

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/guard"
)

// Actor is who makes the releases that nobody asked for.
const Actor = "guardrail"

// attempts bound how often a rollback begins anew because another release came first.
const attempts = 5

// rollBack makes the release that has everything that serves but the candidate. Of several
// replicas one does; the others find the candidate gone.
func (w *Watch) rollBack(ctx context.Context, t core.PluginTrial, s state) error {
	found := w.evidence(ctx, t, s)
	text, err := json.Marshal(found)
	if err != nil {
		return err
	}
	t.Evidence = text
	if t.Looks == 0 && len(t.State) > 0 { // carried over from the release before, and not written yet
		if _, err := w.Store.SavePluginTrial(ctx, t); err != nil {
			return err
		}
	}
	for range attempts {
		at, err := w.Store.PluginLedger(ctx)
		if err != nil {
			return err
		}
		if !tries(at, t) {
			return nil
		}
		r, err := w.withoutCandidate(ctx, at.Serving, t)
		if err != nil {
			return err
		}
		r.Reason = reasonOf(found.Alarm)
		made, err := w.Store.RollBackPluginTrial(ctx, r, at.Newest, t)
		if core.CodeOf(err) == core.Conflict {
			continue
		}
		if err != nil {
			return err
		}
		w.RolledBack(ctx, t.Plugin, found.Alarm.Evidence.Metric)
		w.Log.ErrorContext(ctx, "candidate rolled back and quarantined", "plugin", t.Plugin, "digest", t.Digest, "against", t.Against,
			"release", made.Number, "restores", made.Restores, "metric", found.Alarm.Evidence.Metric, "evidence", found.Text)
		return nil
	}
	return nil // each time somebody else changed something; the next look goes on
}

// tries tells whether the candidate of a trial still answers beside the same predecessor.
func tries(at core.PluginLedger, t core.PluginTrial) bool {
	return slices.ContainsFunc(at.Serving.Content.Plugins, func(p core.ReleasedPlugin) bool {
		return p.Name == t.Plugin && isTried(p) && p.Candidate.Digest == t.Digest
	})
}

// withoutCandidate is the release to be made, from what serves.
func (w *Watch) withoutCandidate(ctx context.Context, serving core.PluginRelease, t core.PluginTrial) (core.PluginRelease, error) {
	r := core.PluginRelease{
		Kind: core.ReleaseRollback, State: core.ReleaseServing, Plugin: t.Plugin, Base: serving.Number, Actor: Actor, Automatic: true,
		Content: serving.Content,
	}
	r.Content.Plugins = slices.Clone(r.Content.Plugins)
	for i, p := range r.Content.Plugins {
		if p.Name == t.Plugin {
			r.Content.Plugins[i].Candidate = nil
		}
	}
	var err error
	r.Restores, err = w.before(ctx, serving, t)
	return r, err
}

// before is the nearest release before this one that did not try the candidate.
func (w *Watch) before(ctx context.Context, r core.PluginRelease, t core.PluginTrial) (int64, error) {
	for r.Base > 0 {
		var err error
		if r, err = w.Store.FindPluginRelease(ctx, r.Base); err != nil {
			return 0, err
		}
		has := func(p core.ReleasedPlugin) bool { return p.Candidate != nil && p.Candidate.Digest == t.Digest }
		if !slices.ContainsFunc(r.Content.Plugins, has) {
			return r.Number, nil
		}
	}
	return 0, nil
}

// reasonOf is an alarm in one line: what it says first, and what came of it of late.
func reasonOf(a *guard.Alarm) string {
	headline, rest, _ := strings.Cut(a.String(), "\n")
	since, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	return headline + "; " + since
}
