package host

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
)

// ErrBadPointer is the cause of a call that named bytes outside of its memory.
var ErrBadPointer = errors.New("the guest pointed outside of its memory")

// errNoCall is the cause when a guest calls the host while no call is in
// flight, as a start function may try.
var errNoCall = errors.New("the guest called the host outside of a call")

// errStopped is the cause when the host aborts a guest.
var errStopped = errors.New("the guest was stopped")

// maxFailure bounds the reason that a guest gives for failing, in bytes.
const maxFailure = 1024

// Call is one call of a guest as the host functions see it. It belongs to one
// goroutine.
type Call struct {
	Input     []byte
	Output    []byte // grows with output_write, up to OutputMax bytes
	OutputMax int
	Result    []byte // the last capability's answer
	Now       time.Time
	Deadline  time.Time
	Journal   *Journal

	// Live is false in a rehearsal: every capability then answers [hostapi.ReasonRehearsal]
	// and does nothing.
	Live      bool
	Hook      hostapi.Hook
	Tenant    string // id, empty before there is one
	CallsOut  int    // how many are left
	ResultMax int    // bytes of one answer of a capability
	// Substitutions are put into the body of each fetch, and taken out of its answer.
	Substitutions []Substitution
	Substituted   int // fetches that left with at least one
	// Exchange stands in for the network when it is not nil: fixtures. The request was checked, and
	// has neither secrets nor substitutions in it. An error that is a [hostapi.Refusal] is what the guest is told.
	Exchange func(context.Context, hostapi.HTTPRequest) (hostapi.HTTPResponse, error)

	// Record takes what the host answers; nil for none.
	Record *Tape
	// Play stands in for all capabilities when it is not nil: nothing is done.
	Play *Playback
	// Instead are asked in the place of those that the version was lent; nil for those.
	Instead *Capabilities

	Egress     int64  // bytes of bodies that left and came back
	Fuel       int64  // what the guest spent, as far as it was counted
	Stopped    bool   // it was aborted: its time was up, or its caller had gone
	Overflowed bool   // the output would have outgrown OutputMax
	Failure    string // what the guest said with fail, printable

	metrics int          // reported so far
	begun   int          // spans, so far
	spans   []trace.Span // begun and not ended, the last one innermost
}

// End closes the journal and the spans that the guest left open. The call is over then.
func (c *Call) End() {
	for len(c.spans) > 0 {
		c.endSpan(false)
	}
	c.Journal.Close()
}

// callOut takes one use of what leaves the process from the budget.
func (c *Call) callOut() *refusal {
	if c.CallsOut <= 0 {
		return over(hostapi.ReasonCalls, "the limit calls_out of this call is used up")
	}
	c.CallsOut--
	return nil
}

type callKey struct{}

// With gives a context that carries the call to the host functions.
func With(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// IsCallKey tells whether [CallOf] asks a context for its call with that key, so
// that a context of the caller's own can carry one without being wrapped.
func IsCallKey(key any) bool {
	_, ok := key.(callKey)
	return ok
}

// CallOf gives the call that the context carries. It aborts the guest, by a
// panic that the runtime turns into the error of the call, when there is none,
// when its deadline has passed, or when the context is done: every function of
// the host begins with it.
func CallOf(ctx context.Context) *Call {
	c, ok := ctx.Value(callKey{}).(*Call)
	if !ok {
		panic(errNoCall)
	}
	if ctx.Err() != nil || (!c.Deadline.IsZero() && !time.Now().Before(c.Deadline)) {
		c.Stopped = true
		panic(errStopped)
	}
	return c
}
