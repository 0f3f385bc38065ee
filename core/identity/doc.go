// Package identity knows who somebody is: it hashes and checks passwords, starts,
// renews and ends sessions, and signs and reads access tokens.
//
//	sign-in    password checked, or a dummy of the same cost → session row, event
//	claims     plugins asked what a token says besides, before its session is committed or
//	           its refresh token spent; nobody bound, nothing read
//	refresh    one conditional UPDATE on (session, generation); an old generation
//	           that comes back ends the session
//	external   a continuation sealed into the browser; back from the provider, the
//	           provider's name for the person → account → session row, event
//	request    a link for sign-in or for a new password: token, message and job in
//	           one commit, the same work for an address that nobody has
//
// A session is a row. A person holds two tokens of it: an access token, a JWT that
// every replica and every product reads by itself until it expires after some
// minutes, and a refresh token, which is derived from the row and good for once.
//
//	hasher.go, phc.go           passwords: argon2id behind a bounded queue
//	signing_keys.go, jwks.go    Ed25519 keys, sealed in the database, the same on all replicas
//	access_token.go, verified.go  access tokens made, read, and remembered as read
//	service.go and one file per use case
//
// It sends no mail (a job row in the commit does), runs no SQL (package store
// does) and knows nothing of HTTP. What a link of sign-in or reset leads to is the
// business of package activation, which asks [Service.Issue] for the session's tokens.
package identity
