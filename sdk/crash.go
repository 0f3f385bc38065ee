package sdk

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/usher-id/usher/sdk/internal/abi"
)

// tellOfPanic is deferred around a handler: it says to the host what the panic was and where, and lets it go on, so that
// the call ends as a crash and not as an answer.
func tellOfPanic(h abi.Host) {
	if v := recover(); v != nil {
		h.Fail("panic: " + textOf(v) + placeOfPanic())
		panic(v)
	}
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case error:
		return v.Error()
	case interface{ String() string }:
		return v.String()
	}
	return "of a value without a text"
}

// placeOfPanic is the line of the innermost function that is not the runtime's.
func placeOfPanic() string {
	var callers [16]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])]) // beyond Callers, this, and tellOfPanic
	for {
		frame, more := frames.Next()
		if frame.File != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			return " at " + frame.File + ":" + strconv.Itoa(frame.Line)
		}
		if !more {
			return ""
		}
	}
}
