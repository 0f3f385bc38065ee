// Package codec writes the Go code that reads and writes the types of hostapi in a
// guest: without reflection, which costs a guest ten times as much. What guests are
// asked is read, what they answer is written, and one file is made for each file of
// hostapi.
package codec
