// Package release keeps versions of plugins and decides which of them serve.
//
// # The registry
//
// A version is a module by the SHA-256 of its bytes, which never change; a name and a
// version never come back with others. [Registry] takes in what a [Judge] finds sound and
// signed, keeps who did what, and hands the bytes out again for one purpose, to be compiled:
//
//	push     read by the judge → signature verified → kept, with the act, in one commit
//	status   good ⇄ quarantined, and from both to revoked, for ever
//	fetch    bytes read once → hashed → judged again with the keys of now → the same bytes
//
// Whoever can write to the database can therefore keep a version from serving, but not have
// other code served than was signed. Package app implements the judge over package plugins;
// package store keeps the rows.
//
// # The ledger and the replicas
//
// A release is all of what the registry's plugins are at a time: versions, candidates,
// bindings. [Ledger] makes one from the one that serves, and its number decides between two who
// do so at once. [Replica] has a process serve what the ledger says; there is no
// coordinator, so nothing is lost with whoever dies:
//
//	preparing ──▶ every live replica says "ready" ──▶ serving ──▶ served, warm for a rollback
//	    │  ├─────▶ the first says so, of a release that waits for no other ──▶ serving
//	    │  └─────▶ one cannot, or of such a release nobody ──▶ failed: nothing changed anywhere
//	    └────────▶ a rollback, which waits for nobody ──▶ overtaken
//
// NOTIFY is a hint; what the ledger says when it is read is the truth, and it is read every
// second. A replica that serves a release with less than it has, because a candidate cannot be had,
// or with another configuration than is in force, says so and tries again. Package app puts a release and the configuration together for the engine.
package release
