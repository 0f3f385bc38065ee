package smtp

import (
	"context"
	"sync"
	"time"

	"github.com/usher-id/usher/core/mail"
)

// pool keeps a bounded number of connections. The one used last is used next, so
// that those beyond the need fall idle and are closed. Safe for concurrent use.
type pool struct {
	config Config
	slots  chan struct{} // one token for each connection in use

	mu     sync.Mutex
	idle   []*conn // oldest first
	reaper *time.Timer
	closed bool
}

func newPool(c Config) *pool {
	return &pool{config: c, slots: make(chan struct{}, c.Connections)}
}

// get waits for a slot and takes an idle connection, or dials. Give it back with put.
func (p *pool) get(ctx context.Context) (*conn, *mail.Failure) {
	if failure := p.slot(ctx); failure != nil {
		return nil, failure
	}
	if c := p.pop(); c != nil {
		return c, nil
	}
	return p.dial(ctx)
}

// fresh is get without the idle connections.
func (p *pool) fresh(ctx context.Context) (*conn, *mail.Failure) {
	if failure := p.slot(ctx); failure != nil {
		return nil, failure
	}
	return p.dial(ctx)
}

func (p *pool) slot(ctx context.Context) *mail.Failure {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return mail.Fail(mail.Busy, "connect", "", ctx.Err())
	}
}

func (p *pool) dial(ctx context.Context) (*conn, *mail.Failure) {
	c, failure := dial(ctx, p.config)
	if failure != nil {
		<-p.slots
		return nil, failure
	}
	return c, nil
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return c
}

// put gives a connection back; one that is broken, or no longer wanted, is closed.
func (p *pool) put(c *conn) {
	defer func() { <-p.slots }()
	if c.broken {
		c.cut()
		return
	}
	p.mu.Lock()
	if !p.closed {
		c.idle = time.Now()
		p.idle = append(p.idle, c)
		if p.reaper == nil {
			p.reaper = time.AfterFunc(p.config.Idle, p.reap)
		}
		c = nil
	}
	p.mu.Unlock()
	if c != nil {
		c.quit()
	}
}

// reap closes what has been idle for too long, and comes again while anything is
// left.
func (p *pool) reap() {
	old := time.Now().Add(-p.config.Idle)
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && !p.idle[n].idle.After(old) {
		n++
	}
	tired := append([]*conn(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	p.reaper = nil
	if len(p.idle) > 0 {
		p.reaper = time.AfterFunc(time.Until(p.idle[0].idle.Add(p.config.Idle)), p.reap)
	}
	p.mu.Unlock()
	for _, c := range tired {
		c.quit()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	if p.reaper != nil {
		p.reaper.Stop()
		p.reaper = nil
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.quit()
	}
}
