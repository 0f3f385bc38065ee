package secret

import "unsafe"

//go:wasmimport usher:secret/v1 hmac
func hmac(request unsafe.Pointer, n int32) int64
