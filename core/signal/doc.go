// Package signal is what Usher tells its operators while it runs: the name of
// every metric, span and attribute, the instruments behind the metrics, and what
// a context carries from one step of a person's activation to the next.
//
//	names.go     every name, once: alerts, dashboards and tests read them here
//	outcomes.go  the closed lists of label values
//	signals.go   the instruments; one small typed method for each thing counted
//	scope.go     request id, tenant and "synthetic" in a context
//	trace.go     traceparent in and out of rows, jobs and mails
//
// A part takes a [*Signals] and a trace.Tracer in its Deps and calls them; it
// never builds a name or a label itself. Only the OpenTelemetry API is used here:
// package telemetry owns the SDK, the exporters and the /metrics page.
//
// Label values come from closed lists or from what an operator configured (a
// plugin, a job, a route template). An address, a token or a tenant's id is never
// one; they would also be far too many.
package signal
