package abi

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
}

// ReadInput reads the whole envelope into buf, which it grows when it must.
func ReadInput(h Host, buf []byte) []byte {
	n := h.InputLen()
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	return buf[:h.InputRead(buf[:n], 0)]
}
