package hook

import "context"

// ErrOff is the failure of a hook whose plugins are switched off and that needs one.
var ErrOff = errOff

// Put asks as every hook does.
func (h *Hooks) Put(ctx context.Context, q Question) (Reply, error) { return h.ask(ctx, q) }
