package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
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
	engine, err := plugins.New(
		plugins.Deps{
			Log: a.log, Tracer: a.telemetry.Tracer(), Observe: a.observePlugin,
			KV: pluginKV{func() *store.Store { return a.store }}, Meter: a.signals.PluginMeter(),
			Compare: a.comparePlugin, Sample: a.samplePlugin,
		},
		plugins.Config{Instances: c.Plugins.MaxInstances, OnFailure: usually})
	if err != nil {
		return err
	}
	a.engine = engine
	a.closing("plugins", engine.Close)
	engine.SetSafeMode(safeMode(c.Plugins.SafeMode))
	if a.options.Development && len(c.Plugins.Load) == 0 {
		a.log.WarnContext(ctx, "no bundled plugins; build them with: make wasm")
	}
	a.lineup = &lineup{
		engine: engine, last: sides{config: c.Plugins}, probed: a.counter.Probed, fetch: a.fetch,
		failed: func(err error) {
			a.signals.PluginSwap(ctx, signals.SwapRefused)
			a.log.ErrorContext(ctx, "plugins not loaded again after two changes at once; it is tried again, and at each reload", "error", err)
		},
	}
	ctx, giveUp := context.WithCancel(ctx)
	loaded := make(chan struct{})
	a.closing("plugin loading", func(context.Context) error {
		giveUp()
		<-loaded
		return nil
	})
	go func() {
		defer close(loaded)
		ready, err := a.lineup.arrange(ctx, a.lineup.now())
		if a.loadErr = err; err == nil {
			ready.commitConfig()
		}
	}()
	a.loaded = loaded
	a.config.Follow("plugins", a.preparePlugins, a.lineup.whole)
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
	return hook.New(hook.Deps{Runner: runner{a.engine}, Log: a.log, Tracer: a.telemetry.Tracer()})
}

// preparePlugins is asked before a change of the configuration: it compiles what is
// new, and only its Commit shows it to calls.
func (a *App) preparePlugins(ctx context.Context, old, next *config.Config) (config.Prepared, error) {
	select {
	case <-a.loaded:
	case <-ctx.Done():
		return config.Prepared{}, ctx.Err()
	}
	if a.unserved.Load() && !switchedOff(next) {
		return config.Prepared{}, errors.New("plugins.safe_mode: this host could not load the plugins that are released, and would go on without them; leave it at all until another release serves: usher plugin rollback")
	}
	switchOff := func() {
		a.engine.SetSafeMode(safeMode(next.Plugins.SafeMode))
		a.lineup.trust(next.Plugins.Trust)
	}
	sides := a.lineup.now()
	same, written := sides.config.SameLoad(next.Plugins)
	if same && a.lineup.whole() == nil {
		return config.Prepared{Commit: switchOff}, nil
	}
	sides.config = next.Plugins
	ready, err := a.lineup.arrange(ctx, sides)
	switch {
	case err == nil:
		return config.Prepared{Commit: func() { a.commitPlugins(ctx, ready); switchOff() }, Abort: ready.Abort}, nil
	case written && !slices.Equal(old.Plugins.SafeMode, next.Plugins.SafeMode):
		// An operator in trouble must get through, whatever lies in the files now.
		a.log.ErrorContext(ctx, "plugins not loaded again, only safe mode is changed", "error", err)
		return config.Prepared{Commit: switchOff}, nil
	}
	a.signals.PluginSwap(ctx, signals.SwapRefused)
	return config.Prepared{}, err
}

func (a *App) commitPlugins(ctx context.Context, ready *arranged) {
	ready.commitConfig()
	if ready.Changed() {
		a.signals.PluginSwap(ctx, signals.SwapDone)
	}
}

// HookRules are what the configuration must know of the hooks.
func HookRules() (rules []config.Hook) {
	for _, h := range hostapi.Hooks() {
		rule := config.Hook{Name: string(h), Tenants: hook.Tenants(h), MaxTimeout: plugins.MaxTimeout()}
		for _, choice := range hook.Choices(h) {
			rule.OnFailure = append(rule.OnFailure, string(choice))
		}
		rules = append(rules, rule)
	}
	return rules
}

// usually is what a failure means where no binding says.
func usually(h hostapi.Hook) plugins.OnFailure {
	if choices := hook.Choices(h); len(choices) > 0 {
		return meaning(choices[0])
	}
	return plugins.OnFailure{}
}

func meaning(f hook.OnFailure) plugins.OnFailure {
	return plugins.OnFailure{Word: string(f), GoOn: f.GoesOn()}
}

// safeMode sorts what is switched off into hooks and plugins.
func safeMode(items []string) (m plugins.SafeMode) {
	for _, item := range items {
		switch h := hostapi.Hook(item); {
		case item == config.SafeModeAll:
			m.All = true
		case h.Known():
			m.Hooks = append(m.Hooks, h)
		default:
			m.Plugins = append(m.Plugins, item)
		}
	}
	return m
}

// bundledPlugins are those that make wasm put beside the binary or below the working
// directory and that need no grant, as plugins.load has them; empty when there are none.
func bundledPlugins() string {
	dirs := []string{filepath.Join("build", "plugins")}
	if exe, err := os.Executable(); err == nil {
		dirs = append([]string{filepath.Join(filepath.Dir(exe), "plugins")}, dirs...)
	}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
		if err != nil || len(files) == 0 {
			continue
		}
		slices.Sort(files)
		var list []map[string]string
		for _, f := range files {
			if wantsGrant(f) {
				continue
			}
			if absolute, err := filepath.Abs(f); err == nil {
				f = absolute
			}
			list = append(list, map[string]string{"name": strings.TrimSuffix(filepath.Base(f), ".wasm"), "file": f})
		}
		if text, err := json.Marshal(list); err == nil && len(list) > 0 {
			return string(text)
		}
	}
	return ""
}

// wantsGrant tells whether a plugin asks for what only an operator can give: an origin, a
// secret. One that cannot be read is left to the engine, which says why.
func wantsGrant(file string) bool {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	facts, err := plugins.Inspect(wasm)
	return err == nil && len(facts.Capabilities) > 0
}

// runner lets the hooks ask the engine, which knows nothing of them.
type runner struct{ engine *plugins.Engine }

// Ask implements [hook.Runner].
func (r runner) Ask(ctx context.Context, q hook.Question) (hook.Reply, error) {
	call := plugins.Call{
		Hook: q.Hook, RunID: q.RunID, Release: q.Release, TenantID: q.TenantID, ActorKind: q.Actor.Kind, ActorID: q.Actor.ID,
		Data: q.Data, Judge: q.Judge, Next: q.Next, First: q.First, Plugin: q.Plugin, Substituted: q.Substituted,
	}
	for _, s := range q.Substitutions {
		call.Substitutions = append(call.Substitutions, host.Substitution{Placeholder: s.Placeholder, Value: host.Secret(s.Value.Reveal())})
	}
	answer, err := r.engine.Call(ctx, call)
	reply := hook.Reply{
		Bound: answer.Bound, Off: answer.Off, Plugin: answer.Plugin, Version: answer.Version, Digest: answer.Digest, OnFailure: hook.OnFailure(answer.OnFailure),
	}
	if failed, ok := errors.AsType[*plugins.Failure](err); ok {
		reply.Plugin, reply.Version, reply.Known = failed.Plugin, failed.Version, failed.Kind == plugins.Tripped
		reply.Unasked = failed.Kind == plugins.Exhausted || failed.Kind == plugins.Tripped || failed.Kind == plugins.NotLoaded
	}
	return reply, err
}

// Bound implements [hook.Runner].
func (r runner) Bound(h hostapi.Hook, tenant string) bool { return r.engine.Bound(h, tenant) }

// Release implements [hook.Runner].
func (r runner) Release() int64 { return r.engine.Number() }
