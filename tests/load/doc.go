// Command load measures the whole pipeline: `make bench`.
//
//	load client ──HTTP──▶ usher serve ──▶ Postgres (private, fsync on)
//	      ▲                    │ SMTP
//	      └── mailbox ◀────────┘
//	load client ──HTTP──▶ floor       ──▶ the same Postgres, another database
//
// It builds the host and its plugins, starts Postgres, a mail server and the host as a
// process of its own, and walks people through signup, verification of the owner,
// invitation, the page, inspect and activation: a phase for each step, with 1, 8 and
// 32 clients. First with activation.password off, then, with fewer people, required.
//
// # The floor
//
// What the figures are held against is the least that a server could do and keep the
// same rows: see package floor. Both sides are driven by the same client on the same
// machine and take turns step by step, A B A B, over some rounds, so that whatever else the
// machine does meets both. While one is measured the other is quiet: the host's turn
// ends when its mails have come and its jobs are done.
//
// The ratio of a step is the host's rate by the floor's; a rate is all answers of
// all rounds by the time from each round's first request to its last answer. The
// ratio of the whole pipeline is the floor's time for signup, verify, invite and
// activate by the host's time for the same steps and, after signup and invite, the
// wait until the last mail has reached its mailbox. Work of the host in the background,
// such as mails that leave while requests are served, is inside its time, as are the
// plugin's check of each signup, the signing of each session and the mail server's
// own work; the floor has none of them. Page and inspect change nothing and
// are shown apart.
//
// A mail's time is from when the client had the answer, which follows the commit, to
// the end of DATA. CPU time of a step with mail includes its mail. Statements are
// those of the measured database from pg_stat_statements; writes are transaction
// ids, so every transaction that wrote, mail's and jobs' included. Round trips, and
// what of all that belongs to the request itself, are counted in a pass of their own
// through a relay that reads the wire: see package wire.
//
// With passwords required the two activations hash one each, and the floor still does
// not. An answer of 503 to these two is the queue before hashing saying that it is full: it
// is counted as refused, not as failed, and who was refused takes no further step. Then
// comes a storm: 32 clients that hash as fast as they are let, while others sign
// up, invite and inspect at a fixed rate; what those wait is compared with the time before,
// and the host's peak of memory is that of the storm alone.
//
// At the end the database is asked whether it holds what the answers promised, no more
// and no less: package ledger.
//
// # What is not as in production
//
// All parts share one machine's processors: the figures are of a small machine under
// full load. Postgres has its private server's settings (package core/postgres), and
// checkpoints far apart, so that none falls on one side; before each number of
// clients the tables, which a round before the first has filled, are analyzed, as
// autovacuum would have done in time. Commits wait for the disk, whose speed
// is printed: on another disk the ratios are others. The host has its default
// configuration: every request is logged and traced; spans are sent nowhere.
package main
