package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/usher-id/usher/core"
)

// clone shares nothing that is changed with c.
func clone(c core.ReleaseContent) core.ReleaseContent {
	c.Plugins, c.Bindings = slices.Clone(c.Plugins), slices.Clone(c.Bindings)
	for i := range c.Plugins {
		if own := c.Plugins[i].Candidate; own != nil {
			copied := *own
			c.Plugins[i].Candidate = &copied
		}
	}
	return c
}

// plugin gives the place of a plugin in a release, making one at the end.
func plugin(r *core.PluginRelease, name string) *core.ReleasedPlugin {
	at := slices.IndexFunc(r.Content.Plugins, func(p core.ReleasedPlugin) bool { return p.Name == name })
	if at < 0 {
		at = len(r.Content.Plugins)
		r.Content.Plugins = append(r.Content.Plugins, core.ReleasedPlugin{Name: name})
	}
	return &r.Content.Plugins[at]
}

func (l *Ledger) activate(ctx context.Context, c Change, serving core.PluginRelease, r *core.PluginRelease) error {
	v, err := l.version(ctx, c, r)
	if err != nil {
		return err
	}
	p := plugin(r, r.Plugin)
	switch {
	case p.Digest == v.Digest:
		return core.E(core.Conflict, fmt.Sprintf("%s serves already.", nameOf(v))).Because("serves_already")
	case p.Candidate != nil && p.Candidate.Digest != v.Digest:
		return core.E(core.Conflict, fmt.Sprintf("%s is being tried with another version, %s. Promote or withdraw that one first.",
			p.Name, p.Candidate.Digest[:shortDigest])).Because("candidate_tried")
	}
	if err := l.upward(ctx, v); err != nil {
		return err
	}
	if p.Candidate != nil { // whatever it is called, this promotes it
		if err := l.pass(ctx, c, serving, *p); err != nil {
			return err
		}
	}
	p.Digest, p.Candidate = v.Digest, nil
	return nil
}

// upward refuses a version that is older than one which served since the last rollback, also where
// the plugin was taken away in between: going back is a rollback, which says why and where to.
func (l *Ledger) upward(ctx context.Context, v core.PluginVersion) error {
	digests, err := l.Store.PluginDigestsServed(ctx, v.Plugin)
	if err != nil {
		return err
	}
	labels, err := l.Versions.Labels(ctx, digests)
	if err != nil {
		return err
	}
	newest := v.Version
	for _, served := range labels {
		if semver.Compare("v"+served, "v"+newest) > 0 {
			newest = served
		}
	}
	if newest != v.Version {
		return core.E(core.Conflict, fmt.Sprintf("%s is older than %s, which served since the last rollback. Going back is a rollback: usher plugin rollback --to RELEASE --reason \"…\".",
			nameOf(v), newest)).Because("downgrade")
	}
	return nil
}

// leastPercent is how finely runs are told apart: of less nobody would be asked.
const leastPercent = 0.01

func (l *Ledger) try(ctx context.Context, c Change, r *core.PluginRelease) error {
	shadow := c.Kind == core.ReleaseShadow
	switch {
	case shadow && c.Percent != 0:
		return invalid("percent", "not_used", "A shadow answers nobody; leave the percentage out.")
	case !shadow && !(c.Percent >= leastPercent && c.Percent <= 100): // no NaN either
		return invalid("percent", "out_of_range", fmt.Sprintf("Give a percentage from %g to 100.", leastPercent))
	}
	if tried := candidateOf(r, c.Plugin); c.Version == "" && tried != nil {
		c.Version = tried.Digest // another share of what is tried
	}
	v, err := l.version(ctx, c, r)
	if err != nil {
		return err
	}
	p := plugin(r, r.Plugin)
	switch {
	case p.Digest == v.Digest:
		return core.E(core.Conflict, fmt.Sprintf("%s serves already; there is nothing to try.", nameOf(v))).Because("serves_already")
	case p.Digest == "":
		return core.E(core.Conflict, fmt.Sprintf("No release has %s yet, so there is nothing to try it against. Activate it.", p.Name)).Because("nothing_serves")
	case p.Candidate != nil && p.Candidate.Digest != v.Digest:
		return core.E(core.Conflict, fmt.Sprintf("%s is being tried with another version, %s. Promote or withdraw that one first.",
			p.Name, p.Candidate.Digest[:shortDigest])).Because("candidate_tried")
	}
	if err := l.upward(ctx, v); err != nil {
		return err
	}
	p.Candidate = &core.PluginCandidate{Digest: v.Digest, Percent: c.Percent, ByTenant: c.ByTenant, Shadow: shadow}
	return nil
}

func candidateOf(r *core.PluginRelease, name string) *core.PluginCandidate {
	for _, p := range r.Content.Plugins {
		if p.Name == name {
			return p.Candidate
		}
	}
	return nil
}

// version gives the version of a change, which may serve and was granted what it asks for, and
// completes the name of the plugin.
func (l *Ledger) version(ctx context.Context, c Change, r *core.PluginRelease) (core.PluginVersion, error) {
	name := c.Version
	if name == "" {
		name = c.Plugin
	}
	if name == "" {
		return core.PluginVersion{}, invalid("version", "required", "Name the version: PLUGIN@VERSION, or its digest.")
	}
	v, err := l.Versions.Find(ctx, name)
	if err != nil {
		return v, err
	}
	if c.Plugin != "" && c.Plugin != v.Plugin {
		return v, invalid("version", "other_plugin", fmt.Sprintf("This version is of %s, not of %s.", v.Plugin, c.Plugin))
	}
	r.Plugin = v.Plugin
	// Read and verified now, so that what cannot serve is no release at all.
	if _, v, err = l.Versions.Fetch(ctx, v.Digest); err != nil {
		return v, err
	}
	return v, l.granted(v)
}

// granted refuses a version that no replica could serve: it asks for more than it may.
func (l *Ledger) granted(v core.PluginVersion) error {
	if lacks := l.Lacks(v); len(lacks) > 0 {
		return core.E(core.Conflict, fmt.Sprintf("%s is held: it asks for more than the configuration grants. %s. Grant it, reload, and try again.",
			nameOf(v), strings.Join(lacks, "; "))).Because("not_granted")
	}
	return nil
}

func (l *Ledger) promote(ctx context.Context, c Change, serving core.PluginRelease, r *core.PluginRelease) error {
	tried := candidateOf(r, c.Plugin)
	if tried == nil {
		return core.E(core.Conflict, fmt.Sprintf("No candidate of %q is being tried.", c.Plugin)).Because("nothing_tried")
	}
	if c.Version == "" {
		c.Version = tried.Digest
	}
	v, err := l.version(ctx, c, r)
	if err != nil {
		return err
	}
	p := plugin(r, r.Plugin)
	if v.Digest != tried.Digest {
		return core.E(core.Conflict, fmt.Sprintf("The candidate is %s, not %s.", tried.Digest[:shortDigest], nameOf(v))).Because("other_candidate")
	}
	if err := l.pass(ctx, c, serving, *p); err != nil {
		return err
	}
	p.Digest, p.Candidate = tried.Digest, nil
	return nil
}

// pass asks the gate.
func (l *Ledger) pass(ctx context.Context, c Change, serving core.PluginRelease, p core.ReleasedPlugin) error {
	if c.Force && c.Reason == "" {
		return invalid("reason", "required", "Say why the candidate is promoted in spite of what was found.")
	}
	if l.Gate == nil || c.Force {
		return nil
	}
	against, err := l.Gate(ctx, serving, p)
	if err != nil || len(against) == 0 {
		return err
	}
	return core.E(core.Conflict, fmt.Sprintf("The candidate is not promoted: %s. Withdraw it, or promote it in spite of that with --force and a reason.",
		strings.Join(against, "; "))).Because("regression")
}

// withdraw takes the candidate away, or where none is tried the plugin itself.
func withdraw(c Change, r *core.PluginRelease) error {
	at := slices.IndexFunc(r.Content.Plugins, func(p core.ReleasedPlugin) bool { return p.Name == c.Plugin })
	if at < 0 {
		return core.E(core.NotFound, fmt.Sprintf("The release that serves has no plugin %q.", c.Plugin)).Because("unknown_plugin")
	}
	if p := &r.Content.Plugins[at]; p.Candidate != nil {
		p.Candidate = nil
		return nil
	}
	if c.Reason == "" {
		return invalid("reason", "required", "No candidate is tried, so this takes the plugin itself away: say why.")
	}
	for i, b := range r.Content.Bindings {
		if b.Plugin == c.Plugin {
			return core.E(core.Conflict, fmt.Sprintf("bindings[%d] of the release asks %s at %s. Bind without it first.", i, b.Plugin, b.Hook)).Because("bound")
		}
	}
	r.Content.Plugins = slices.Delete(r.Content.Plugins, at, at+1)
	return nil
}

// bind replaces the chains of all hooks; nil gives them back to the configuration.
func (l *Ledger) bind(c Change, r *core.PluginRelease) error {
	if wrong := l.Bindable(c.Bindings, r.Content); len(wrong) > 0 {
		return core.Invalid(wrong...)
	}
	r.Plugin, r.Content.Bindings = "", c.Bindings
	return nil
}
