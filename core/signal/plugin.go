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

type guardrailLabels struct{ plugin, metric string }

func (l guardrailLabels) attributes() attributes {
	return attributes{LabelPlugin.String(l.plugin), LabelMetric.String(l.metric)}
}

// PluginGuardrail counts a candidate that the guardrail took back, by what was worse.
func (s *Signals) PluginGuardrail(ctx context.Context, plugin, metric string) {
	s.guardrail.Add(ctx, 1, s.labels.guardrail.adds(ctx, guardrailLabels{plugin, metric})...)
}

// PluginRelease shows which release this replica serves, and whether one waits to serve.
func (s *Signals) PluginRelease(ctx context.Context, serves int64, waits bool) {
	s.served.Record(ctx, serves, s.labels.bare.records(ctx, bare{})...)
	s.waiting.Record(ctx, flag(waits), s.labels.bare.records(ctx, bare{})...)
}

// PluginState is one active version of a plugin.
type PluginState struct {
	Name      string
	Digest    string
	Memory    int64 // bytes of the linear memories of all its instances
	Instances int64
	Bindings  []BindingState
}

// BindingState is a plugin at a hook.
type BindingState struct {
	Hook        string
	BreakerOpen bool
	SwitchedOff bool // by safe mode
}

// WatchPlugins shows the active versions: at each collection it walks what read
// returns, so a version that is gone is gone from the metrics too. read must be
// quick and safe for concurrent use. The returned function ends the watch.
func (s *Signals) WatchPlugins(read func() iter.Seq[PluginState]) (stop func() error, err error) {
	p, err := newPluginGauges(s.meter)
	if err != nil {
		return nil, err
	}
	watch, err := s.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		p.observe(o, read())
		return nil
	}, p.active, p.memory, p.instances, p.breaker, p.safeMode)
	if err != nil {
		return nil, fmt.Errorf("watch plugins: %w", err)
	}
	return watch.Unregister, nil
}

// WatchSamples shows how many sampled calls were not kept, by why: read gives that at each
// collection, must be quick and safe for concurrent use. The returned function ends the watch.
func (s *Signals) WatchSamples(read func() map[string]int64) (stop func() error, err error) {
	dropped, err := s.meter.Int64ObservableCounter(MetricPluginSamples, metric.WithDescription("Sampled calls of plugins that were not kept, by why."))
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", MetricPluginSamples, err)
	}
	watch, err := s.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for why, n := range read() {
			o.ObserveInt64(dropped, n, metric.WithAttributes(LabelReason.String(why)))
		}
		return nil
	}, dropped)
	if err != nil {
		return nil, fmt.Errorf("watch samples: %w", err)
	}
	return watch.Unregister, nil
}

type pluginGauges struct {
	active, memory, instances, breaker, safeMode metric.Int64ObservableGauge
}

func newPluginGauges(m metric.Meter) (p pluginGauges, err error) {
	for _, g := range []struct {
		into             *metric.Int64ObservableGauge
		name, says, unit string
	}{
		{&p.active, MetricPluginActive, "1 for each version of a plugin that takes calls.", ""},
		{&p.memory, MetricPluginMemory, "Linear memory of a plugin's instances.", "By"},
		{&p.instances, MetricPluginInstances, "Instances of a plugin.", ""},
		{&p.breaker, MetricPluginBreaker, "1 while a plugin failed too often at a hook to be asked there, else 0.", ""},
		{&p.safeMode, MetricPluginSafeMode, "1 while safe mode switches a plugin off at a hook, else 0.", ""},
	} {
		if *g.into, err = m.Int64ObservableGauge(g.name, metric.WithDescription(g.says), metric.WithUnit(g.unit)); err != nil {
			return p, fmt.Errorf("make %s: %w", g.name, err)
		}
	}
	return p, nil
}

func (p pluginGauges) observe(o metric.Observer, states iter.Seq[PluginState]) {
	memory, instances, open, off := map[string]int64{}, map[string]int64{}, map[[2]string]int64{}, map[[2]string]int64{}
	for s := range states {
		o.ObserveInt64(p.active, 1, metric.WithAttributes(LabelPlugin.String(s.Name), LabelDigest.String(s.Digest)))
		memory[s.Name] += s.Memory
		instances[s.Name] += s.Instances
		for _, b := range s.Bindings {
			at := [2]string{b.Hook, s.Name}
			open[at] = max(open[at], flag(b.BreakerOpen))
			off[at] = max(off[at], flag(b.SwitchedOff))
		}
	}
	for name := range memory {
		o.ObserveInt64(p.memory, memory[name], metric.WithAttributes(LabelPlugin.String(name)))
		o.ObserveInt64(p.instances, instances[name], metric.WithAttributes(LabelPlugin.String(name)))
	}
	for at := range open {
		labels := metric.WithAttributes(LabelHook.String(at[0]), LabelPlugin.String(at[1]))
		o.ObserveInt64(p.breaker, open[at], labels)
		o.ObserveInt64(p.safeMode, off[at], labels)
	}
}

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
