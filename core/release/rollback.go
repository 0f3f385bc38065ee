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

// BackTo gives the release that a rollback goes back to from where the ledger stands, when
// nobody names another. Its number is 0 before the first release. A [core.Conflict] says why
// there is none.
func (l *Ledger) BackTo(ctx context.Context, at core.PluginLedger) (core.PluginRelease, error) {
	return l.target(ctx, Change{}, at)
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
	now := at.Serving
	for now.Kind == core.ReleaseRollback {
		if now.Restores == 0 {
			return to, core.E(core.Conflict, "There is nothing further back: every plugin is as the configuration has it.").Because("nothing_before")
		}
		if now, err = l.Store.FindPluginRelease(ctx, now.Restores); err != nil {
			return to, err
		}
	}
	return l.served(ctx, now.Base, at)
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
