// Package job works off what a commit left to be done: the mails, and lists of invitations. The queue
// is River's, in the same Postgres as the state, so that a job exists exactly when its
// commit does.
//
//	store    writes the job row in the commit of the state change
//	   │
//	Wake     a NOTIFY after the commit, many commits sharing one
//	   │
//	River    fetches jobs, a few statements however many there are; polls as a net
//	   │
//	worker   continues the request's trace, calls the Mailer, decides what follows
//
// # What follows a failure
//
// A job is at least once: what a Mailer does must bear being done twice. A
// failure may say how it wants to be treated, by having one of these methods:
//
//	Snooze() time.Duration   above 0: again after that, and the attempt does not count
//	Final() bool             true: no further attempt
//	AcceptedBy() string      not "": kept in the job's row and shown to the next attempt
//	Turn() time.Time         not zero: with Snooze, kept in the row, and the attempt is told that it had to wait
//	Backoff() time.Duration  after how long the first attempt is followed by the next
//
// Any failure that is not final is tried again, after its Backoff or 1 s at first and twice as
// long after each other attempt, up to 4 h: 25 attempts in about two days. A job whose process
// died is found as stuck after a few minutes and done again.
//
// A list of invitations is one job however long it is, in a queue of its own that no mail
// waits behind. It is worked off in stretches; its progress stands in the list's rows.
//
// # Workers
//
// There are as many as the backlog needs, between two bounds; see scale. How many tells [Client.Workers].
//
// Not here: what a mail is (package mail), the row (package store).
package job
