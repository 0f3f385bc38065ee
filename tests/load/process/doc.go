// Package process starts the servers that are measured, each a process of its own,
// and reads from /proc what they use of the machine. Where there is no /proc (macOS) usage is
// zero, which reports show as not measured.
package process
