package plugins

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
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
	attrMemory  = attribute.Key("usher.plugin.memory_bytes")
	attrOrder   = attribute.Key("usher.plugin.order")
	attrRole    = attribute.Key("usher.plugin.role")
	attrRelease = attribute.Key("usher.plugin.release")
)

// spanOptions are what the span of each call of an arm begins with, made once.
func (b *binding) spanOptions(a *arm) trace.SpanStartOption {
	return trace.WithAttributes(attrPlugin.String(a.version.name), attrVersion.String(a.version.label), attrDigest.String(a.version.digest),
		attrHook.String(string(b.Hook)), attrOrder.Int(b.order), attrRole.String(string(a.role)), attrRelease.Int64(a.release))
}

func (e *Engine) startSpan(ctx context.Context, a *arm) (context.Context, trace.Span) {
	return e.deps.Tracer.Start(ctx, spanCall, a.span)
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
		span.SetAttributes(attrOutcome.String(outcome), attrFuel.Int64(o.Fuel), attrMemory.Int64(o.Memory))
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
