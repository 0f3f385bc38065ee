package release

import (
	"context"
	"fmt"

	"github.com/usher-id/usher/core"
)

// rollBack makes the content that of an earlier release. It serves at once: every replica
// still has the last one warm, and an older one is served by each as soon as it can be.
func (l *Ledger) rollBack(ctx context.Context, c Change, at core.PluginLedger, r *core.PluginRelease) error {
	if c.Reason == "" {
		return invalid("reason", "required", "Say why, in a few words: whoever comes after you reads it.")
	}
	to, err := l.target(ctx, c, at)
	if err != nil {
		return err
	}
	serves := map[string]bool{}
	for _, digest := range versionsOf(at.Serving.Content) {
		serves[digest] = true
	}
	for _, digest := range versionsOf(to.Content) {
		if serves[digest] { // it stays, whatever is thought of it
			continue
		}
		if _, _, err := l.Versions.Fetch(ctx, digest); err != nil {
			return err
		}
	}
	r.State, r.Restores, r.Content = core.ReleaseServing, to.Number, clone(to.Content)
	return nil
}

// target is the release to go back to: the one that was asked for, or the last that served
// before what serves now. A rollback counts as what it restored, so that a second one goes
// further back, and not to what was just left.
func (l *Ledger) target(ctx context.Context, c Change, at core.PluginLedger) (to core.PluginRelease, err error) {
	if at.Serving.Number == 0 {
		return to, core.E(core.Conflict, "There is no release to roll back: every plugin is as the configuration has it.").Because("nothing_released")
	}
	if c.To != nil {
		return l.served(ctx, *c.To, at)
	}
	number, ok, err := before(ctx, l.Store.FindPluginRelease, at.Serving)
	switch {
	case err != nil:
		return to, err
	case !ok:
		return to, core.E(core.Conflict, "There is nothing further back: every plugin is as the configuration has it.").Because("nothing_before")
	}
	return l.served(ctx, number, at)
}

// before gives the number of the release that a rollback goes back to from this one; 0 is
// before the first, and ok is false when that is what serves.
func before(ctx context.Context, find func(context.Context, int64) (core.PluginRelease, error), now core.PluginRelease) (number int64, ok bool, err error) {
	for now.Kind == core.ReleaseRollback {
		if now.Restores == 0 {
			return 0, false, nil
		}
		if now, err = find(ctx, now.Restores); err != nil {
			return 0, false, err
		}
	}
	return now.Base, true, nil
}

// served gives a release that served. 0 is before the first: nothing from the registry.
func (l *Ledger) served(ctx context.Context, number int64, at core.PluginLedger) (to core.PluginRelease, err error) {
	if number == 0 {
		return core.PluginRelease{}, nil
	}
	if to, err = l.Store.FindPluginRelease(ctx, number); err != nil {
		return to, err
	}
	if to.Number == at.Serving.Number {
		return to, core.E(core.Conflict, fmt.Sprintf("Release %d serves now.", number)).Because("serves_already")
	}
	if to.State != core.ReleaseServed {
		return to, core.E(core.Conflict, fmt.Sprintf("Release %d never served (it is %s), so nobody can go back to it.", number, to.State)).Because("never_served")
	}
	return to, nil
}

// versionsOf are the digests of a release, candidates with the others.
func versionsOf(c core.ReleaseContent) (list []string) {
	for _, p := range c.Plugins {
		if p.Digest != "" {
			list = append(list, p.Digest)
		}
		if p.Candidate != nil {
			list = append(list, p.Candidate.Digest)
		}
	}
	return list
}
