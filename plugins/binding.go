package plugins

import (
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
)

// Release is what an engine is to have loaded: the plugins, and who is asked where.
type Release struct {
	Sources []Source
	// Bindings are the chains of all hooks; of those of one hook the first is asked
	// first. Nil binds each plugin at all its hooks, in the order of Sources.
	Bindings []Binding
	// CallTimeout bounds a call where neither the binding nor the plugin says how
	// long it may take; 0 leaves it to the hook.
	CallTimeout time.Duration
}

// Binding has a plugin asked at a hook.
type Binding struct {
	Hook   hostapi.Hook
	Plugin string // the name of a Source
	// Tenants are the ids of those in whose calls it is asked; empty for every call.
	Tenants []string
	// OnFailure is the hook's own when its Word is empty.
	OnFailure OnFailure
	// Timeout bounds a call, the wait for an instance included; 0 leaves it to the
	// plugin, the release, the hook, in this order.
	Timeout time.Duration
	Off     bool   // it keeps its place and is not asked
	At      string // how the operator finds it, for errors
}

// OnFailure is what it means that a bound plugin failed. The engine knows only
// whether the chain goes on with the next plugin; Word is the caller's.
type OnFailure struct {
	Word string
	GoOn bool
}

// binding is one link of a chain, made for one set.
type binding struct {
	Binding

	version *version
	order   int // in its chain, from 1
	tenants map[string]struct{}
	breaker *breaker
	span    trace.SpanStartOption
}

// serves tells whether the binding is asked in calls of that tenant, which is
// empty when there is none.
func (b *binding) serves(tenant string) bool {
	if b.Off {
		return false
	}
	if len(b.tenants) == 0 {
		return true
	}
	_, named := b.tenants[tenant]
	return named
}

// like tells whether two bindings have the same guest do the same.
func (b *binding) like(o *binding) bool {
	return b.version == o.version && b.Hook == o.Hook && b.Timeout == o.Timeout && slices.Equal(b.Tenants, o.Tenants)
}

// bind makes the chains of a release from its versions. A link that the old set
// had too goes on with its breaker.
func (e *Engine) bind(r Release, versions []*version, old *set) (map[hostapi.Hook][]*binding, error) {
	wanted := r.Bindings
	if wanted == nil {
		wanted = everywhere(versions)
	}
	chains := map[hostapi.Hook][]*binding{}
	for _, w := range wanted {
		b, err := e.bindOne(w, r, versions)
		if err != nil {
			return nil, err
		}
		chain := chains[b.Hook]
		b.order = len(chain) + 1
		b.span = b.spanOptions()
		for _, o := range old.hooks[b.Hook] {
			if o.like(b) {
				b.breaker = o.breaker
			}
		}
		chains[b.Hook] = append(chain, b)
	}
	return chains, nil
}

// everywhere binds each version at all its hooks.
func everywhere(versions []*version) (list []Binding) {
	for _, v := range versions {
		for _, h := range v.hooks {
			list = append(list, Binding{Hook: h, Plugin: v.name})
		}
	}
	return list
}

func (e *Engine) bindOne(w Binding, r Release, versions []*version) (*binding, error) {
	at := slices.IndexFunc(versions, func(v *version) bool { return v.name == w.Plugin })
	if at < 0 {
		return nil, fmt.Errorf("%s.plugin: no plugin %q is loaded", w.At, w.Plugin)
	}
	v := versions[at]
	if !slices.Contains(v.hooks, w.Hook) {
		return nil, fmt.Errorf("%s.hook: the plugin %s %s does not serve %q (there is no export %s %s), only %v",
			w.At, v.name, v.label, w.Hook, w.Hook.Export(), signatureText(hostapi.HookSignature()), v.hooks)
	}
	if w.Timeout < 0 || w.Timeout > MaxTimeout() {
		return nil, fmt.Errorf("%s.timeout: %v is outside of 1ms to %v", w.At, w.Timeout, MaxTimeout())
	}
	w.Timeout = v.timeout(w, r.CallTimeout)
	if w.OnFailure.Word == "" && e.config.OnFailure != nil {
		w.OnFailure = e.config.OnFailure(w.Hook)
	}
	b := &binding{Binding: w, version: v, breaker: newBreaker(e.config.Breaker)}
	if len(w.Tenants) > 0 {
		b.tenants = make(map[string]struct{}, len(w.Tenants))
		for _, id := range w.Tenants {
			b.tenants[id] = struct{}{}
		}
	}
	return b, nil
}

// MaxTimeout is the most that a binding may give a call.
func MaxTimeout() time.Duration { return milliseconds(hostapi.MaxLimits().WallMS) }

// timeout is how long a call may take: as the binding says, or the plugin's
// limits, or the release, or else the hook's default.
func (v *version) timeout(b Binding, release time.Duration) time.Duration {
	usual := hostapi.DefaultLimits()
	if b.Hook.CallsOut() {
		usual = hostapi.IOLimits()
	}
	for _, t := range []time.Duration{b.Timeout, milliseconds(v.limits.WallMS), release} {
		if t > 0 {
			return t
		}
	}
	return milliseconds(usual.WallMS)
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// tell counts how a call ended for the breaker, and logs when its state changed.
// What is no fault of the guest counts neither way.
func (b *binding) tell(f *Failure, blameless bool) {
	log := b.version.log.With("hook", b.Hook)
	switch {
	case f == nil || f.Kind == Failed: // a guest that says that it cannot answer works
		if b.breaker.succeed() {
			log.Info("plugin breaker closed")
		}
	case blameless || !f.faulty():
	case b.breaker.fail(time.Now()):
		log.Warn("plugin breaker opened", "failures", b.breaker.config.Failures, "probe_every_ms", b.breaker.config.Every.Milliseconds(),
			"on_failure", b.OnFailure.Word, "error", f)
	}
}
