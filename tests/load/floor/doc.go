// Package floor is what the pipeline is held against: the least that any server
// must do that keeps the same rows.
//
// A bare net/http handler for each step reads the body with encoding/json, makes ids,
// and sends one pgx batch of plain INSERT and UPDATE statements by primary key. The
// batch is one round trip and one transaction, so each step costs one commit, on the
// same Postgres, with the same schema, indexes and constraints, and as many
// connections as the host's own pool for these steps.
//
// The rows are those that the host commits in the request, column for column: the
// message and the job too, which nobody works off here. What is left out is what the
// host is for: validation, plugins, rate of any kind, tokens that can be checked, who
// may do it, races, sessions that are signed, password hashing, mail, traces, metrics and
// log lines. What a step must know (ids of rows that it changes) comes in the request,
// because nobody looks it up. Page has no counterpart; Inspect is one SELECT of the
// token's row.
//
// The server runs in a process of its own, as the host does: [Serve] is that process,
// [Target] the other side of its wire.
package floor
