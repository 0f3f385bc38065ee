//go:build !wasip1

package http

import "unsafe"

// Outside of a guest nothing is imported: package sdktest plays the capability.
var fetch func(unsafe.Pointer, int32) int64 //nolint:gochecknoglobals // stands for an import
