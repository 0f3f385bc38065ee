//go:build !wasip1

package telemetry

import "unsafe"

// Outside of a guest nothing is imported: package sdktest plays the capability.
var metric, spanStart, spanEnd func(unsafe.Pointer, int32) int64 //nolint:gochecknoglobals // stand for imports
