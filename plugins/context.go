package plugins

import (
	"context"
	"time"

	"github.com/usher-id/usher/hostapi/host"
)

// callContext is the context of a call in flight: it carries the call to the
// functions of the host and ends with its deadline. An instance uses the same one
// for call after call, so that a call makes none, as long as nobody asked it when
// it is done; whoever did, a transport for example, may hold on to it.
type callContext struct {
	context.Context

	instance *instance
	timed    context.Context // once somebody has asked; then it is not used again
	cancel   context.CancelFunc
}

type instanceKey struct{}

// Value gives the instance or the call, or else what the caller's context has.
func (c *callContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.instance
	}
	if host.IsCallKey(key) {
		return &c.instance.call
	}
	return c.Context.Value(key)
}

// Deadline is that of the call, or the caller's where that comes first.
func (c *callContext) Deadline() (time.Time, bool) {
	d, ok := c.Context.Deadline()
	if own := c.instance.call.Deadline; !own.IsZero() && (!ok || own.Before(d)) {
		return own, true
	}
	return d, ok
}

// Done starts a timer when it is first asked for, which most calls never do: a
// guest's time is looked at on its ticks. The first to ask must be the goroutine
// of the call.
func (c *callContext) Done() <-chan struct{} {
	if c.timed == nil {
		if d, ok := c.Deadline(); ok {
			c.timed, c.cancel = context.WithDeadline(c.Context, d)
		} else {
			c.timed, c.cancel = context.WithCancel(c.Context)
		}
	}
	return c.timed.Done()
}

// Err says why it is done.
func (c *callContext) Err() error {
	if c.timed != nil {
		return c.timed.Err()
	}
	return c.Context.Err()
}

// in gives the context to call the guest with while the caller's is ctx. leave
// must be called after it.
func (i *instance) in(ctx context.Context) context.Context {
	if i.context == nil || i.context.timed != nil {
		i.context = &callContext{instance: i}
	}
	i.context.Context = ctx
	return i.context
}

// leave lets go of the caller's context, and of the timer if there is one.
func (i *instance) leave() {
	if i.context.timed != nil {
		i.context.cancel()
		return
	}
	i.context.Context = context.Background()
}
