// Package e2e has the tests that run the real host, as a process with everything that
// it has in front of an operator, from a person's signup to what a grep finds on disk.
//
//	quickstart   the README's commands, literally
//	pipeline     every call, its answers held against the OpenAPI document
//	errors       every row of the error table
//	plugins      every answer and every failure of plugins where people are let in
//	page         a phone, from the mail to the active account, and mail scanners
//	trace        one story in one trace
//	secrets      no token at rest
//	faults       database, mail server, signals, crashes, two clicks at once
//	reload       configuration and command line
//	metrics      what /metrics says after a known flow
//	events       what the outbox says after a flow that does everything
//
// What one package promises is tested beside that package.
package e2e
