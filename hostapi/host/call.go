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

	Overflowed bool   // the output would have outgrown OutputMax
	Failure    string // what the guest said with fail, printable
}

type callKey struct{}

// With gives a context that carries the call to the host functions.
func With(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *Call {
	c, ok := ctx.Value(callKey{}).(*Call)
	if !ok {
		panic(errNoCall)
	}
	return c
}
