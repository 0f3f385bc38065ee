// Package hostapi is the contract between the Usher host and a WebAssembly
// guest: the names, shapes and limits of ABI usher/v1, and nothing that runs.
// Guests compile it in, so it imports nothing but the standard library and stays
// clear of reflection.
//
// A guest is a core WebAssembly module. It exports its memory, optionally
// _initialize, and one function for each hook it serves:
//
//	host                                   guest
//	────                                   ─────
//	usher_signup_validate() ─────────────▶ the exported function of the hook
//	   input_len, input_read ◀──────────── pulls the Envelope, JSON
//	   output_write ◀───────────────────── pushes the Output, JSON
//	i32 ◀───────────────────────────────── 0, or 1 after fail(reason)
//
// Bytes cross by pulling and pushing, so a guest exports no allocator and the
// host pins nothing. The import section of a module is the list of what it can
// do: the core module is lent to everybody, and each capability is a module of
// its own, which the manifest requests and the operator grants.
//
// Package hostapi/host implements the functions, package plugins runs the
// guests, package sdk is the guest's side of the same contract. Changes within
// v1 only add.
//
// The same shapes as JSON Schemas stand in schema/, for guests in other languages.
package hostapi

//go:generate go run ./internal/generate schemas . schema
//go:generate go run ./internal/generate rust . ../sdk/rust/src/wire
//go:generate go run ./internal/generate typescript . ../sdk/typescript
//go:generate go run ./internal/generate cheader . ../sdk/c
//go:generate go run ./internal/generate reference . ../sdk/guide
