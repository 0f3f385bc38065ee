package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/hook"
	signals "github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// beginPlugins starts loading every configured plugin, whole or not at all, while the
// database starts: compiling takes the longest of all.
func (a *App) beginPlugins(ctx context.Context) error {
	c := a.config.Current()
	limits := hostapi.DefaultLimits()
	if c.Plugins.CallTimeout > 0 {
		limits.WallMS = int(c.Plugins.CallTimeout.Milliseconds())
	}
	engine, err := plugins.New(
		plugins.Deps{
			Log: a.log, Tracer: a.telemetry.Tracer(), Observe: a.observePlugin,
			KV: pluginKV{func() *store.Store { return a.store }}, Meter: a.signals.PluginMeter(),
		},
		plugins.Config{Instances: c.Plugins.MaxInstances, Limits: limits})
	if err != nil {
		return err
	}
	a.engine = engine
	a.closing("plugins", engine.Close)
	sources, err := a.pluginSources(c.Plugins)
	if err != nil {
		return err
	}
	a.plugins = len(sources)
	ctx, giveUp := context.WithCancel(ctx)
	loaded := make(chan struct{})
	a.closing("plugin loading", func(context.Context) error {
		giveUp()
		<-loaded
		return nil
	})
	go func() {
		defer close(loaded)
		a.loadErr = engine.Load(ctx, sources)
	}()
	a.loaded = loaded
	return nil
}

// openPlugins waits for them and gives the hooks that ask them.
func (a *App) openPlugins() (*hook.Hooks, error) {
	if <-a.loaded; a.loadErr != nil {
		return nil, a.loadErr
	}
	stop, err := a.signals.WatchPlugins(a.pluginStates)
	if err != nil {
		return nil, err
	}
	a.closing("plugin metrics", func(context.Context) error { return stop() })
	return hook.New(hook.Deps{Runner: runner{a.engine}, Log: a.log, Tracer: a.telemetry.Tracer()}, hook.Config{})
}

func (a *App) pluginSources(c config.Plugins) ([]plugins.Source, error) {
	list := c.Load
	if len(list) == 0 && a.options.Development {
		list = examplePlugins()
		if len(list) == 0 {
			a.log.Warn("no example plugins; build them with: make wasm")
		}
	}
	var sources []plugins.Source
	for _, p := range list {
		source, err := pluginSource(c.Dir, p)
		if err != nil {
			return nil, fmt.Errorf("plugins.load: %s: %w", p.Name, err)
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// examplePlugins are those that make wasm put beside the binary or below the
// working directory.
func examplePlugins() (list []config.Plugin) {
	dirs := []string{filepath.Join("build", "plugins")}
	if exe, err := os.Executable(); err == nil {
		dirs = append([]string{filepath.Join(filepath.Dir(exe), "plugins")}, dirs...)
	}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
		if err != nil || len(files) == 0 {
			continue
		}
		for _, f := range files {
			absolute, err := filepath.Abs(f)
			if err != nil {
				absolute = f
			}
			list = append(list, config.Plugin{Name: strings.TrimSuffix(filepath.Base(f), ".wasm"), File: absolute})
		}
		return list
	}
	return nil
}

func pluginSource(dir string, p config.Plugin) (plugins.Source, error) {
	path := p.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	wasm, err := os.ReadFile(path)
	if err != nil {
		return plugins.Source{}, err
	}
	source := plugins.Source{Name: p.Name, Wasm: wasm, Grants: plugins.Grants{
		Origins: p.Grants.Origins, KV: p.Grants.KV, Telemetry: p.Grants.Telemetry, Secrets: map[string]host.Secret{},
	}}
	for name, value := range p.Secrets {
		source.Grants.Secrets[name] = host.Secret(value.Reveal())
	}
	for _, h := range p.Hooks {
		source.Hooks = append(source.Hooks, hostapi.Hook(h))
	}
	if len(p.Config) > 0 {
		if source.Config, err = json.Marshal(p.Config); err != nil {
			return plugins.Source{}, fmt.Errorf("config: %w", err)
		}
	}
	return source, nil
}

// runner lets the hooks ask the engine, which knows nothing of them.
type runner struct{ engine *plugins.Engine }

// Ask implements [hook.Runner].
func (r runner) Ask(ctx context.Context, q hook.Question) (hook.Reply, error) {
	call := plugins.Call{
		Hook: q.Hook, RunID: q.RunID, TenantID: q.TenantID, Data: q.Data, Judge: q.Judge, First: q.First,
		Plugin: q.Plugin, Substituted: q.Substituted,
	}
	for _, s := range q.Substitutions {
		call.Substitutions = append(call.Substitutions, host.Substitution{Placeholder: s.Placeholder, Value: host.Secret(s.Value.Reveal())})
	}
	answer, err := r.engine.Call(ctx, call)
	reply := hook.Reply{Bound: answer.Bound, Plugin: answer.Plugin, Version: answer.Version}
	if failed, ok := errors.AsType[*plugins.Failure](err); ok {
		reply.Plugin, reply.Version = failed.Plugin, failed.Version
		reply.Unasked = failed.Kind == plugins.Exhausted || failed.Kind == plugins.NotLoaded
	}
	return reply, err
}

func (a *App) pluginStates() iter.Seq[signals.PluginState] {
	return func(yield func(signals.PluginState) bool) {
		for _, s := range a.engine.Status() {
			if !yield(signals.PluginState{Name: s.Name, Digest: s.Digest, Memory: s.Memory}) {
				return
			}
		}
	}
}

func (a *App) observePlugin(ctx context.Context, o plugins.Observation) {
	a.signals.PluginCall(ctx, string(o.Hook), o.Plugin, o.Version, o.Duration, callOutcome(o))
}

func callOutcome(o plugins.Observation) signals.CallOutcome {
	switch o.Failure {
	case "":
		if o.Outcome == hostapi.Deny {
			return signals.CallDeny
		}
		return signals.CallContinue
	case plugins.Deadline:
		return signals.CallTimeout
	case plugins.Trap:
		return signals.CallTrap
	case plugins.Memory, plugins.TooLarge:
		return signals.CallLimit
	case plugins.InvalidOutput:
		return signals.CallBadReply
	case plugins.Exhausted:
		return signals.CallBusy
	}
	return signals.CallFailed
}
