// Package telemetry is the one place that knows the OpenTelemetry SDK: it starts
// the tracer and the meter, shows /metrics, sends spans and metrics to a
// collector when one is configured, and makes the logger.
//
//	telemetry.go  Start, Shutdown and what the other parts are given
//	traces.go     sampling and sending spans
//	metrics.go    the Prometheus page and sending metrics
//	delivery.go   a collector that is away: said once, never waited for
//	resource.go   who is talking
//	log.go        log lines that carry trace, tenant and request
//
// What is measured, and under which name, is package signal's; the parts take
// its instruments and a tracer and never import this package. Only package app
// does. Nothing here is global unless [Telemetry.Install] is called.
package telemetry
