package signal

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const traceparentHeader = "traceparent"

// carrier is one W3C traceparent as a propagation.TextMapCarrier. Trace state is
// not kept: nothing of ours sets any.
type carrier struct{ traceparent string }

// Get implements [propagation.TextMapCarrier].
func (c *carrier) Get(key string) string {
	if key == traceparentHeader {
		return c.traceparent
	}
	return ""
}

// Set implements [propagation.TextMapCarrier].
func (c *carrier) Set(key, value string) {
	if key == traceparentHeader {
		c.traceparent = value
	}
}

// Keys implements [propagation.TextMapCarrier].
func (c *carrier) Keys() []string { return []string{traceparentHeader} }

// Inject returns the W3C traceparent of the span in ctx, to be kept in a row, a
// job or an event; "" when there is no span.
func Inject(ctx context.Context) string {
	var c carrier
	propagation.TraceContext{}.Inject(ctx, &c)
	return c.traceparent
}

// Extract returns a context whose next span continues the trace of traceparent,
// for work that the same story does later. A traceparent that is empty or broken
// leaves ctx as it is.
func Extract(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, &carrier{traceparent})
}

// Link returns a link to the span of traceparent, for a trace of its own that
// belongs to the same story: the click, days after the invitation. The link to an
// empty or broken traceparent is invalid and dropped by the tracer.
func Link(traceparent string) trace.Link {
	ctx := Extract(context.Background(), traceparent)
	return trace.Link{SpanContext: trace.SpanContextFromContext(ctx)}
}

// TraceID returns the trace id of the span in ctx in hex, or "".
func TraceID(ctx context.Context) string {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		return sc.TraceID().String()
	}
	return ""
}
