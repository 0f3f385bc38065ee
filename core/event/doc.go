// Package event relays what was committed. The rows that the pipeline wrote with each
// state change are read in the order of their commits and handed to consumers: each
// event at least once, those of one tenant in their order.
//
//	events ──▶ Relay ──▶ consumer: a plugin at event.deliver, or at tenant.provision
//	              │ not taken
//	              └────▶ parked, with the later events of that tenant ──▶ again, later
//
// A consumer's place is a row in the database, and one process at a time holds it by a
// lease, so any number of replicas may run relays. A consumer that is new begins with what
// is committed from then on. Trouble with one tenant's event holds up that tenant alone.
//
// Not here: who a consumer is (package app brings them), what a plugin is asked (package
// hook), the rows (package store). Streams and webhooks will be consumers too.
package event
