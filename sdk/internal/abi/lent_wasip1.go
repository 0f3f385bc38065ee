package abi

import (
	"unsafe"

	"github.com/usher-id/usher/hostapi"
)

//go:wasmimport usher:core/v1 input_len
func inputLen() int32

//go:wasmimport usher:core/v1 input_read
func inputRead(dst unsafe.Pointer, off, n int32) int32

//go:wasmimport usher:core/v1 output_write
func outputWrite(src unsafe.Pointer, n int32) int32

//go:wasmimport usher:core/v1 log
func logLine(level int32, ptr unsafe.Pointer, n int32)

//go:wasmimport usher:core/v1 fail
func fail(ptr unsafe.Pointer, n int32)

//go:wasmimport usher:core/v1 result_read
func resultRead(dst unsafe.Pointer, off, n int32) int32

//go:wasmimport usher:core/v1 now_ms
func nowMS() int64

//go:wasmimport usher:core/v1 deadline_ms
func deadlineMS() int64

//go:wasmimport usher:core/v1 random
func random(dst unsafe.Pointer, n int32) int32

// Lent gives the functions of the host that runs this guest.
func Lent() Host { return lent{} }

type lent struct{}

func (lent) InputLen() int { return int(inputLen()) }

func (lent) InputRead(dst []byte, off int) int {
	return int(inputRead(unsafe.Pointer(unsafe.SliceData(dst)), int32(off), int32(len(dst))))
}

func (lent) OutputWrite(b []byte) bool {
	return outputWrite(unsafe.Pointer(unsafe.SliceData(b)), int32(len(b))) >= 0
}

func (lent) Log(level int32, line string) {
	logLine(level, unsafe.Pointer(unsafe.StringData(line)), int32(len(line)))
}

func (lent) Fail(reason string) { fail(unsafe.Pointer(unsafe.StringData(reason)), int32(len(reason))) }

func (lent) NowMS() int64 { return nowMS() }

func (lent) DeadlineMS() int64 { return deadlineMS() }

func (lent) Random(b []byte) bool {
	return random(unsafe.Pointer(unsafe.SliceData(b)), int32(len(b))) >= 0
}

func (lent) Use(i Import, request []byte) (hostapi.Result, string) {
	result := hostapi.Result(i.Call(unsafe.Pointer(unsafe.SliceData(request)), int32(len(request))))
	b := make([]byte, result.Length())
	n := resultRead(unsafe.Pointer(unsafe.SliceData(b)), 0, int32(len(b)))
	return result, unsafe.String(unsafe.SliceData(b), int(n))
}
