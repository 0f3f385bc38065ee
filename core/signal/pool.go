package signal

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// PoolState is what a database pool knows of itself. Acquires and Wait only grow.
type PoolState struct {
	Used, Idle, Max int64
	Acquires        int64
	Wait            time.Duration // spent by callers waiting for a connection
}

// WatchPool shows a database pool under a name: at each collection it calls read,
// which must be quick and safe for concurrent use. The returned function ends the
// watch.
func (s *Signals) WatchPool(name string, read func() PoolState) (stop func() error, err error) {
	p, err := newPoolInstruments(s.meter)
	if err != nil {
		return nil, err
	}
	pool := LabelPool.String(name)
	plain := metric.WithAttributes(pool)
	used := metric.WithAttributes(pool, LabelState.String("used"))
	idle := metric.WithAttributes(pool, LabelState.String("idle"))
	watch, err := s.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		now := read()
		o.ObserveInt64(p.connections, now.Used, used)
		o.ObserveInt64(p.connections, now.Idle, idle)
		o.ObserveInt64(p.max, now.Max, plain)
		o.ObserveInt64(p.acquires, now.Acquires, plain)
		o.ObserveFloat64(p.wait, now.Wait.Seconds(), plain)
		return nil
	}, p.connections, p.max, p.acquires, p.wait)
	if err != nil {
		return nil, fmt.Errorf("watch pool %s: %w", name, err)
	}
	return watch.Unregister, nil
}

type poolInstruments struct {
	connections, max metric.Int64ObservableUpDownCounter
	acquires         metric.Int64ObservableCounter
	wait             metric.Float64ObservableCounter
}

func newPoolInstruments(m metric.Meter) (p poolInstruments, err error) {
	p.connections, err = m.Int64ObservableUpDownCounter(MetricDBConnections,
		metric.WithDescription("Connections of a database pool, by state."), metric.WithUnit("{connection}"))
	if err != nil {
		return p, fmt.Errorf("make %s: %w", MetricDBConnections, err)
	}
	p.max, err = m.Int64ObservableUpDownCounter(MetricDBConnectionsMax,
		metric.WithDescription("Most connections that a database pool may have."), metric.WithUnit("{connection}"))
	if err != nil {
		return p, fmt.Errorf("make %s: %w", MetricDBConnectionsMax, err)
	}
	p.acquires, err = m.Int64ObservableCounter(MetricDBPoolAcquires,
		metric.WithDescription("Connections handed out by a database pool."))
	if err != nil {
		return p, fmt.Errorf("make %s: %w", MetricDBPoolAcquires, err)
	}
	p.wait, err = m.Float64ObservableCounter(MetricDBPoolWait,
		metric.WithDescription("Time that callers waited for a connection."), metric.WithUnit("s"))
	if err != nil {
		return p, fmt.Errorf("make %s: %w", MetricDBPoolWait, err)
	}
	return p, nil
}
