package telemetry

import "unsafe"

//go:wasmimport usher:telemetry/v1 metric
func metric(request unsafe.Pointer, n int32) int64

//go:wasmimport usher:telemetry/v1 span_start
func spanStart(request unsafe.Pointer, n int32) int64

//go:wasmimport usher:telemetry/v1 span_end
func spanEnd(request unsafe.Pointer, n int32) int64
