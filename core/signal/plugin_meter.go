package signal

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// PluginMeter makes the instruments of what plugins report themselves. It is safe for
// concurrent use, as is what it gives; instruments live as long as the host.
type PluginMeter struct {
	meter metric.Meter

	mu    sync.Mutex
	kinds map[string]string // of each name that was given out
}

// PluginMeter gives the one meter of all plugins.
func (s *Signals) PluginMeter() *PluginMeter { return s.plugins }

func newPluginMeter(m metric.Meter) *PluginMeter {
	return &PluginMeter{meter: m, kinds: map[string]string{}}
}

// Counter makes a counter whose name begins with [PrefixPlugin]. It refuses the host's
// own names and what Prometheus makes of them, and the name of an instrument of another
// kind, which a plugin can have whose name and the metric's run together to the same.
func (p *PluginMeter) Counter(name, help string) (func(ctx context.Context, value float64, labels map[string]string), error) {
	if err := p.claim(name, "a counter"); err != nil {
		return nil, err
	}
	c, err := p.meter.Float64Counter(name, metric.WithDescription(help))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	return func(ctx context.Context, value float64, labels map[string]string) {
		c.Add(ctx, value, metric.WithAttributes(pluginLabels(ctx, labels)...))
	}, nil
}

// Histogram makes a histogram, as Counter does a counter.
func (p *PluginMeter) Histogram(name, help string) (func(ctx context.Context, value float64, labels map[string]string), error) {
	if err := p.claim(name, "a histogram"); err != nil {
		return nil, err
	}
	h, err := p.meter.Float64Histogram(name, metric.WithDescription(help))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	return func(ctx context.Context, value float64, labels map[string]string) {
		h.Record(ctx, value, metric.WithAttributes(pluginLabels(ctx, labels)...))
	}, nil
}

func (p *PluginMeter) claim(name, kind string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !strings.HasPrefix(name, PrefixPlugin) {
		return fmt.Errorf("the name %s does not begin with %s", name, PrefixPlugin)
	}
	for _, own := range []string{MetricPluginCall, MetricPluginActive, MetricPluginSwaps, MetricPluginMemory, MetricPluginGuardrail, MetricPluginRelease} {
		if strings.HasPrefix(name, own) {
			return fmt.Errorf("the name %s is the host's own", name)
		}
	}
	if is, taken := p.kinds[name]; taken && is != kind {
		return fmt.Errorf("the name %s is taken by %s", name, is)
	}
	p.kinds[name] = kind
	return nil
}

func pluginLabels(ctx context.Context, labels map[string]string) attributes {
	kv := make(attributes, 0, len(labels)+1)
	for name, value := range labels {
		kv = append(kv, attribute.String(name, value))
	}
	if Synthetic(ctx) {
		kv = append(kv, LabelSynthetic.String("true"))
	}
	return kv
}
