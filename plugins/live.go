package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/usher-id/usher/hostapi"
)

// versionKey says when a live version can be used again: it has what was given for it,
// so that finding one takes no look at the module.
type versionKey struct {
	name, digest, hooks, config, grants string
	limits                              hostapi.Limits
	reuse                               bool
}

func (s *Source) key() versionKey {
	k := versionKey{name: s.Name, digest: s.Digest, config: "{}", limits: s.Limits, grants: s.Grants.fingerprint(), reuse: s.ReuseInTenant}
	if k.digest == "" {
		k.digest = digestOf(s.Wasm)
	}
	if len(s.Config) > 0 {
		k.config = string(s.Config)
	}
	if len(s.Hooks) > 0 {
		names := make([]string, len(s.Hooks))
		for i, h := range s.Hooks {
			names[i] = string(h)
		}
		k.hooks = strings.Join(names, " ")
	}
	return k
}

func digestOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

// live are the versions that somebody holds, and those in the making. Who asks for one
// that another is making waits for it; nobody waits for a version that is not asked for.
// It is safe for concurrent use.
type live struct {
	mu       sync.Mutex
	versions map[versionKey]*version
	making   map[versionKey]*making
}

// making is a version that is being made. The rest is there once done is closed.
type making struct {
	done   chan struct{}
	err    error
	gaveUp bool // who made it did, which is no fault of the plugin
}

func newLive() *live {
	return &live{versions: map[versionKey]*version{}, making: map[versionKey]*making{}}
}

// find takes a reference to a live version. When there is none it tells who is making
// it; mine then says that it is for the caller to make.
func (l *live) find(k versionKey) (v *version, m *making, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v := l.versions[k]; v != nil && v.retain() {
		return v, nil, false
	}
	if m := l.making[k]; m != nil {
		return nil, m, false
	}
	m = &making{done: make(chan struct{})}
	l.making[k] = m
	return nil, m, true
}

// made tells everybody what came of it; v is nil after an error.
func (l *live) made(ctx context.Context, k versionKey, m *making, v *version, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.making, k)
	if err == nil {
		l.versions[k] = v
	}
	m.err, m.gaveUp = err, ctx.Err() != nil
	close(m.done)
}

// forget takes a version off the books that nobody holds any more.
func (l *live) forget(v *version) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.versions[v.key] == v {
		delete(l.versions, v.key)
	}
}

// obtain finds or makes the version of a source, and takes a reference to it. Fresh
// tells that it was not live when it was asked for.
func (e *Engine) obtain(ctx context.Context, s Source) (v *version, fresh bool, err error) {
	k := s.key()
	for {
		v, m, mine := e.live.find(k)
		if v != nil {
			return v, fresh, nil
		}
		fresh = true
		if mine {
			v, err := e.makeFor(ctx, s, k, m)
			return v, fresh, err
		}
		select {
		case <-m.done:
		case <-ctx.Done():
			return nil, false, fmt.Errorf("wait for the compiler: %w", ctx.Err())
		}
		if m.err != nil && !m.gaveUp {
			return nil, false, m.err
		}
	}
}

// makeFor makes a version for all who wait for it, who hear of its end whatever happens.
func (e *Engine) makeFor(ctx context.Context, s Source, k versionKey, m *making) (v *version, err error) {
	err = errors.New("it could not be made")
	defer func() { e.live.made(ctx, k, m, v, err) }()
	v, err = e.make(ctx, s, k)
	return v, err
}

// make compiles a source. Modules are fetched at any time and compiled one at a time:
// a compiler takes much memory, and every processor that it is given.
func (e *Engine) make(ctx context.Context, s Source, k versionKey) (*version, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	select {
	case e.compiling <- struct{}{}:
		defer func() { <-e.compiling }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the compiler: %w", ctx.Err())
	}
	p, err := inspect(s, e.config)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	v, err := openVersion(ctx, p, k, e.deps, e.config, e.budget)
	if err != nil {
		return nil, err
	}
	v.log.InfoContext(ctx, "plugin loaded", "hooks", v.hooks, "duration_ms", time.Since(began).Milliseconds(),
		"memory_bytes", v.snapshot.size)
	return v, nil
}

// letGo drops one reference to each version and frees those that nobody else has.
func (e *Engine) letGo(versions ...*version) (freed []*version) {
	for _, v := range versions {
		if v.release() {
			e.live.forget(v)
			v.free()
			freed = append(freed, v)
		}
	}
	return freed
}
