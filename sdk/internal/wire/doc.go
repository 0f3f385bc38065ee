// Package wire reads what the host asks and writes what a guest answers: a function
// for each type of hostapi that crosses the border. A guest carries those that it
// uses. Everything but this comment is generated.
package wire

//go:generate go run ../../../hostapi/internal/generate codecs ../../../hostapi .
