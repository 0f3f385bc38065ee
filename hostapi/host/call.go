package host

import (
	"context"
	"errors"
	"time"
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

	// Substitutions are put into the body of each fetch, and taken out of its answer.
	Substitutions []Substitution
	Substituted   int // fetches that left with at least one

	Fuel       int64  // what the guest spent, as far as it was counted
	Stopped    bool   // it was aborted: its time was up, or its caller had gone
	Overflowed bool   // the output would have outgrown OutputMax
	Failure    string // what the guest said with fail, printable
}

type callKey struct{}

// With gives a context that carries the call to the host functions.
func With(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
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
