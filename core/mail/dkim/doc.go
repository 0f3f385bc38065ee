// Package dkim signs mails in the name of their sender's domain (RFC 6376), with RSA, Ed25519
// (RFC 8463) or both, and says what belongs into the DNS.
//
// A signature says the same in every attempt at a mail: its time is the mail's Date, not the
// clock's, so that a mail that is sent twice stays one mail, byte by byte. The library for
// mail authentication takes the clock, so signing is done here; the tests verify with it.
// Both canonicalizations are relaxed, as servers on the way change blanks.
//
// Not here: what a mail looks like and how it leaves (package smtp).
package dkim
