// Package replay asks a candidate what live calls asked of the version that serves, before anybody depends on it.
//
//	begin    the candidate is found; one replay runs at a time
//	prepare  the candidate and what serves are made on a stage of their own, beside what serves
//	ask      both, about the same redacted samples, with the answers of the host played to them
//	report   what they differ in, what could not be compared and why, what each cost
//
// Both are asked about what was redacted, so redaction itself is no difference. A replay goes on in the background
// while somebody asks how it is, and ends soon after nobody does.
//
// What it is not: it knows neither the runtime nor the database. Package app puts up the stage; package sample reads.
package replay
