package otlptest_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core/telemetry"
	"github.com/usher-id/usher/tests/otlptest"
)

func send(t *testing.T, to *otlptest.Receiver, work func(trace.Tracer) string) []otlptest.Span {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tel, err := telemetry.Start(ctx, telemetry.Deps{Log: slog.New(slog.DiscardHandler)},
		telemetry.Config{Endpoint: to.URL(), SampleRatio: 1})
	if err != nil {
		t.Fatal(err)
	}
	traceID := work(tel.Tracer())
	if err := tel.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	spans, err := to.WaitSpans(ctx, traceID, "POST /v1/signups", "sql")
	if err != nil {
		t.Fatal(err)
	}
	return spans
}

func TestTreeOfOneTrace(t *testing.T) {
	t.Parallel()
	to := otlptest.New(t)
	spans := send(t, to, func(tracer trace.Tracer) string {
		ctx, request := tracer.Start(t.Context(), "POST /v1/signups", trace.WithSpanKind(trace.SpanKindServer))
		_, hook := tracer.Start(ctx, "hook")
		hook.SetStatus(codes.Error, "denied")
		hook.End()
		inner, signup := tracer.Start(ctx, "signup")
		_, sql := tracer.Start(inner, "sql", trace.WithAttributes(attribute.Int("rows", 3)))
		sql.End()
		signup.End()
		request.End()
		return request.SpanContext().TraceID().String()
	})
	var b strings.Builder
	if err := otlptest.Tree(&b, spans); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"4 spans", "\nPOST /v1/signups ", "server", "\n├─ hook ", "ERROR denied", "\n└─ signup ", "\n   └─ sql ", "rows=3",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if !to.Contains("POST /v1/signups") || to.Contains("a canary") {
		t.Error("Contains does not tell what was sent")
	}
}

func TestWaitTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := otlptest.New(t).WaitSpans(ctx, "", "never")
	if err == nil || !strings.Contains(err.Error(), "missing never") {
		t.Errorf("error %v", err)
	}
}
