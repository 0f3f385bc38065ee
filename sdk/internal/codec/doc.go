// Package codec reads and writes JSON without reflection: in a guest
// encoding/json costs ten times as much and makes the module half again as big.
// The reader trusts the host for well-formed JSON as far as speed allows: on
// anything else it stops with [Reader.OK] false, it never panics.
package codec
