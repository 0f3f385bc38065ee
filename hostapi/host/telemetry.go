package host

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
)

// Meter makes the instruments of plugins. What it gives is safe for concurrent use.
// Asked twice for one, it gives the same; its errors say that the name is taken.
type Meter interface {
	Counter(name, help string) (func(ctx context.Context, value float64, labels map[string]string), error)
	Histogram(name, help string) (func(ctx context.Context, value float64, labels map[string]string), error)
}

// labelPlugin is on every metric of a plugin, so that nobody takes one for the host's.
const labelPlugin = "plugin"

// instrument is a metric that a manifest declares.
type instrument struct {
	needs  hostapi.MetricNeeds
	record func(ctx context.Context, value float64, labels map[string]string)
}

// makeInstruments makes what a manifest declares, after checking that it makes no time
// series without end.
func makeInstruments(m Meter, plugin string, t *hostapi.TelemetryGrant) (map[string]*instrument, error) {
	if t == nil || len(t.Metrics) == 0 {
		return nil, nil
	}
	if m == nil {
		return nil, errors.New("this host counts nothing for plugins")
	}
	if len(t.Metrics) > hostapi.MaxMetricNames {
		return nil, fmt.Errorf("it declares %d metrics, more than %d", len(t.Metrics), hostapi.MaxMetricNames)
	}
	made := map[string]*instrument{}
	for _, needs := range t.Metrics {
		if err := checkMetric(needs); err != nil {
			return nil, fmt.Errorf("the metric %q: %w", needs.Name, err)
		}
		if made[needs.Name] != nil {
			return nil, fmt.Errorf("the metric %q is declared twice", needs.Name)
		}
		kind := m.Counter
		if needs.Kind == hostapi.MetricHistogram {
			kind = m.Histogram
		}
		record, err := kind("usher_plugin_"+strings.ReplaceAll(plugin, "-", "_")+"_"+needs.Name, needs.Help)
		if err != nil {
			return nil, fmt.Errorf("the metric %q: %w", needs.Name, err)
		}
		made[needs.Name] = &instrument{needs, record}
	}
	return made, nil
}

func checkMetric(m hostapi.MetricNeeds) error {
	if !snakeCase(m.Name) {
		return errors.New("the name is not snake_case, or too long")
	}
	if m.Kind != hostapi.MetricCounter && m.Kind != hostapi.MetricHistogram {
		return fmt.Errorf("the kind is neither %s nor %s", hostapi.MetricCounter, hostapi.MetricHistogram)
	}
	if len(m.Labels) > hostapi.MaxMetricLabels {
		return fmt.Errorf("it has more than %d labels", hostapi.MaxMetricLabels)
	}
	series := 1
	for name, values := range m.Labels {
		if !snakeCase(name) || name == labelPlugin || name == "synthetic" || name == "le" {
			return fmt.Errorf("the label %q is not snake_case, too long, or the host's own", name)
		}
		for _, v := range values {
			if len(v) > hostapi.MaxMetricLabel || !isPrintable(v) {
				return fmt.Errorf("a value of the label %q is too long or not printable", name)
			}
		}
		if series *= len(values); series == 0 || series > hostapi.MaxMetricSeries {
			return fmt.Errorf("its labels have no value, or make more than %d series", hostapi.MaxMetricSeries)
		}
	}
	return nil
}

func (c *Capabilities) metric(ctx context.Context, call *Call, q hostapi.Metric) *refusal {
	i, ok := c.metrics[q.Name]
	if !ok || i.needs.Kind != q.Kind {
		return undeclared(fmt.Sprintf("the manifest has no %s %q", q.Kind, q.Name))
	}
	for name, values := range i.needs.Labels {
		if v, ok := q.Labels[name]; !ok || !slices.Contains(values, v) {
			return undeclared(fmt.Sprintf("the label %q of %s has none of its declared values", name, q.Name))
		}
	}
	if len(q.Labels) != len(i.needs.Labels) {
		return undeclared(fmt.Sprintf("%s has a label that the manifest does not declare", q.Name))
	}
	if math.IsInf(q.Value, 0) || math.IsNaN(q.Value) || q.Kind == hostapi.MetricCounter && q.Value < 0 {
		return malformed("the value is infinite, or a counter's below zero")
	}
	if call.metrics >= hostapi.MaxMetrics {
		return over(hostapi.ReasonTooMany, fmt.Sprintf("a call reports %d values at most", hostapi.MaxMetrics))
	}
	call.metrics++
	labels := map[string]string{labelPlugin: c.grant.Plugin}
	for name, value := range q.Labels {
		labels[name] = value
	}
	i.record(ctx, q.Value, labels)
	return nil
}

func (c *Capabilities) spanStart(ctx context.Context, call *Call, q hostapi.Span) *refusal {
	if !c.grant.Telemetry.Spans {
		return denied(hostapi.ReasonNotGranted, "the manifest does not ask for spans")
	}
	if q.Name == "" || len(q.Name) > hostapi.MaxSpanName || !isPrintable(q.Name) {
		return malformed("the name is empty, too long or not printable")
	}
	if len(q.Attributes) > hostapi.MaxAttributes {
		return malformed(fmt.Sprintf("there are more than %d attributes", hostapi.MaxAttributes))
	}
	attributes := make([]attribute.KeyValue, 0, len(q.Attributes))
	for name, value := range q.Attributes {
		if !snakeCase(name) || len(value) > hostapi.MaxAttribute || !isPrintable(value) {
			return malformed("the name of an attribute is not snake_case, or its value is too long or not printable")
		}
		attributes = append(attributes, attribute.String("plugin."+name, value))
	}
	if call.begun >= hostapi.MaxSpans {
		return over(hostapi.ReasonTooMany, fmt.Sprintf("a call begins %d spans at most", hostapi.MaxSpans))
	}
	call.begun++
	_, span := c.deps.Tracer.Start(call.below(ctx), "plugin."+c.grant.Plugin+"."+q.Name, trace.WithAttributes(attributes...))
	call.spans = append(call.spans, span)
	return nil
}

func (c *Capabilities) spanEnd(_ context.Context, call *Call, q hostapi.SpanEnd) *refusal {
	if len(call.spans) == 0 {
		return malformed("no span is open")
	}
	call.endSpan(q.Error)
	return nil
}

// below gives a context whose next span is a child of the guest's innermost one.
func (c *Call) below(ctx context.Context) context.Context {
	if len(c.spans) == 0 {
		return ctx
	}
	return trace.ContextWithSpan(ctx, c.spans[len(c.spans)-1])
}

func (c *Call) endSpan(failed bool) {
	last := len(c.spans) - 1
	if failed {
		c.spans[last].SetStatus(codes.Error, "")
	}
	c.spans[last].End()
	c.spans = c.spans[:last]
}

func snakeCase(s string) bool {
	return s != "" && len(s) <= hostapi.MaxMetricLabel && s[0] >= 'a' && s[0] <= 'z' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && !strings.Contains(s+"_", "__")
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
