package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// delivery reports when a collector goes away and when it is back: one line
// each, however many exports fail between them.
type delivery struct {
	log  *slog.Logger
	what string
	away atomic.Bool
	lost atomic.Int64
}

func (d *delivery) saw(ctx context.Context, n int, err error) {
	if err != nil {
		d.lost.Add(int64(n))
		if !d.away.Swap(true) {
			d.log.WarnContext(ctx, "telemetry collector does not take what it is sent", "signal", d.what, "error", err)
		}
		return
	}
	if d.away.Swap(false) {
		d.log.InfoContext(ctx, "telemetry collector is back", "signal", d.what, "lost", d.lost.Swap(0))
	}
}

// spanSender sends spans and reports failures itself.
type spanSender struct {
	sdktrace.SpanExporter
	delivery
}

// ExportSpans implements [sdktrace.SpanExporter]. A failure is reported, not
// returned: the SDK could only print it.
func (s *spanSender) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.saw(ctx, len(spans), s.SpanExporter.ExportSpans(ctx, spans))
	return nil
}

// abort cuts an export short whose time has run out.
func (s *spanSender) abort() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Shutdown(ctx) // the export that it ends is reported by ExportSpans
}

// metricSender sends metrics and reports failures itself.
type metricSender struct {
	sdkmetric.Exporter
	delivery
}

// Export implements [sdkmetric.Exporter]. A failure is reported, not returned.
func (s *metricSender) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	s.saw(ctx, 1, s.Exporter.Export(ctx, m))
	return nil
}

// retry has the fields of the exporters' own retry configurations, in their order.
type retry struct {
	Enabled         bool
	InitialInterval time.Duration
	MaxInterval     time.Duration
	MaxElapsedTime  time.Duration
}

// retries try again soon and give a batch up before the next ones pile up.
func retries(c Config) retry {
	return retry{
		Enabled: true, InitialInterval: 250 * time.Millisecond,
		MaxInterval: 2 * time.Second, MaxElapsedTime: c.ExportTimeout,
	}
}

func pathOf(endpoint, path string) string { return strings.TrimSuffix(endpoint, "/") + path }
