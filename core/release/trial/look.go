package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
)

// Look judges every candidate that is tried in the release that serves, and takes back those
// that are worse than they may be.
func (w *Watch) Look(ctx context.Context) error {
	at, err := w.Store.PluginLedger(ctx)
	if err != nil {
		return err
	}
	for _, p := range at.Serving.Content.Plugins {
		if isTried(p) && !slices.Contains(at.Barred, p.Candidate.Digest) {
			if wrong := w.lookAt(ctx, at, p); wrong != nil {
				err = errors.Join(err, fmt.Errorf("plugin %s: %w", p.Name, wrong))
			}
		}
	}
	return err
}

func (w *Watch) lookAt(ctx context.Context, at core.PluginLedger, p core.ReleasedPlugin) error {
	// 1. What is known. The trial is read before the tallies, so that these are not older.
	t, err := w.find(ctx, at.Serving, p)
	if err != nil {
		return err
	}
	s, err := readState(t)
	if err != nil {
		return err
	}
	raised := s.Guard.Alarm == nil
	if raised {
		// 2. What came since; unless another replica has looked just now.
		if t.Looks > 0 && t.Age < w.Every*3/4 {
			return nil
		}
		mine, err := w.weigh(ctx, &t, &s)
		if err != nil || !mine || s.Guard.Alarm == nil {
			return err
		}
	}
	// 3. An alarm that somebody raised, and that nobody has acted on as yet.
	if w.Acts() {
		return w.rollBack(ctx, t, s)
	}
	if raised {
		w.Log.ErrorContext(ctx, "candidate is worse than it may be, and left: plugins.guardrail is watch", "plugin", t.Plugin, "digest", t.Digest,
			"against", t.Against, "release", t.Release, "metric", s.Guard.Alarm.Evidence.Metric, "evidence", s.Guard.Alarm.String())
	}
	return nil
}

// weigh takes in what was counted since the last look. It is mine when nobody else did.
func (w *Watch) weigh(ctx context.Context, t *core.PluginTrial, s *state) (mine bool, err error) {
	tallies, err := w.Store.PluginTalliesOf(ctx, t.Release, t.Plugin)
	if err != nil {
		return false, err
	}
	arms, err := armsOf(*t, tallies)
	if err != nil {
		return false, err
	}
	if !s.advance(w.Guard, arms, time.Now().UTC()) && t.Looks > 0 {
		return false, nil
	}
	if t.State, err = json.Marshal(s); err != nil {
		return false, err
	}
	return w.Store.SavePluginTrial(ctx, *t)
}

// find gives the trial of a candidate in the release that serves. One that nobody has looked
// at goes on with what is known of the release before, if that tried the same: then only the
// share is another, or another plugin changed.
func (w *Watch) find(ctx context.Context, serving core.PluginRelease, p core.ReleasedPlugin) (core.PluginTrial, error) {
	begun := core.PluginTrial{Release: serving.Number, Plugin: p.Name, Digest: p.Candidate.Digest, Against: p.Digest}
	t, found, err := w.Store.FindPluginTrial(ctx, serving.Number, p.Name)
	if err != nil || found {
		return t, err
	}
	before, found, err := w.Store.FindPluginTrial(ctx, serving.Base, p.Name)
	if err != nil || !found || before.Rollback > 0 || before.Digest != begun.Digest || before.Against != begun.Against {
		return begun, err
	}
	s, err := readState(before)
	if err != nil {
		return begun, err
	}
	s.Seen = nil // every replica counts a release from 0
	begun.State, err = json.Marshal(s)
	return begun, err
}
