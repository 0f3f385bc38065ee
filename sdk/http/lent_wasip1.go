package http

import "unsafe"

//go:wasmimport usher:http/v1 fetch
func fetch(request unsafe.Pointer, n int32) int64
