package plugins

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
)

// The names of the span and its attributes are those of core/signal.
const (
	spanCall    = "plugin.call"
	attrPlugin  = attribute.Key("usher.plugin.name")
	attrVersion = attribute.Key("usher.plugin.version")
	attrDigest  = attribute.Key("usher.plugin.digest")
	attrHook    = attribute.Key("usher.hook")
	attrOutcome = attribute.Key("usher.outcome")
	attrFuel    = attribute.Key("usher.plugin.fuel")
)

// spanOptions are what each call's span begins with, made once for each hook.
func (v *version) spanOptions() map[hostapi.Hook]trace.SpanStartOption {
	options := make(map[hostapi.Hook]trace.SpanStartOption, len(v.hooks))
	for _, h := range v.hooks {
		options[h] = trace.WithAttributes(
			attrPlugin.String(v.name), attrVersion.String(v.label), attrDigest.String(v.digest), attrHook.String(string(h)))
	}
	return options
}

func (e *Engine) startSpan(ctx context.Context, v *version, h hostapi.Hook) (context.Context, trace.Span) {
	return e.deps.Tracer.Start(ctx, spanCall, v.spans[h])
}

// report ends the span of a call and tells the observer.
func (e *Engine) report(ctx context.Context, span trace.Span, o Observation, err error) {
	outcome := string(o.Outcome)
	if f, ok := errors.AsType[*Failure](err); ok {
		o.Failure = f.Kind
		outcome = string(f.Kind)
		span.SetStatus(codes.Error, outcome)
	}
	if span.IsRecording() {
		span.SetAttributes(attrOutcome.String(outcome), attrFuel.Int64(o.Fuel))
	}
	span.End()
	if e.deps.Observe != nil {
		e.deps.Observe(ctx, o)
	}
}

// traceparent writes a span context as W3C Trace Context does; empty when there is none.
func traceparent(s trace.SpanContext) string {
	if !s.IsValid() {
		return ""
	}
	b := make([]byte, 0, 55)
	b = append(append(b, "00-"...), s.TraceID().String()...)
	b = append(append(b, '-'), s.SpanID().String()...)
	b = append(append(b, '-'), s.TraceFlags().String()...)
	return string(b)
}
