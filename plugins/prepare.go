package plugins

import (
	"context"
	"runtime/debug"
	"slices"

	"github.com/usher-id/usher/hostapi"
)

// Prepared is a release that is compiled and warm and serves nobody yet. Whoever
// has it ends it, once, with Commit or Abort.
type Prepared struct {
	engine  *Engine
	set     *set
	fresh   []*version
	idle    []*version // no binding asks them
	left    []LeftOut
	changed bool
}

// Prepare makes a release ready, whole or not at all: its error says what is wrong,
// naming the plugin or the binding. Nothing that serves changes. A version that is live
// already, in whatever role, is found by what is given for it, and nothing of it is
// hashed, parsed or compiled. Neither calls nor a Prepare that compiles nothing wait for
// one that compiles.
func (e *Engine) Prepare(ctx context.Context, r Release) (*Prepared, error) {
	old := e.begin()
	if old == nil {
		return nil, &Failure{Kind: NotLoaded, Detail: "the engine is closed"}
	}
	defer e.preparing.Done()
	many := len(r.Sources) + len(r.Candidates) + len(r.Warm)
	all := &roster{engine: e, optional: r.Optional, at: make(map[*version]struct{}, many), members: make([]member, 0, many)}
	casts, err := all.open(ctx, r)
	if err != nil {
		return nil, err
	}
	chains, err := (&binder{e, r, casts, old}).bind()
	if err != nil {
		e.letGo(all.versions()...)
		return nil, err
	}
	next := &set{number: r.Number, hooks: chains, members: all.members}
	return &Prepared{
		engine: e, set: next, fresh: all.fresh, idle: idle(casts[0].order, chains), left: all.left, changed: differs(old, next),
	}, nil
}

// begin counts one more Prepare, which Close waits for, and gives the set to follow; nil
// when the engine is closed.
func (e *Engine) begin() *set {
	e.swapping.Lock()
	defer e.swapping.Unlock()
	old := e.current.Load()
	if old != nil {
		e.preparing.Add(1)
	}
	return old
}

// idle are the versions of a release that no binding asks.
func idle(versions []*version, chains map[hostapi.Hook][]*binding) (list []*version) {
	asked := make(map[string]struct{}, len(versions))
	for _, chain := range chains {
		for _, b := range chain {
			if !b.Off {
				asked[b.Plugin] = struct{}{}
			}
		}
	}
	for _, v := range versions {
		if _, ok := asked[v.name]; !ok {
			list = append(list, v)
		}
	}
	return list
}

// differs tells whether two sets have calls answered by other versions.
func differs(a, b *set) bool {
	answers := func(s *set) (list []member) {
		for _, m := range s.members {
			if m.role == RoleServing || m.role == RoleCandidate {
				list = append(list, m)
			}
		}
		return list
	}
	return !slices.Equal(answers(a), answers(b))
}

// Changed tells whether other versions answer after the Commit than did at the Prepare.
func (p *Prepared) Changed() bool { return p.changed }

// LeftOut lists the candidates of the release that could not be made.
func (p *Prepared) LeftOut() []LeftOut { return p.left }

// Commit makes the release what new calls see, by one swap of a pointer; those in
// flight end on what they began with. It cannot fail: on an engine that was closed
// meanwhile it aborts.
func (p *Prepared) Commit() {
	old := p.engine.swap(p.set, len(p.fresh) > 0)
	if old == nil {
		p.Abort()
		return
	}
	for _, v := range p.idle {
		v.log.Warn("plugin is loaded and no binding asks it")
	}
	old.release()
}

// swap makes a set the current one and gives the one before it, whose reference is the
// caller's to drop; nil when the engine is closed.
func (e *Engine) swap(next *set, compiled bool) *set {
	e.swapping.Lock()
	defer e.swapping.Unlock()
	old := e.current.Load()
	if old == nil {
		return nil
	}
	e.publish(next)
	if compiled {
		e.draining.Go(debug.FreeOSMemory) // a compiler leaves much garbage behind
	}
	return old
}

// Abort lets go of what was made.
func (p *Prepared) Abort() { p.engine.letGo(versionsOf(p.set.members)...) }
