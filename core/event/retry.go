package event

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Hour
)

// backoff is how long an event waits after that many attempts: what the consumer asked
// for, or twice as long each time. A fifth of it is chance, so that the events which
// failed together do not come back together.
func backoff(attempts int, err error) time.Duration {
	if f, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok && f.RetryAfter() > 0 {
		return f.RetryAfter()
	}
	d := lastRetry
	if shift := max(attempts, 1) - 1; shift < 12 { // 1 s << 12 is above the last
		d = firstRetry << shift
	}
	return d - d/10 + rand.N(d/5)
}

// givesUp tells whether a consumer wants an event never again by itself.
func givesUp(err error) bool {
	f, ok := errors.AsType[interface {
		error
		GivesUp() bool
	}](err)
	return ok && f.GivesUp()
}

func (f *feed) startSpan(ctx context.Context, e core.OutboxEvent) (context.Context, trace.Span) {
	return f.relay.deps.Tracer.Start(ctx, signal.SpanEventDeliver, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		signal.AttrConsumer.String(f.lease.Consumer), signal.AttrEventType.String(string(e.Type)),
		signal.AttrEventID.String(e.ID.String()), signal.AttrJobAttempt.Int(e.Attempts+1)))
}

func endSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
