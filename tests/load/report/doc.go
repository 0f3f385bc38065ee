// Package report makes figures of durations, tables of figures, and says which of the
// targets are reached. It measures nothing.
package report
