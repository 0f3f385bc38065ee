package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	content, err := l.restored(ctx, at.Serving.Content, to)
	if err != nil {
		return err
	}
	r.State, r.Restores, r.Content = core.ReleaseServing, to.Number, content
	return nil
}

// restored is the content of an earlier release, as far as its versions may serve now: one that
// was only tried and is barred since is left out, so that nobody has to look for another release
// in a hurry. What serves now stays, whatever is thought of it.
func (l *Ledger) restored(ctx context.Context, serving core.ReleaseContent, to core.PluginRelease) (core.ReleaseContent, error) {
	content := clone(to.Content)
	now := versionsOf(serving)
	for i := range content.Plugins {
		p := &content.Plugins[i]
		if err := l.mayServe(ctx, p.Digest, now); err != nil {
			return content, unfit(to, err)
		}
		if p.Candidate == nil {
			continue
		}
		err := l.mayServe(ctx, p.Candidate.Digest, now)
		switch core.CodeOf(err) {
		case "":
		case core.Conflict, core.ValidationFailed:
			p.Candidate = nil
		default:
			return content, err
		}
	}
	if wrong := l.Bindable(content.Bindings, content); len(wrong) > 0 {
		return content, unfit(to, core.E(core.Conflict, wrong[0].Field+": "+wrong[0].Message).Because("bindings_unfit"))
	}
	return content, nil
}

// unfit says why a release cannot come back, and what to do about it.
func unfit(to core.PluginRelease, err error) error {
	why, told := errors.AsType[*core.Error](err)
	if !told || why.Code != core.Conflict && why.Code != core.ValidationFailed {
		return err
	}
	return core.E(core.Conflict, fmt.Sprintf("Release %d cannot come back. %s Or go back to another: usher plugin rollback --to RELEASE.", to.Number, why.Say)).
		Because(core.ReasonOf(err)).Caused(err)
}

func (l *Ledger) mayServe(ctx context.Context, digest string, now []string) error {
	if digest == "" || slices.Contains(now, digest) {
		return nil
	}
	_, v, err := l.Versions.Fetch(ctx, digest)
	if err != nil {
		return err
	}
	return l.granted(v)
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
