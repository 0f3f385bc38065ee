package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// compose says what the engine is to load and whom it asks where.
func (l *lineup) compose(s sides) (plugins.Release, error) {
	c, t := s.config, s.target
	r := plugins.Release{Number: t.Release.Number, CallTimeout: c.CallTimeout, Optional: s.optional}
	for _, p := range c.Load {
		if p.File == "" { // it comes from the registry, or waits for its first release
			continue
		}
		source, err := fileSource(c.Path(p), p)
		switch {
		case !serves(t.Release, p.Name) && err != nil:
			return r, fmt.Errorf("plugins.load: %s: %w", p.Name, err)
		case !serves(t.Release, p.Name):
			r.Sources = append(r.Sources, source)
		case err == nil && comesBack(t, p.Name):
			r.Warm = append(r.Warm, source)
		}
	}
	barred := s.barred()
	cast, err := l.cast(c, t.Release, nil)
	if err != nil {
		return r, err
	}
	r.Candidates = without(cast.Candidates, barred)
	r.Sources = inOrder(c.Load, append(r.Sources, cast.Sources...))
	for _, e := range t.Earlier {
		cast, err := l.cast(c, e, barred)
		if err != nil {
			return r, err
		}
		r.Earlier = append(r.Earlier, cast)
	}
	r.Bindings = bindings(c, t.Release.Content.Bindings, r.Sources)
	return r, nil
}

// cast gives the versions of a release, but those that are barred.
func (l *lineup) cast(c config.Plugins, r core.PluginRelease, barred []string) (plugins.Earlier, error) {
	e := plugins.Earlier{Number: r.Number}
	for _, p := range r.Content.Plugins {
		if slices.Contains(barred, p.Digest) { // then its candidate has nothing beside it either
			continue
		}
		if p.Digest != "" {
			s, err := l.source(c, p.Name, p.Digest)
			if err != nil {
				return e, err
			}
			e.Sources = append(e.Sources, s)
		}
		if own := p.Candidate; own != nil && !slices.Contains(barred, own.Digest) {
			s, err := l.source(c, p.Name, own.Digest)
			if err != nil {
				return e, err
			}
			e.Candidates = append(e.Candidates, plugins.Candidate{Source: s, Percent: own.Percent, ByTenant: own.ByTenant, Shadow: own.Shadow})
		}
	}
	return e, nil
}

// source is a version of the registry with what the configuration has for its plugin. Its
// bytes are fetched, and verified, when no live version was made of them.
func (l *lineup) source(c config.Plugins, name, digest string) (plugins.Source, error) {
	own := config.Plugin{Name: name}
	if at := slices.IndexFunc(c.Load, func(p config.Plugin) bool { return p.Name == name }); at >= 0 {
		own = c.Load[at]
	}
	s, err := sourceOf(own)
	s.Digest = digest
	s.Fetch = func(ctx context.Context) ([]byte, error) {
		return l.fetch(ctx, c.Trust, digest)
	}
	return s, err
}

// fileSource is what the configuration loads from a file: the bytes that were there when it was
// read. What lies there since waits for a reload, and is not looked at where what is to serve
// is live already: no release comes to serve, or fails to, by what somebody copies meanwhile.
func fileSource(path string, p config.Plugin) (plugins.Source, error) {
	s, err := sourceOf(p)
	if err != nil {
		return s, err
	}
	if s.Digest = p.Digest(); s.Digest == "" {
		s.Wasm, err = os.ReadFile(path)
		return s, err
	}
	s.Fetch = func(context.Context) ([]byte, error) {
		wasm, err := os.ReadFile(path)
		if sum := sha256.Sum256(wasm); err == nil && hex.EncodeToString(sum[:]) != s.Digest {
			err = fmt.Errorf("%s has other bytes than when the configuration was read; reload it", path)
		}
		return wasm, err
	}
	return s, nil
}

// sourceOf is what the configuration says of a plugin, wherever its module comes from.
func sourceOf(p config.Plugin) (plugins.Source, error) {
	s := plugins.Source{Name: p.Name, ReuseInTenant: p.Reuse != "", Grants: plugins.Grants{
		Origins: p.Grants.Origins, KV: p.Grants.KV, Telemetry: p.Grants.Telemetry, Secrets: map[string]host.Secret{},
	}}
	for name, value := range p.Secrets {
		s.Grants.Secrets[name] = host.Secret(value.Reveal())
	}
	for _, h := range p.Hooks {
		s.Hooks = append(s.Hooks, hostapi.Hook(h))
	}
	if len(p.Config) > 0 {
		var err error
		if s.Config, err = json.Marshal(p.Config); err != nil {
			return s, fmt.Errorf("config: %w", err)
		}
	}
	return s, nil
}

// inOrder sorts sources as plugins.load has them, and behind those the ones that it lacks, as
// the release has them.
func inOrder(load []config.Plugin, sources []plugins.Source) []plugins.Source {
	place := func(s plugins.Source) int {
		if at := slices.IndexFunc(load, func(p config.Plugin) bool { return p.Name == s.Name }); at >= 0 {
			return at
		}
		return len(load)
	}
	slices.SortStableFunc(sources, func(a, b plugins.Source) int { return place(a) - place(b) })
	return sources
}

// bindings are those of the release, or else of the configuration. Those of a plugin that is
// not there yet wait for its first release.
func bindings(c config.Plugins, released []core.ReleasedBinding, sources []plugins.Source) (list []plugins.Binding) {
	for i, b := range released {
		list = append(list, plugins.Binding{
			Hook: hostapi.Hook(b.Hook), Plugin: b.Plugin, Tenants: b.Tenants, Timeout: b.Timeout, Off: b.Disabled,
			OnFailure: meaning(hook.OnFailure(b.OnFailure)), At: fmt.Sprintf("the release's bindings[%d]", i),
		})
	}
	if released != nil {
		return list
	}
	for i, b := range c.Bindings {
		if !slices.ContainsFunc(sources, func(s plugins.Source) bool { return s.Name == b.Plugin }) && awaited(c, b.Plugin) {
			continue
		}
		list = append(list, plugins.Binding{
			Hook: hostapi.Hook(b.Hook), Plugin: b.Plugin, Tenants: b.Tenants, Timeout: b.Timeout, Off: !b.Enabled,
			OnFailure: meaning(hook.OnFailure(b.OnFailure)), At: config.BindingPath(i),
		})
	}
	if c.Bindings != nil && list == nil {
		list = []plugins.Binding{}
	}
	return list
}

// awaited tells whether a plugin is to come from the registry.
func awaited(c config.Plugins, name string) bool {
	return slices.ContainsFunc(c.Load, func(p config.Plugin) bool { return p.Name == name && p.File == "" })
}

// serves tells whether a release has a version of a plugin, in the place of its file.
func serves(r core.PluginRelease, name string) bool {
	at := released(r.Content, name)
	return at != nil && at.Digest != ""
}

// comesBack tells whether the file of a plugin would serve again after a rollback to what
// served before.
func comesBack(t release.Target, name string) bool {
	return t.Unreleased || slices.ContainsFunc(t.Earlier, func(e core.PluginRelease) bool { return !serves(e, name) })
}

func released(c core.ReleaseContent, name string) *core.ReleasedPlugin {
	at := slices.IndexFunc(c.Plugins, func(p core.ReleasedPlugin) bool { return p.Name == name })
	if at < 0 {
		return nil
	}
	return &c.Plugins[at]
}

func without(list []plugins.Candidate, barred []string) []plugins.Candidate {
	return slices.DeleteFunc(list, func(c plugins.Candidate) bool { return slices.Contains(barred, c.Source.Digest) })
}
