package plugins

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-id/usher/hostapi"
)

// Engine loads plugins and calls them. It is safe for concurrent use.
type Engine struct {
	deps     Deps
	config   Config
	budget   *budget
	current  atomic.Pointer[set]      // nil when closed
	safe     atomic.Pointer[SafeMode] // nil when nothing is switched off
	loading  sync.Mutex               // one Load or Close at a time
	draining sync.WaitGroup           // sets that still have calls or versions to free
}

// New makes an engine with no plugin loaded.
func New(d Deps, c Config) (*Engine, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	e := &Engine{deps: d, config: c.withDefaults()}
	e.budget = &budget{most: int64(e.config.TotalInstances)}
	e.publish(nil, nil)
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

// open makes or finds a version for each source. On an error it lets go of those
// it has.
func (e *Engine) open(ctx context.Context, sources []Source, old *set) (versions []*version, err error) {
	defer func() {
		if err != nil {
			letGo(versions)
			versions = nil
		}
	}()
	names := map[string]bool{}
	for _, s := range sources {
		if names[s.Name] {
			return versions, fmt.Errorf("plugin %s: it is loaded twice", s.Name)
		}
		names[s.Name] = true
		v, err := e.openOne(ctx, s, old)
		if err != nil {
			return versions, fmt.Errorf("plugin %s: %w", s.Name, err)
		}
		versions = append(versions, v)
	}
	return versions, nil
}

func (e *Engine) openOne(ctx context.Context, s Source, old *set) (*version, error) {
	p, err := inspect(s, e.config)
	if err != nil {
		return nil, err
	}
	if v, ok := old.find(p.key()); ok {
		v.retain()
		return v, nil
	}
	began := time.Now()
	v, err := openVersion(ctx, p, e.deps, e.config, e.budget)
	if err != nil {
		return nil, err
	}
	v.log.InfoContext(ctx, "plugin loaded", "hooks", v.hooks, "duration_ms", time.Since(began).Milliseconds(),
		"memory_bytes", v.snapshot.size)
	return v, nil
}

// publish makes the versions and chains the ones that new calls see.
func (e *Engine) publish(versions []*version, chains map[hostapi.Hook][]*binding) {
	e.draining.Add(1)
	e.current.Store(newSet(versions, chains, func(versions []*version) {
		e.draining.Go(func() { retire(versions) })
		e.draining.Done()
	}))
}

// retire frees the versions that no set holds any more. It runs in the
// background: whoever made the last call must not wait for it.
func retire(versions []*version) {
	freed := letGo(versions)
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
	e.loading.Lock()
	defer e.loading.Unlock()
	old := e.current.Swap(nil)
	if old == nil {
		return nil
	}
	old.release()
	drained := make(chan struct{})
	go func() {
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
