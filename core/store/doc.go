// Package store keeps the rows of Usher in Postgres. A file is a table or one
// commit of the pipeline; migrations/ is the schema.
//
// The paths that every activation takes (provision, invite, inspect, activate,
// and the mail job's look-up) are one statement each on a pgx pool: one round trip, one
// commit, and the database decides races by named constraints and conditional
// updates. Everything else goes through bun on a second pool, whose queries are
// never prepared, because bun writes values into the text.
//
// Store opens no transaction that a caller could keep open, calls no plugin and
// sends nothing. The duty that follows a commit is a job row that it writes in that commit;
// package job works it off.
package store
