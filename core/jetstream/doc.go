// Package jetstream publishes events to NATS JetStream, for installations where more than one program follows all of
// them. It is a consumer of package event that takes events in bulk.
//
//	relay ──▶ Deliver ──▶ subject usher.events.TENANT.TYPE, Nats-Msg-Id the event's id ──▶ acknowledged ──▶ the place moves
//
// A message is published again when its acknowledgement was lost; the stream knows it by its id for as long as its
// window of duplicates is. Many are under way at once, each on the condition that the one before it was stored, so that
// none is ever before an earlier one. The stream is made when it is not there, and left as it is when it is.
//
// [Embedded] is a server within this process, without a port, for development.
package jetstream
