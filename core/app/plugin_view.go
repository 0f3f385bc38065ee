package app

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/usher-id/usher/core/hook"
	signals "github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/web"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

func (a *App) observePlugin(ctx context.Context, o plugins.Observation) {
	a.signals.PluginCall(ctx, string(o.Hook), o.Plugin, o.Version, o.Duration, callOutcome(o))
	a.count(&o)
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
	case plugins.Tripped:
		return signals.CallSkipped
	}
	return signals.CallFailed
}

func (a *App) pluginStates() iter.Seq[signals.PluginState] {
	return func(yield func(signals.PluginState) bool) {
		links := a.engine.Links()
		for _, s := range a.engine.Status() {
			state := signals.PluginState{Name: s.Name, Digest: s.Digest, Memory: s.Memory, Instances: int64(s.Instances)}
			for _, l := range linksOf(links, s.Name) {
				state.Bindings = append(state.Bindings, signals.BindingState{
					Hook: string(l.Hook), BreakerOpen: l.BreakerOpen, SwitchedOff: l.SwitchedOff,
				})
			}
			if !yield(state) {
				return
			}
		}
	}
}

func linksOf(links []plugins.Link, plugin string) (own []plugins.Link) {
	for _, l := range links {
		if l.Plugin == plugin {
			own = append(own, l)
		}
	}
	return own
}

// pluginChecks are one for all that is loaded, one for safe mode, one for each plugin, which is
// degraded while a breaker keeps it from being asked, and one for whether all of it is what the
// release and the configuration say.
func (a *App) pluginChecks() []web.Check {
	links, loaded := a.engine.Links(), a.serving()
	c := a.config.Current().Plugins
	wanted := a.lineup.expected()
	var each []web.Check
	for _, s := range loaded {
		open := slices.ContainsFunc(linksOf(links, s.Name), func(l plugins.Link) bool { return l.BreakerOpen })
		each = append(each, verdict("plugin."+s.Name, open, web.ErrDegraded))
	}
	missing := fmt.Errorf("%d of %d plugins are loaded", len(loaded), wanted)
	each = append(each, verdict("as_released", len(a.lineup.Trouble()) > 0, web.ErrDegraded))
	return append([]web.Check{
		verdict("loaded", len(loaded) != wanted, missing), verdict("safe_mode", len(c.SafeMode) > 0, web.ErrDegraded),
	}, each...)
}

// serving are the versions that answer, one for each plugin.
func (a *App) serving() []plugins.Status {
	return slices.DeleteFunc(a.engine.Status(), func(s plugins.Status) bool { return s.Role != plugins.RoleServing })
}

// verdict is a check of what is known already.
func verdict(name string, bad bool, err error) web.Check {
	if !bad {
		err = nil
	}
	return web.Check{Name: name, Run: func(context.Context) error { return err }}
}

// pluginView is a loaded plugin as an operator sees it. What it was configured with is
// not in it: nobody knows which values are secret.
type pluginView struct {
	Name        string         `json:"name"`
	Version     string         `json:"version"`
	Digest      string         `json:"digest"`
	Hooks       []hostapi.Hook `json:"hooks"` // that it may be bound to
	Bindings    []bindingView  `json:"bindings"`
	Instances   int            `json:"instances"`
	MemoryBytes int64          `json:"memory_bytes"`
}

// bindingView is a plugin in the chain of a hook.
type bindingView struct {
	Hook      hostapi.Hook `json:"hook"`
	Order     int          `json:"order"` // in the chain, from 1
	Plugin    string       `json:"plugin"`
	Version   string       `json:"version"`
	OnFailure string       `json:"on_failure"`
	TimeoutMS float64      `json:"timeout_ms"`
	Tenants   []string     `json:"tenants"` // every call when empty
	Enabled   bool         `json:"enabled"`
	SafeMode  bool         `json:"safe_mode"` // it is switched off
	Breaker   breakerView  `json:"breaker"`
}

type breakerView struct {
	State    string `json:"state"` // closed, or open while the plugin is only probed
	Failures int    `json:"failures"`
}

// hookView is a point of the pipeline with who is asked there.
type hookView struct {
	Hook      hostapi.Hook     `json:"hook"`
	OnFailure []hook.OnFailure `json:"on_failure"` // the choices, the default first
	Bindings  []bindingView    `json:"bindings"`   // in their order
}

func (a *App) listPlugins() any {
	links := a.engine.Links()
	list := []pluginView{}
	for _, s := range a.engine.Status() {
		list = append(list, pluginView{
			Name: s.Name, Version: s.Version, Digest: s.Digest, Hooks: s.Hooks, Instances: s.Instances, MemoryBytes: s.Memory,
			Bindings: viewsOf(linksOf(links, s.Name)),
		})
	}
	return struct {
		Data     []pluginView `json:"data"`
		SafeMode []string     `json:"safe_mode"`
	}{list, append([]string{}, a.config.Current().Plugins.SafeMode...)}
}

func (a *App) listHooks() any {
	links := a.engine.Links()
	list := []hookView{}
	for _, h := range hostapi.Hooks() {
		own := slices.DeleteFunc(slices.Clone(links), func(l plugins.Link) bool { return l.Hook != h })
		list = append(list, hookView{Hook: h, OnFailure: hook.Choices(h), Bindings: viewsOf(own)})
	}
	return struct {
		Data []hookView `json:"data"`
	}{list}
}

func viewsOf(links []plugins.Link) []bindingView {
	list := []bindingView{}
	for _, l := range links {
		state := "closed"
		if l.BreakerOpen {
			state = "open"
		}
		list = append(list, bindingView{
			Hook: l.Hook, Order: l.Order, Plugin: l.Plugin, Version: l.Version, OnFailure: l.OnFailure.Word,
			TimeoutMS: float64(l.Timeout.Microseconds()) / 1000, Tenants: append([]string{}, l.Tenants...),
			Enabled: !l.Off, SafeMode: l.SwitchedOff, Breaker: breakerView{state, l.Failures},
		})
	}
	return list
}
