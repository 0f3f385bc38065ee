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
	engine   *Engine
	versions []*version
	chains   map[hostapi.Hook][]*binding
	changed  bool
}

// Prepare makes a release ready, whole or not at all: its error says what is wrong,
// naming the plugin or the binding. Nothing that serves changes. A version that is
// in use already is not compiled again. Calls never wait for it.
func (e *Engine) Prepare(ctx context.Context, r Release) (*Prepared, error) {
	e.loading.Lock()
	defer e.loading.Unlock()
	old := e.current.Load()
	if old == nil {
		return nil, &Failure{Kind: NotLoaded, Detail: "the engine is closed"}
	}
	versions, err := e.open(ctx, r.Sources, old)
	if err != nil {
		return nil, err
	}
	chains, err := e.bind(r, versions, old)
	if err != nil {
		letGo(versions)
		return nil, err
	}
	return &Prepared{engine: e, versions: versions, chains: chains, changed: !slices.Equal(versions, old.versions)}, nil
}

// Changed tells whether other versions serve after the Commit than did at the Prepare.
func (p *Prepared) Changed() bool { return p.changed }

// Commit makes the release what new calls see, by one swap of a pointer; those in
// flight end on what they began with. It cannot fail: on an engine that was closed
// meanwhile it aborts.
func (p *Prepared) Commit() {
	e := p.engine
	e.loading.Lock()
	defer e.loading.Unlock()
	old := e.current.Load()
	if old == nil {
		p.Abort()
		return
	}
	e.publish(p.versions, p.chains)
	for _, v := range p.versions {
		if !p.binds(v) {
			v.log.Warn("plugin is loaded and no binding asks it")
		}
	}
	kept := !slices.ContainsFunc(old.versions, func(v *version) bool { return !slices.Contains(p.versions, v) })
	old.release()
	if p.changed && kept { // else this is done when those that are not kept are freed
		debug.FreeOSMemory() // a compiler leaves much garbage behind
	}
}

func (p *Prepared) binds(v *version) bool {
	for _, chain := range p.chains {
		if slices.ContainsFunc(chain, func(b *binding) bool { return b.version == v && !b.Off }) {
			return true
		}
	}
	return false
}

// Abort lets go of what was made.
func (p *Prepared) Abort() { letGo(p.versions) }

// letGo drops one reference to each version and frees those that nobody else has.
func letGo(versions []*version) (freed []*version) {
	for _, v := range versions {
		if v.release() {
			v.free()
			freed = append(freed, v)
		}
	}
	return freed
}
