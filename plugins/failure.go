package plugins

import (
	"fmt"

	"github.com/usher-id/usher/hostapi"
)

// Kind says how a guest call failed.
type Kind string

// The ways to fail. A denial is an answer and none of them.
const (
	Deadline      Kind = "deadline"         // it ran longer than it may
	Canceled      Kind = "canceled"         // the caller gave up
	Trap          Kind = "trap"             // it crashed, or exited
	Memory        Kind = "memory"           // it crashed after it was refused more memory
	Stack         Kind = "stack_exhausted"  // it nested calls deeper than it may
	Failed        Kind = "failed"           // it said itself that it could not answer
	TooLarge      Kind = "output_too_large" // it wrote more than it may
	InvalidOutput Kind = "invalid_output"   // its answer breaks the contract
	Exhausted     Kind = "pool_exhausted"   // no instance was free in time
	Tripped       Kind = "breaker_open"     // it was not asked: it had failed too often
	NotLoaded     Kind = "not_loaded"       // the engine is closed
)

// Failure is the error of a guest call. Detail is for the log: it is printable
// and bounded, and it may hold words of the guest.
type Failure struct {
	Kind    Kind
	Hook    hostapi.Hook
	Plugin  string
	Version string
	Detail  string

	cause error
}

// Error gives the words for the log.
func (f *Failure) Error() string {
	who := f.Plugin
	if f.Version != "" {
		who += " " + f.Version
	}
	if who == "" {
		who = "plugins"
	}
	if f.Detail == "" {
		return fmt.Sprintf("%s: %s: %s", who, f.Hook, f.Kind)
	}
	return fmt.Sprintf("%s: %s: %s: %s", who, f.Hook, f.Kind, f.Detail)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.cause }

// faulty tells whether a failure says that the guest is broken.
func (f *Failure) faulty() bool {
	switch f.Kind {
	case Canceled, Failed, Exhausted, Tripped, NotLoaded:
		return false
	default:
		return true
	}
}
