package signal_test

import (
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core/signal"
)

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTraceparentThereAndBack(t *testing.T) {
	t.Parallel()
	ctx := signal.Extract(t.Context(), traceparent)
	if got := signal.Inject(ctx); got != traceparent {
		t.Errorf("came back as %q", got)
	}
	if got := signal.TraceID(ctx); got != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("trace id %q", got)
	}
	if link := signal.Link(traceparent); link.SpanContext.SpanID().String() != "00f067aa0ba902b7" {
		t.Errorf("link to %v", link.SpanContext.SpanID())
	}
}

func TestBadTraceparentChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := signal.Extract(t.Context(), traceparent)
	for _, bad := range []string{"", "x", "00-0-0-01", traceparent + "-more", "ff" + traceparent[2:]} {
		if got := signal.Inject(signal.Extract(ctx, bad)); got != traceparent {
			t.Errorf("Extract(%q) left %q", bad, got)
		}
		if signal.Link(bad).SpanContext.IsValid() {
			t.Errorf("Link(%q) is valid", bad)
		}
	}
	if got := signal.Inject(trace.ContextWithSpanContext(t.Context(), trace.SpanContext{})); got != "" {
		t.Errorf("no span gives %q", got)
	}
}
