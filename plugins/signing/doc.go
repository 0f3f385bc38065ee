// Package signing says who vouches for a plugin. A [Statement] names a module by the digest
// of its bytes, and what it may be taken for: name, version, hooks, capabilities with the
// origins it speaks to, and the time for which that is good. An [Envelope] carries the
// statement's exact bytes with Ed25519 signatures (RFC 8032) over the pre-authentication
// encoding of DSSE, which binds the kind of the payload to its bytes so that neither can be
// read as another:
//
//	https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
//
// What is signed is the bytes as they are; nothing is normalised before it is verified.
// Verifying compares every member with what the module itself says, which the caller found
// out by [Facts]. It needs no engine, no network and no clock of its own.
//
// Which keys are trusted is the caller's to say: with two at once, one can be replaced.
package signing
