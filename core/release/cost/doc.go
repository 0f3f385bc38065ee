// Package cost says what a version of a plugin costs: one [Card] for each digest, filled by the probe that tries a
// version before it serves and by production, and the gate that compares two of them before a version is promoted.
//
//	histogram.go  time of a call, in fixed buckets that merge by addition
//	card.go       the card: time, fuel, memory, calls out, size
//	compare.go    what got worse, in words; nothing is worse that nobody would notice
//
// Everything here is a value: no clock, no database, no locks. Who measures (the plugin runtime) counts into a
// histogram of its own under its own lock or atomics, with [Bucket]; who stores keeps the JSON of a card.
// Package guard watches a candidate while it runs beside its predecessor; this one compares what both cost in the end.
package cost
