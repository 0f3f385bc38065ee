// Package host implements the functions that the Usher host lends to a guest
// (import module usher:core/v1), on wazero.
//
// The functions know one call at a time: a [Call], put into the context that the
// guest is called with. They reach nothing but the bytes of that call, a frozen
// clock, random bytes and a capped [Journal]. A pointer outside the guest's
// memory aborts the call with [ErrBadPointer]; so does any function when the
// call's deadline has passed or its context is done.
//
// Package hostapi says what the functions mean, package plugins runs the guests.
package host
