// Package cli is the command line: a file is a subcommand. It reads flags and
// writes for people; what a command does is package app's, or for a command that
// asks a running host, the operator API's.
package cli
