package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// tally is a meter that adds up.
type tally struct {
	mu   sync.Mutex
	sums map[string]float64 // by kind, name and labels
}

func (c *tally) Counter(name, help string) (func(context.Context, float64, map[string]string), error) {
	return c.instrument("counter", name, help)
}

func (c *tally) Histogram(name, help string) (func(context.Context, float64, map[string]string), error) {
	return c.instrument("histogram", name, help)
}

func (c *tally) instrument(kind, name, help string) (func(context.Context, float64, map[string]string), error) {
	if strings.HasSuffix(name, "_taken") {
		return nil, errors.New("it is taken")
	}
	return func(_ context.Context, v float64, labels map[string]string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.sums == nil {
			c.sums = map[string]float64{}
		}
		c.sums[fmt.Sprint(kind, " ", name, " ", labels, " ", help)] += v
	}, nil
}

func metric(m hostapi.Metric) step {
	return step{hostapi.ModuleTelemetry, hostapi.FuncTelemetryMetric, m}
}

func counter(name string, value float64, labels map[string]string) step {
	return metric(hostapi.Metric{Name: name, Kind: hostapi.MetricCounter, Value: value, Labels: labels})
}

func reporting(m ...hostapi.MetricNeeds) hostapi.Requests {
	return hostapi.Requests{Telemetry: &hostapi.TelemetryGrant{Metrics: m}}
}

func mailsSent() hostapi.MetricNeeds {
	return hostapi.MetricNeeds{Name: "mails_total", Kind: hostapi.MetricCounter, Help: "Mails.", Labels: map[string][]string{"outcome": {"sent", "lost"}}}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	c := &tally{}
	e := newEngineWith(t, plugins.Deps{Meter: c}, plugins.Config{})
	size := hostapi.MetricNeeds{Name: "size_bytes", Kind: hostapi.MetricHistogram, Help: "Size."}
	load(t, e, plugins.Source{Name: "post-office", Grants: plugins.Grants{Telemetry: true}, Limits: roomyLimits(), Wasm: asking(t, reporting(mailsSent(), size), deliver,
		counter("mails_total", 2, map[string]string{"outcome": "sent"}), counter("mails_total", 1, map[string]string{"outcome": "lost"}),
		metric(hostapi.Metric{Name: "size_bytes", Kind: hostapi.MetricHistogram, Value: 7.5}))})
	for range 2 {
		for i, r := range answers(t, e, plugins.Call{}) {
			if r.Status != hostapi.StatusOK {
				t.Errorf("step %d: %+v", i, r)
			}
		}
	}
	want := map[string]float64{
		"counter usher_plugin_post_office_mails_total map[outcome:sent plugin:post-office] Mails.": 4,
		"counter usher_plugin_post_office_mails_total map[outcome:lost plugin:post-office] Mails.": 2,
		"histogram usher_plugin_post_office_size_bytes map[plugin:post-office] Size.":              15,
	}
	if !maps.Equal(c.sums, want) {
		t.Errorf("counted %v", c.sums)
	}
}

// What is not declared makes no series.
func TestMetricsRefused(t *testing.T) {
	t.Parallel()
	sent := map[string]string{"outcome": "sent"}
	const invalid, undeclared = hostapi.StatusInvalid, hostapi.ReasonUndeclared
	for name, tc := range map[string]struct {
		step   step
		status hostapi.Status
		reason string
	}{
		"name":             {counter("other_total", 1, sent), invalid, undeclared},
		"kind":             {metric(hostapi.Metric{Name: "mails_total", Kind: hostapi.MetricHistogram, Labels: sent}), invalid, undeclared},
		"value of a label": {counter("mails_total", 1, map[string]string{"outcome": "someone@example.com"}), invalid, undeclared},
		"label too many":   {counter("mails_total", 1, map[string]string{"outcome": "sent", "user": "ada"}), invalid, undeclared},
		"label too few":    {counter("mails_total", 1, nil), invalid, undeclared},
		"below zero":       {counter("mails_total", -1, sent), invalid, hostapi.ReasonMalformed},
		"not a number":     {step{hostapi.ModuleTelemetry, hostapi.FuncTelemetryMetric, `{"name":"mails_total","kind":"counter","value":1e999,"labels":{"outcome":"sent"}}`}, invalid, hostapi.ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &tally{}
			replies := ask(t, plugins.Deps{Meter: c}, reporting(mailsSent()), plugins.Grants{Telemetry: true}, tc.step)
			replies[0].expect(t, tc.status, tc.reason)
			if len(c.sums) != 0 {
				t.Errorf("counted %v", c.sums)
			}
		})
	}
}

func TestTooManyReports(t *testing.T) {
	t.Parallel()
	var steps []step
	for range hostapi.MaxMetrics + 1 {
		steps = append(steps, counter("mails_total", 1, map[string]string{"outcome": "sent"}))
	}
	for range hostapi.MaxSpans + 1 {
		steps = append(steps, spanStart("s", nil), spanEnd(false))
	}
	c := &tally{}
	r := reporting(mailsSent())
	r.Telemetry.Spans = true
	replies := ask(t, plugins.Deps{Meter: c}, r, plugins.Grants{Telemetry: true}, steps...)
	replies[hostapi.MaxMetrics].expect(t, hostapi.StatusOver, hostapi.ReasonTooMany)
	replies[len(replies)-2].expect(t, hostapi.StatusOver, hostapi.ReasonTooMany)
	for _, sum := range c.sums {
		if sum != hostapi.MaxMetrics {
			t.Errorf("counted %v", sum)
		}
	}
}

// A manifest whose metrics would make series without end, or pass for the host's, is refused.
func TestDeclarationsRefused(t *testing.T) {
	t.Parallel()
	with := func(change func(*hostapi.MetricNeeds)) []hostapi.MetricNeeds {
		m := mailsSent()
		change(&m)
		return []hostapi.MetricNeeds{m}
	}
	many := make([]string, 17)
	for i := range many {
		many[i] = fmt.Sprint("v", i)
	}
	for name, tc := range map[string]struct {
		metrics []hostapi.MetricNeeds
		says    string
	}{
		"name":           {with(func(m *hostapi.MetricNeeds) { m.Name = "Mails" }), "not snake_case"},
		"kind":           {with(func(m *hostapi.MetricNeeds) { m.Kind = "gauge" }), "neither counter nor histogram"},
		"label":          {with(func(m *hostapi.MetricNeeds) { m.Labels = map[string][]string{"plugin": {"other"}} }), "the host's own"},
		"no value":       {with(func(m *hostapi.MetricNeeds) { m.Labels = map[string][]string{"a": {}} }), "no value"},
		"long value":     {with(func(m *hostapi.MetricNeeds) { m.Labels = map[string][]string{"a": {strings.Repeat("v", 65)}} }), "too long"},
		"many series":    {with(func(m *hostapi.MetricNeeds) { m.Labels = map[string][]string{"a": many, "b": many} }), "more than 256 series"},
		"twice":          {[]hostapi.MetricNeeds{mailsSent(), mailsSent()}, "declared twice"},
		"taken":          {with(func(m *hostapi.MetricNeeds) { m.Name = "is_taken" }), "it is taken"},
		"many of them":   {make([]hostapi.MetricNeeds, hostapi.MaxMetricNames+1), "more than 32"},
		"many dashes __": {with(func(m *hostapi.MetricNeeds) { m.Name = "a__b" }), "not snake_case"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := host.NewCapabilities(host.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""), Meter: &tally{}},
				host.Grant{Plugin: "asking", Telemetry: reporting(tc.metrics...).Telemetry})
			if err == nil {
				t.Fatal("it was granted")
			}
			expectText(t, err.Error(), tc.says)
		})
	}
}

func spanStart(name string, attributes map[string]string) step {
	return step{hostapi.ModuleTelemetry, hostapi.FuncTelemetrySpanStart, hostapi.Span{Name: name, Attributes: attributes}}
}

func spanEnd(failed bool) step {
	return step{hostapi.ModuleTelemetry, hostapi.FuncTelemetrySpanEnd, hostapi.SpanEnd{Error: failed}}
}

// Spans of a guest nest below that of its call, and none outlives it.
func TestSpans(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	d := plugins.Deps{Tracer: trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("")}
	r := hostapi.Requests{Telemetry: &hostapi.TelemetryGrant{Spans: true}}
	replies := ask(t, d, r, plugins.Grants{Telemetry: true},
		spanEnd(false), spanStart("outer", map[string]string{"tries": "2"}), spanStart("inner", nil), spanEnd(true), spanStart("forgotten", nil),
		spanStart("", nil), spanStart("two\nlines", nil), spanStart(strings.Repeat("n", 65), nil),
		spanStart("s", map[string]string{"Bad Name": "v"}), spanStart("s", map[string]string{"a": "two\nlines"}))
	replies[0].expect(t, hostapi.StatusInvalid, hostapi.ReasonMalformed)
	for _, no := range replies[5:] {
		no.expect(t, hostapi.StatusInvalid, hostapi.ReasonMalformed)
	}
	ended := map[string]trace.ReadOnlySpan{}
	for _, s := range spans.Ended() {
		ended[s.Name()] = s
	}
	for name, parent := range map[string]string{
		"plugin.asking.outer": "plugin.call", "plugin.asking.inner": "plugin.asking.outer", "plugin.asking.forgotten": "plugin.asking.outer",
	} {
		if ended[name] == nil || ended[parent] == nil || ended[name].Parent().SpanID() != ended[parent].SpanContext().SpanID() {
			t.Errorf("%s is not an ended span below %s", name, parent)
		}
	}
	if len(ended) != 4 || ended["plugin.asking.inner"].Status().Code != codes.Error || ended["plugin.asking.outer"].Status().Code == codes.Error {
		t.Errorf("%d spans", len(ended))
	}
	if a := ended["plugin.asking.outer"].Attributes(); len(a) != 1 || a[0].Key != "plugin.tries" || a[0].Value.AsString() != "2" {
		t.Errorf("attributes %v", a)
	}
	ask(t, plugins.Deps{}, reporting(), plugins.Grants{Telemetry: true}, spanStart("s", nil))[0].expect(t, hostapi.StatusDenied, hostapi.ReasonNotGranted)
}
