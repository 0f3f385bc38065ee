// Package shape reads the Go source of hostapi: its types, the comments that
// explain them, the values of its enumerations. The generators beside it write
// JSON Schemas and codecs from that, so that hostapi itself needs no reflection
// and the three can never say different things.
package shape
