package abi

import (
	"unsafe"

	"github.com/usher-id/usher/hostapi"
)

// Host is what the host lends to a call.
type Host interface {
	InputLen() int
	// InputRead fills dst from the envelope at off and gives the number of bytes.
	InputRead(dst []byte, off int) int
	// OutputWrite appends to the output; false when it would outgrow its limit.
	OutputWrite(b []byte) bool
	Log(level int32, line string)
	Fail(reason string)
	NowMS() int64
	DeadlineMS() int64
	// Random fills b, at most hostapi.MaxRandom bytes; false when there are more.
	Random(b []byte) bool
	// Use asks a capability and gives its answer, which is a [hostapi.Refusal] unless
	// the status is that of success.
	Use(i Import, request []byte) (hostapi.Result, string)
}

// Import is a function of a capability. Each is imported by a package of its own, so
// that a guest that does not use it does not import it.
type Import struct {
	Module, Name string
	// Call is the imported function: where the request is, and its length. Nil
	// outside of a guest.
	Call func(unsafe.Pointer, int32) int64
}

// ReadInput reads the whole envelope.
func ReadInput(h Host) string {
	b := make([]byte, h.InputLen())
	b = b[:h.InputRead(b, 0)]
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // nobody writes to b any more
}
