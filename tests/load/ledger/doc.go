// Package ledger asks Postgres what the steps cost it, and in the end whether what was
// promised is in the tables.
//
// Statements are counted by pg_stat_statements, transactions that write by the
// server's transaction ids, both for the whole server: one side of a comparison must be
// quiet while the other is measured. The counting runs on a database of its own.
package ledger
