package signal_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/usher-id/usher/core/signal"
)

func TestPluginMeter(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	s, err := signal.New(metric.NewMeterProvider(metric.WithReader(reader)).Meter(""))
	if err != nil {
		t.Fatal(err)
	}
	count, err := s.PluginMeter().Counter("usher_plugin_post_mails_total", "Mails.")
	if err != nil {
		t.Fatal(err)
	}
	size, err := s.PluginMeter().Histogram("usher_plugin_post_size_bytes", "Size.")
	if err != nil {
		t.Fatal(err)
	}
	count(t.Context(), 2, map[string]string{"plugin": "post", "outcome": "sent"})
	count(signal.WithRequest(t.Context(), "r", true), 1, map[string]string{"plugin": "post", "outcome": "sent"})
	size(t.Context(), 7.5, map[string]string{"plugin": "post"})
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[float64]:
			for _, p := range data.DataPoints {
				got[m.Name+" "+p.Attributes.Encoded(attribute.DefaultEncoder())] += p.Value
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				got[m.Name+" "+p.Attributes.Encoded(attribute.DefaultEncoder())] += p.Sum
			}
		}
	}
	for series, want := range map[string]float64{
		"usher_plugin_post_mails_total outcome=sent,plugin=post":                2,
		"usher_plugin_post_mails_total outcome=sent,plugin=post,synthetic=true": 1,
		"usher_plugin_post_size_bytes plugin=post":                              7.5,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
}

// A plugin gets no instrument that others are read as.
func TestPluginMeterRefuses(t *testing.T) {
	t.Parallel()
	m := signal.Nop().PluginMeter()
	for range 2 { // asked again, as when a plugin is loaded again
		if _, err := m.Counter("usher_plugin_a_b_c", ""); err != nil {
			t.Fatal(err)
		}
	}
	for name, says := range map[string]string{
		"usher_plugin_a_b_c":                       "taken by a counter",
		"usher_signup_total":                       "does not begin with",
		"usher_plugin_memory_bytes":                "the host's own",
		"usher_plugin_call_duration_seconds_count": "the host's own",
	} {
		if _, err := m.Histogram(name, ""); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", name, err, says)
		}
	}
}
