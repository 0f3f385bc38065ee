package edge

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// startSpan begins the span of the request. A trusted proxy's trace is continued.
// Anyone else's is linked to a new trace: a stranger decides neither whether we
// sample nor into which trace our spans go.
func (c *Call) startSpan(ctx context.Context) (context.Context, trace.Span) {
	options := c.route.spanOptions
	if caller := c.Header("traceparent"); caller != "" {
		if c.edge.proxies.trusts(peerOf(c.http)) {
			ctx = signal.Extract(ctx, caller)
		} else {
			options = append(options[:len(options):len(options)], trace.WithLinks(signal.Link(caller)))
		}
	}
	options = append(options[:len(options):len(options)], trace.WithTimestamp(c.began))
	return c.edge.tracer.Start(ctx, c.route.spanName, options...)
}

// requestID takes the id that a trusted proxy gave, or makes one.
func (c *Call) requestID() string {
	if c.edge.proxies.trusts(peerOf(c.http)) {
		if id := c.Header("X-Request-Id"); id != "" && len(id) <= 64 && printable(id) {
			return id
		}
	}
	return core.NewID(c.began).String()
}

// printable tells whether there is nothing but printing ASCII.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
