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
package release
