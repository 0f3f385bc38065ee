// Command keeper is a guest for tests that counts in its own entries how often it was
// asked, and answers with the count. It speaks the ABI without the SDK.
package main

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/usher-id/usher/hostapi"
)

//go:wasmimport usher:core/v1 output_write
func outputWrite(src unsafe.Pointer, n int32) int32

//go:wasmimport usher:core/v1 result_read
func resultRead(dst unsafe.Pointer, off, n int32) int32

//go:wasmimport usher:kv/v1 get
func kvGet(request unsafe.Pointer, n int32) int64

//go:wasmimport usher:kv/v1 put
func kvPut(request unsafe.Pointer, n int32) int64

func pass(s string) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.StringData(s)), int32(len(s))
}

func use(f func(unsafe.Pointer, int32) int64, request string) (hostapi.Status, string) {
	r := hostapi.Result(f(pass(request)))
	answer := make([]byte, r.Length())
	resultRead(unsafe.Pointer(unsafe.SliceData(answer)), 0, int32(len(answer)))
	return r.Status(), string(answer)
}

//go:wasmexport usher_signup_validate
func signupValidate() int32 {
	status, answer := use(kvGet, `{"key":"asked"}`)
	_, rest, _ := strings.Cut(answer, `"value":"`)
	digits, _, _ := strings.Cut(rest, `"`)
	count, _ := strconv.Atoi(digits)
	if status == hostapi.StatusOK || status == hostapi.StatusNotFound {
		count++
		status, _ = use(kvPut, `{"key":"asked","value":"`+strconv.Itoa(count)+`"}`)
	}
	outputWrite(pass(`{"outcome":"continue","data":{"metadata":{"status":"` + strconv.Itoa(int(status)) + `","asked":"` + strconv.Itoa(count) + `"}}}`))
	return hostapi.ReturnOK
}

func main() {}
