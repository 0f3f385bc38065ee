package plugins

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// budget bounds the instances that all pools have beyond their first.
type budget struct {
	most int64
	used atomic.Int64
}

func (b *budget) take() bool {
	if b.used.Add(1) > b.most {
		b.used.Add(-1)
		return false
	}
	return true
}

func (b *budget) give() { b.used.Add(-1) }

type poolConfig struct {
	most      int
	idleAfter time.Duration
	timeout   time.Duration        // of making one instance
	restore   func(*instance) bool // after an instance was kept for a tenant; nil where none are kept
}

// keptCalls is how many calls of its tenant an instance serves before it is restored, or replaced where it grew, all the same.
const keptCalls = 1000

// pool owns the instances of one version. A caller takes one, or waits for one;
// instances are made, restored and closed in the background, never by a caller.
// It is safe for concurrent use.
type pool struct {
	config poolConfig
	build  func(context.Context) (*instance, error)
	budget *budget
	log    *slog.Logger
	shares *shares
	ready  chan *instance // room for all that may live, so that sending never blocks
	work   sync.WaitGroup
	idle   *time.Timer

	waiting atomic.Int64 // callers that wait for an instance

	mu     sync.Mutex
	live   int                    // ready, kept, in use, or being made
	kept   map[string][]*instance // by the tenant whose calls they served and were not restored after
	closed bool
}

func newPool(c poolConfig, build func(context.Context) (*instance, error), b *budget, log *slog.Logger) *pool {
	p := &pool{config: c, build: build, budget: b, log: log, shares: newShares(c.most), ready: make(chan *instance, c.most)}
	p.idle = time.AfterFunc(time.Hour, p.trim)
	p.idle.Stop()
	return p
}

// fill makes the instance that is kept warm.
func (p *pool) fill(ctx context.Context) error {
	i, err := p.build(ctx)
	if err != nil {
		return err
	}
	p.live = 1
	p.ready <- i
	return nil
}

// get takes an instance for a call of a tenant, which may be none, waiting until the
// deadline as long as the context allows. It gives nil when none became free. While one
// is free, or is as soon as others have had their turn, it makes no context and no timer.
func (p *pool) get(ctx context.Context, tenant string, deadline time.Time) *instance {
	if i := p.try(tenant); i != nil {
		return i
	}
	runtime.Gosched() // on a core of one's own the resets come to run, which is cheaper than to wait with a timer
	if i := p.try(tenant); i != nil {
		return i
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	own, ok := p.shares.enter(ctx, tenant)
	if !ok {
		return nil
	}
	i := p.take(ctx)
	if i == nil {
		p.shares.leave(own)
		return nil
	}
	i.share, i.tenant = own, tenant
	return i
}

// try is get without waiting.
func (p *pool) try(tenant string) *instance {
	own, ok := p.shares.try(tenant)
	if !ok {
		return nil
	}
	if i := p.unkeep(tenant); i != nil {
		i.share = own
		return i
	}
	select {
	case i := <-p.ready:
		i.share, i.tenant = own, tenant
		return i
	default:
		p.shares.leave(own)
		return nil
	}
}

func (p *pool) take(ctx context.Context) *instance {
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	if !p.release() {
		p.grow()
	}
	select {
	case i := <-p.ready:
		return i
	case <-ctx.Done():
		return nil
	}
}

// put gives an instance back. It is restored with restore, or replaced when
// that fails; until then it counts as its tenant's.
func (p *pool) put(i *instance, restore func(*instance) bool) {
	own := i.share
	i.share = nil
	p.work.Go(func() {
		defer p.shares.leave(own)
		if restore(i) {
			p.ready <- i
			p.idle.Reset(p.config.idleAfter)
			return
		}
		i.close()
		p.make()
	})
}

// keep takes an instance back as its call left it, for calls of its tenant and no other's. While somebody waits
// nothing is kept: it is false then, and the instance is the caller's to put.
func (p *pool) keep(i *instance) bool {
	own := i.share
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Load() > 0 || p.closed {
		return false
	}
	if p.kept == nil {
		p.kept = map[string][]*instance{}
	}
	i.share = nil
	p.kept[i.tenant] = append(p.kept[i.tenant], i)
	p.shares.leave(own)
	p.idle.Reset(p.config.idleAfter)
	return true
}

// unkeep gives an instance that was kept for a tenant, or nil.
func (p *pool) unkeep(tenant string) *instance {
	if p.config.restore == nil || tenant == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pop(tenant)
}

func (p *pool) pop(tenant string) *instance {
	own := p.kept[tenant]
	if len(own) == 0 {
		return nil
	}
	i := own[len(own)-1]
	if p.kept[tenant] = own[:len(own)-1]; len(own) == 1 {
		delete(p.kept, tenant)
	}
	return i
}

// release has an instance that is kept for some tenant restored for whoever waits; false when there is none.
func (p *pool) release() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for tenant := range p.kept {
		p.restore(p.pop(tenant))
		return true
	}
	return false
}

// restore makes a kept instance ready for anybody.
func (p *pool) restore(i *instance) {
	p.work.Go(func() {
		if p.config.restore(i) {
			p.ready <- i
			p.idle.Reset(p.config.idleAfter)
			return
		}
		i.close()
		p.make()
	})
}

// grow starts making one more instance when the bounds allow it.
func (p *pool) grow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live >= p.config.most || (p.live > 0 && !p.budget.take()) {
		return
	}
	p.live++
	p.work.Go(p.make)
}

// make builds an instance that is already counted as live.
func (p *pool) make() {
	ctx, cancel := context.WithTimeout(context.Background(), p.config.timeout)
	defer cancel()
	i, err := p.build(ctx)
	if err != nil {
		p.log.Error("plugin instance lost", "error", err)
		p.forget()
		return
	}
	p.ready <- i
	p.idle.Reset(p.config.idleAfter)
}

// forget takes an instance off the books.
func (p *pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live--; p.live > 0 {
		p.budget.give()
	}
}

// trim gives up instances that an idle plugin does not need.
func (p *pool) trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for tenant := range p.kept {
		for i := p.pop(tenant); i != nil; i = p.pop(tenant) {
			p.restore(i)
		}
	}
	for !p.closed && p.live > 1 {
		select {
		case i := <-p.ready:
			i.close()
			p.live--
			p.budget.give()
		default:
			return
		}
	}
}

// size tells how many instances live.
func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live
}

// close waits for the background work and closes every instance. No instance
// may be in use.
func (p *pool) close() {
	p.work.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.idle.Stop()
	for tenant := range p.kept {
		for i := p.pop(tenant); i != nil; i = p.pop(tenant) {
			p.ready <- i // there is room for all that live
		}
	}
	for p.live > 0 {
		select {
		case i := <-p.ready:
			i.close()
			if p.live--; p.live > 0 {
				p.budget.give()
			}
		default:
			return
		}
	}
}
