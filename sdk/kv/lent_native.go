//go:build !wasip1

package kv

import "unsafe"

// Outside of a guest nothing is imported: package sdktest plays the capability.
var get, put, remove func(unsafe.Pointer, int32) int64 //nolint:gochecknoglobals // stand for imports
