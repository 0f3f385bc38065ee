// Package event relays what was committed. The rows that the pipeline wrote with each
// state change are read in the order of their commits and handed to consumers: each
// event at least once, those of one tenant in their order.
//
//	events ──▶ Relay ──▶ consumer: a plugin, an endpoint, NATS
//	              │ not taken
//	              └────▶ parked, with the later events of that tenant ──▶ again, later; or dead
//
// A consumer's place is a row in the database, and one process at a time holds it by a
// lease, so any number of replicas may run relays. A consumer that is new begins with what
// is committed from then on. Trouble with one tenant's event holds up that tenant alone.
//
// One [Tail] for a process reads what is committed as it comes, wakes those who want it, and tells the [Streams], which
// are readers that keep no place here: they say themselves where they were.
//
// schema.go says what the data of each type has.
//
// Not here: who a consumer is (package app brings them), what a plugin is asked (package
// hook), what an endpoint is sent (package webhook), NATS (package jetstream), the rows (package store).
package event
