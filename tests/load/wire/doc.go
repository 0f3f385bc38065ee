// Package wire is a relay between the host and Postgres that counts what passes: how
// often somebody waits for an answer, which statements are executed, and which
// transactions end after one that wrote.
//
//	host ──unix socket──▶ Relay ──unix socket──▶ Postgres
//
// It reads the frontend/backend protocol 3.0 (PostgreSQL documentation, chapter 55) no
// further than that needs: Parse names a statement, Bind uses it, Query is one by
// itself, Sync or Query ask for a ReadyForQuery, which is one round trip.
//
// A connection that once carried a statement of the background is the background's
// from then on, so that BEGIN and COMMIT belong to somebody; pools do not mix the two.
// The relay costs time: it is for counting, never for timing.
package wire
