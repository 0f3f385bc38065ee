package plugins

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Engine loads plugins and calls them. It is safe for concurrent use.
type Engine struct {
	deps      Deps
	config    Config
	budget    *budget
	live      *live
	current   atomic.Pointer[set]      // nil when closed
	safe      atomic.Pointer[SafeMode] // nil when nothing is switched off
	shadows   *shadows
	sampling  atomic.Uint64         // of certain calls
	watch     atomic.Pointer[watch] // nil while nobody watches
	watched   atomic.Int64          // the number of the last call that somebody watched
	compiling chan struct{}         // has an element while a module is compiled
	swapping  sync.Mutex            // of the current set; it is never held for long
	preparing sync.WaitGroup        // what Close waits for, as for draining
	draining  sync.WaitGroup        // sets that still have calls or versions to free
}

// New makes an engine with no plugin loaded.
func New(d Deps, c Config) (*Engine, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	e := &Engine{deps: d, config: c.withDefaults(), live: newLive(), compiling: make(chan struct{}, 1)}
	e.budget = &budget{most: int64(e.config.TotalInstances)}
	e.shadows = newShadows(e.askShadow)
	e.SetSampleRate(e.config.SampleRate)
	e.publish(&set{})
	return e, nil
}

// Load makes these sources, in this order, the plugins of the engine, each bound at
// all its hooks: [Engine.Prepare] and [Prepared.Commit] in one. An error names the
// plugin and says what is wrong with it, and the plugins loaded before go on serving.
func (e *Engine) Load(ctx context.Context, sources []Source) error {
	ready, err := e.Prepare(ctx, Release{Sources: sources})
	if err != nil {
		return err
	}
	ready.Commit()
	return nil
}

// Number is that of the release which new calls see; 0 when it has none or the engine
// is closed. A run that keeps it, and gives it with each [Call], stays with its versions.
func (e *Engine) Number() int64 {
	if s := e.current.Load(); s != nil {
		return s.number
	}
	return 0
}

// publish makes a set the one that new calls see.
func (e *Engine) publish(s *set) {
	e.draining.Add(1)
	s.refs.Store(1)
	s.drained = func(versions []*version) {
		e.draining.Go(func() { e.retire(versions) })
		e.draining.Done()
	}
	e.current.Store(s)
}

// retire frees the versions that no set holds any more. It runs in the
// background: whoever made the last call must not wait for it.
func (e *Engine) retire(versions []*version) {
	freed := e.letGo(versions...)
	for _, v := range freed {
		v.log.Info("plugin closed")
	}
	if len(freed) > 0 {
		debug.FreeOSMemory() // wazero unmaps code in a finalizer
	}
}

// Close takes no more calls, lets those in flight end, and frees everything. It
// waits until all is freed or the context is done.
func (e *Engine) Close(ctx context.Context) error {
	e.swapping.Lock()
	old := e.current.Swap(nil)
	e.swapping.Unlock()
	if old == nil {
		return nil
	}
	old.release()
	for _, c := range e.shadows.close() {
		e.retire([]*version{c.arm.version})
	}
	drained := make(chan struct{})
	go func() {
		e.preparing.Wait()
		e.shadows.idle.Wait()
		e.draining.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the plugins: %w", ctx.Err())
	}
}

// acquire gives the current set with a reference taken, or nil when closed.
func (e *Engine) acquire() *set {
	for {
		s := e.current.Load()
		if s == nil || s.acquire() {
			return s
		}
	}
}
