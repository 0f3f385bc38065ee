package otlptest

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Span is one received span; ids are in hex.
type Span struct {
	TraceID, SpanID, ParentID string

	Name       string
	Kind       string // internal, server, client, producer, consumer
	Service    string
	Start, End time.Time
	Error      bool
	Message    string // of the status
	Attributes map[string]string
	Events     []string
	Links      []Link
}

// Link is a span of another trace that a span belongs to.
type Link struct{ TraceID, SpanID string }

// Duration is how long the span took.
func (s Span) Duration() time.Duration { return s.End.Sub(s.Start) }

// Spans returns the spans of one trace by their start; "" means those of all.
func (r *Receiver) Spans(traceID string) []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Span
	for _, s := range r.spans {
		if traceID == "" || s.TraceID == traceID {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return found
}

// WaitSpans waits until one trace ("" for any) has a span of each name, and
// returns all of its spans.
func (r *Receiver) WaitSpans(ctx context.Context, traceID string, names ...string) ([]Span, error) {
	var spans []Span
	var missing []string
	err := r.Wait(ctx, func() bool {
		spans = r.Spans(traceID)
		missing = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.ContainsFunc(spans, func(s Span) bool { return s.Name == name })
		})
		return len(missing) == 0 && len(spans) > 0
	})
	if err != nil {
		return spans, fmt.Errorf("trace %s has %d spans, missing %s: %w",
			traceID, len(spans), strings.Join(missing, ", "), err)
	}
	return spans, nil
}

// WaitLinked waits for a span of a name in any trace that links to the trace, and
// returns it: the click that belongs to an invitation.
func (r *Receiver) WaitLinked(ctx context.Context, name, toTraceID string) (Span, error) {
	var found Span
	err := r.Wait(ctx, func() bool {
		for _, s := range r.Spans("") {
			if s.Name == name && slices.ContainsFunc(s.Links, func(l Link) bool { return l.TraceID == toTraceID }) {
				found = s
				return true
			}
		}
		return false
	})
	return found, err
}

func newSpan(from *resourcepb.Resource, s *tracepb.Span) Span {
	span := Span{
		TraceID: hex.EncodeToString(s.GetTraceId()), SpanID: hex.EncodeToString(s.GetSpanId()),
		ParentID:   hex.EncodeToString(s.GetParentSpanId()),
		Name:       s.GetName(),
		Kind:       strings.ToLower(strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_")),
		Service:    attributesOf(from.GetAttributes())["service.name"],
		Start:      nanos(s.GetStartTimeUnixNano()),
		End:        nanos(s.GetEndTimeUnixNano()),
		Error:      s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
		Message:    s.GetStatus().GetMessage(),
		Attributes: attributesOf(s.GetAttributes()),
	}
	for _, e := range s.GetEvents() {
		span.Events = append(span.Events, e.GetName())
	}
	for _, l := range s.GetLinks() {
		span.Links = append(span.Links, Link{hex.EncodeToString(l.GetTraceId()), hex.EncodeToString(l.GetSpanId())})
	}
	return span
}

func nanos(n uint64) time.Time { return time.Unix(0, int64(n)) } //nolint:gosec // the wire's type, in range until 2262

func attributesOf(kv []*commonpb.KeyValue) map[string]string {
	m := make(map[string]string, len(kv))
	for _, a := range kv {
		m[a.GetKey()] = textOf(a.GetValue())
	}
	return m
}

func textOf(v *commonpb.AnyValue) string {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return x.StringValue
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprint(x.IntValue)
	case *commonpb.AnyValue_DoubleValue:
		return fmt.Sprint(x.DoubleValue)
	case *commonpb.AnyValue_BoolValue:
		return fmt.Sprint(x.BoolValue)
	case *commonpb.AnyValue_ArrayValue:
		items := make([]string, 0, len(x.ArrayValue.GetValues()))
		for _, item := range x.ArrayValue.GetValues() {
			items = append(items, textOf(item))
		}
		return strings.Join(items, ",")
	default:
		return v.String()
	}
}
