package plugins

import (
	"context"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// ContextChecked gives the config of an engine that runs guests as they are,
// under wazero's own context check.
func ContextChecked(c Config) Config {
	c.contextCheck = true
	return c
}

// Unmetered gives the config of an engine that runs guests as they are, under nothing.
func Unmetered(c Config) Config {
	c.unmetered = true
	return c
}

// Compared gives the config of an engine that resets by comparing all memory.
func Compared(c Config) Config {
	c.compareMemory = true
	return c
}

// AppendFields is appendFields.
func AppendFields(object []byte, names []string) []byte { return appendFields(nil, object, names) }

// Warm is a memory of n pages that was restored to content, and is to be again.
type Warm struct {
	snapshot *snapshot
	linear   *linear
}

// NewWarm gives one whose reset asks the kernel what was written, or nil where
// the kernel does not tell.
func NewWarm(content []byte) *Warm {
	m := &Warm{takeSnapshot(content, nil, false), &linear{limit: 2 * len(content)}}
	m.linear.Reallocate(uint64(len(content)))
	if m.snapshot.image == nil || !m.snapshot.restore(m.linear, nil) {
		return nil
	}
	return m
}

// Bytes are the memory's.
func (m *Warm) Bytes() []byte { return m.linear.buf }

// Restore resets it.
func (m *Warm) Restore() bool { return m.snapshot.restore(m.linear, nil) }

// Close lets go of what it is restored from.
func (m *Warm) Close() { m.snapshot.close() }

// Held is an instance that a benchmark keeps for itself.
type Held struct {
	version  *version
	instance *instance
}

// Hold takes an instance of the first plugin of a hook out of its pool.
func (e *Engine) Hold(h hostapi.Hook) Held {
	v := e.current.Load().hooks[h][0].panels[0].serving.version
	return Held{v, v.pool.get(context.Background(), "", time.Now().Add(time.Minute))}
}

// Ask calls the guest, without a reset afterwards.
func (h Held) Ask(ctx context.Context, c Call) error {
	i := h.instance
	i.input = h.version.appendEnvelope(i.input[:0], envelope{hook: c.Hook, callID: "0", data: c.Data})
	return i.ask(ctx, c.Hook, host.Call{Input: i.input, OutputMax: h.version.limits.OutputBytes, Now: time.Now()})
}

// Reset restores the instance.
func (h Held) Reset() bool { return h.instance.restore(h.version.snapshot) }

// Release gives the instance back.
func (h Held) Release() {
	h.version.pool.put(h.instance, func(i *instance) bool { return i.restore(h.version.snapshot) })
}

// Breaker is one by itself.
type Breaker struct{ b *breaker }

// NewBreaker makes one that is closed.
func NewBreaker(c BreakerConfig) Breaker { return Breaker{newBreaker(c.withDefaults())} }

// Allow tells whether a call may be made.
func (b Breaker) Allow(now time.Time) bool { return b.b.allow(now) }

// Fail counts a failure.
func (b Breaker) Fail(now time.Time) bool { return b.b.fail(now) }

// Succeed counts a success.
func (b Breaker) Succeed() bool { return b.b.succeed() }

// Failures are those in a row.
func (b Breaker) Failures() int { return b.b.failures() }

// StackSize is how much native stack the instance's function of a hook has, in bytes.
func (h Held) StackSize(hook hostapi.Hook) int { return h.instance.hooks[hook].size() }

// MaxStack is the most that it may have, but for the last doubling.
const MaxStack = maxStack

// Cross calls the guest with nothing to read, without a reset afterwards.
func (h Held) Cross(ctx context.Context, hook hostapi.Hook) error {
	now := time.Now()
	return h.instance.ask(ctx, hook, host.Call{Now: now, Deadline: now.Add(time.Second)})
}

// AskWithin is Ask with a deadline.
func (h Held) AskWithin(ctx context.Context, c Call, wall time.Duration) error {
	i := h.instance
	i.input = h.version.appendEnvelope(i.input[:0], envelope{hook: c.Hook, callID: "0", data: c.Data})
	now := time.Now()
	return i.ask(ctx, c.Hook, host.Call{Input: i.input, OutputMax: h.version.limits.OutputBytes, Now: now, Deadline: now.Add(wall)})
}

// Drop gives an instance back that cannot be used again.
func (h Held) Drop() { h.version.pool.put(h.instance, func(*instance) bool { return false }) }
