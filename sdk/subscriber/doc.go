// Package subscriber serves the hook event.deliver: a plugin takes the events of
// tenants, in their order, each at least once. Without an acknowledgement, or after an
// error, an event comes again.
package subscriber
