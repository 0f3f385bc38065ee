package signal

import (
	"context"
	"fmt"
	"iter"
	"time"

	"go.opentelemetry.io/otel/metric"
)

type callLabels struct {
	hook, plugin, version string
	outcome               CallOutcome
}

func (l callLabels) attributes() attributes {
	return attributes{
		LabelHook.String(l.hook), LabelPlugin.String(l.plugin), LabelVersion.String(l.version),
		LabelOutcome.String(string(l.outcome)),
	}
}

// PluginCall records one call of a plugin's hook, its wait for an instance
// included.
func (s *Signals) PluginCall(ctx context.Context, hook, plugin, version string, d time.Duration, o CallOutcome) {
	s.pluginCall.Record(ctx, d.Seconds(), s.labels.call.records(ctx, callLabels{hook, plugin, version, o})...)
}

// PluginSwap counts one change of a plugin's version.
func (s *Signals) PluginSwap(ctx context.Context, o SwapOutcome) {
	s.swaps.Add(ctx, 1, s.labels.swap.adds(ctx, o)...)
}

// PluginState is one active version of a plugin.
type PluginState struct {
	Name   string
	Digest string
	Memory int64 // bytes of the linear memories of all its instances
}

// WatchPlugins shows the active versions: at each collection it walks what read
// returns, so a version that is gone is gone from the metrics too. read must be
// quick and safe for concurrent use. The returned function ends the watch.
func (s *Signals) WatchPlugins(read func() iter.Seq[PluginState]) (stop func() error, err error) {
	active, err := s.meter.Int64ObservableGauge(MetricPluginActive,
		metric.WithDescription("1 for each version of a plugin that takes calls."))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", MetricPluginActive, err)
	}
	memory, err := s.meter.Int64ObservableGauge(MetricPluginMemory,
		metric.WithDescription("Linear memory of a plugin's instances."), metric.WithUnit("By"))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", MetricPluginMemory, err)
	}
	watch, err := s.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		used := map[string]int64{}
		for p := range read() {
			o.ObserveInt64(active, 1, metric.WithAttributes(LabelPlugin.String(p.Name), LabelDigest.String(p.Digest)))
			used[p.Name] += p.Memory
		}
		for name, bytes := range used {
			o.ObserveInt64(memory, bytes, metric.WithAttributes(LabelPlugin.String(name)))
		}
		return nil
	}, active, memory)
	if err != nil {
		return nil, fmt.Errorf("watch plugins: %w", err)
	}
	return watch.Unregister, nil
}
