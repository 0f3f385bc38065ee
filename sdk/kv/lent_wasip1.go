package kv

import "unsafe"

//go:wasmimport usher:kv/v1 get
func get(request unsafe.Pointer, n int32) int64

//go:wasmimport usher:kv/v1 put
func put(request unsafe.Pointer, n int32) int64

//go:wasmimport usher:kv/v1 delete
func remove(request unsafe.Pointer, n int32) int64
