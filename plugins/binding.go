package plugins

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-id/usher/hostapi"
)

// binding is one link of a chain, made for one set.
type binding struct {
	Binding // as it is asked in the current release

	order   int // in its chain, from 1
	tenants map[string]struct{}
	panels  []panel // that of the current release first, then those of earlier ones
	guests  []guest
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

// follows tells whether a binding is the one that an older set had.
func (b *binding) follows(o *binding) bool {
	return b.Plugin == o.Plugin && b.Hook == o.Hook && slices.Equal(b.Tenants, o.Tenants)
}

// binder makes the chains of a release from its versions.
type binder struct {
	engine  *Engine
	release Release
	casts   []cast // that of the release first, then those of earlier ones
	old     *set
}

// bind makes the chains. A guest that the old set had in the same link goes on with its
// breaker.
func (n *binder) bind() (map[hostapi.Hook][]*binding, error) {
	wanted := n.release.Bindings
	if wanted == nil {
		wanted = n.casts[0].everywhere()
	}
	chains := map[hostapi.Hook][]*binding{}
	for _, w := range wanted {
		b, err := n.bindOne(w, len(chains[w.Hook])+1)
		if err != nil {
			return nil, err
		}
		chains[b.Hook] = append(chains[b.Hook], b)
	}
	return chains, nil
}

// everywhere binds each version that serves at all its hooks.
func (c *cast) everywhere() []Binding {
	list := make([]Binding, 0, len(c.order))
	for _, v := range c.order {
		for _, h := range v.hooks {
			list = append(list, Binding{Hook: h, Plugin: v.name})
		}
	}
	return list
}

func (n *binder) bindOne(w Binding, order int) (*binding, error) {
	actors, ok := n.casts[0].plugins[w.Plugin]
	if !ok {
		return nil, fmt.Errorf("%s.plugin: no plugin %q is loaded", w.At, w.Plugin)
	}
	v := actors.serving
	if !slices.Contains(v.hooks, w.Hook) {
		return nil, fmt.Errorf("%s.hook: the plugin %s %s does not serve %q (there is no export %s %s), only %v",
			w.At, v.name, v.label, w.Hook, w.Hook.Export(), signatureText(hostapi.HookSignature()), v.hooks)
	}
	if w.Timeout < 0 || w.Timeout > MaxTimeout() {
		return nil, fmt.Errorf("%s.timeout: %v is outside of 1ms to %v", w.At, w.Timeout, MaxTimeout())
	}
	if w.OnFailure.Word == "" && n.engine.config.OnFailure != nil {
		w.OnFailure = n.engine.config.OnFailure(w.Hook)
	}
	b := &binding{Binding: w, order: order}
	if len(w.Tenants) > 0 {
		b.tenants = make(map[string]struct{}, len(w.Tenants))
		for _, id := range w.Tenants {
			b.tenants[id] = struct{}{}
		}
	}
	n.fill(b)
	b.Timeout = b.panels[0].serving.timeout
	return b, nil
}

// fill makes the panels: of the release, and of each earlier one whose version of the
// plugin serves the hook. Calls of the others see the current one.
func (n *binder) fill(b *binding) {
	var old *binding
	if at := slices.IndexFunc(n.old.hooks[b.Hook], b.follows); at >= 0 {
		old = n.old.hooks[b.Hook][at]
	}
	b.panels = make([]panel, 0, len(n.casts))
	for i := range n.casts {
		c := &n.casts[i]
		actors, ok := c.plugins[b.Plugin]
		if !ok || !slices.Contains(actors.serving.hooks, b.Hook) {
			continue
		}
		p := panel{release: c.release, portion: actors.portion}
		p.serving = n.arm(b, actors.serving, RoleServing, c.release, old)
		p.candidate = n.arm(b, actors.candidate, RoleCandidate, c.release, old)
		p.shadow = n.arm(b, actors.shadow, RoleShadow, c.release, old)
		b.panels = append(b.panels, p)
	}
}

// arm gives nil for no version, and for one that does not serve the hook.
func (n *binder) arm(b *binding, v *version, role Role, release int64, old *binding) *arm {
	if v == nil || !slices.Contains(v.hooks, b.Hook) {
		return nil
	}
	a := &arm{version: v, role: role, release: release, timeout: v.timeout(b.Binding, n.release.CallTimeout)}
	a.breaker = b.breakerFor(v, a.timeout, old, n.engine.config.Breaker)
	a.span = b.spanOptions(a)
	return a
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

// tell counts how a call ended for the breaker of the arm, and logs when its state
// changed. What is no fault of the guest counts neither way.
func (b *binding) tell(a *arm, f *Failure, blameless bool) {
	log := a.version.log
	switch {
	case f == nil || f.Kind == Failed: // a guest that says that it cannot answer works
		if a.breaker.succeed() {
			log.Info("plugin breaker closed", "hook", b.Hook, "role", string(a.role))
		}
	case blameless || !f.faulty():
	case a.breaker.fail(time.Now()):
		log.Warn("plugin breaker opened", "hook", b.Hook, "role", string(a.role), "failures", a.breaker.config.Failures,
			"probe_every_ms", a.breaker.config.Every.Milliseconds(), "on_failure", b.OnFailure.Word, "error", f)
	}
}
