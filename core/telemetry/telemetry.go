package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
)

// scope is the instrumentation scope of everything that Usher itself measures.
const scope = "github.com/usher-id/usher"

// Protocol is how OTLP is spoken.
type Protocol string

// The protocols. HTTP is protobuf over HTTP, gzipped.
const (
	HTTP Protocol = "http"
	GRPC Protocol = "grpc"
)

// Deps are the parts that telemetry needs.
type Deps struct {
	Log *slog.Logger // told once when a collector goes away, and once when it is back
}

// Config says where telemetry goes. The zero value keeps metrics for /metrics
// only and gives every trace an id that is sent nowhere.
type Config struct {
	Service  string // service.name; "usher" when empty
	Version  string // service.version
	Instance string // service.instance.id; random when empty

	Endpoint string                 // base URL of an OTLP receiver; none when empty
	Protocol Protocol               // HTTP when empty
	Headers  map[string]core.Secret // sent with every export, such as an authorization

	SampleRatio    float64       // part of new traces that is recorded, 0 to 1; a caller's decision comes first
	MetricInterval time.Duration // between two exports of metrics; 15 s when 0
	ExportTimeout  time.Duration // for one export with its retries; 10 s when 0
}

// Telemetry is a started tracer and meter. Its methods are safe for concurrent use.
type Telemetry struct {
	log     *slog.Logger
	traces  *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider
	page    http.Handler
	sender  *spanSender // nil without a collector
}

// Start starts telemetry. It does not wait for a collector: one that is away
// costs a line in the log and the spans of that time, nothing else.
func Start(ctx context.Context, d Deps, c Config) (*Telemetry, error) {
	if d.Log == nil {
		return nil, errors.New("telemetry: no logger")
	}
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	who := newResource(c)
	t := &Telemetry{log: d.Log}
	var err error
	if t.traces, t.sender, err = newTraces(ctx, d.Log, c, who); err != nil {
		return nil, fmt.Errorf("start traces: %w", err)
	}
	if t.metrics, t.page, err = newMetrics(ctx, d.Log, c, who); err != nil {
		return nil, errors.Join(fmt.Errorf("start metrics: %w", err), t.traces.Shutdown(ctx))
	}
	return t, nil
}

func (c Config) withDefaults() Config {
	if c.Service == "" {
		c.Service = "usher"
	}
	if c.Protocol == "" {
		c.Protocol = HTTP
	}
	if c.MetricInterval == 0 {
		c.MetricInterval = 15 * time.Second
	}
	if c.ExportTimeout == 0 {
		c.ExportTimeout = 10 * time.Second
	}
	return c
}

func (c Config) check() error {
	if c.Protocol != HTTP && c.Protocol != GRPC {
		return fmt.Errorf("telemetry: unknown protocol %q", c.Protocol)
	}
	if c.SampleRatio < 0 || c.SampleRatio > 1 {
		return fmt.Errorf("telemetry: sample ratio %v is not between 0 and 1", c.SampleRatio)
	}
	return nil
}

// headers reveals the headers for the exporter.
func (c Config) headers() map[string]string {
	h := make(map[string]string, len(c.Headers))
	for name, value := range c.Headers {
		h[name] = value.Reveal()
	}
	return h
}

// Tracer returns the tracer that every part is given.
func (t *Telemetry) Tracer() trace.Tracer { return t.traces.Tracer(scope) }

// TracerProvider returns the provider, for libraries that make their own tracer.
func (t *Telemetry) TracerProvider() trace.TracerProvider { return t.traces }

// Meter returns the meter from which signal.New makes the instruments.
func (t *Telemetry) Meter() metric.Meter { return t.metrics.Meter(scope) }

// MeterProvider returns the provider, for libraries that make their own meter.
func (t *Telemetry) MeterProvider() metric.MeterProvider { return t.metrics }

// Handler serves the metrics in the formats of Prometheus, with those of the Go
// runtime and of the process. It belongs on the operators' listener.
func (t *Telemetry) Handler() http.Handler { return t.page }

// Install makes t the process's own telemetry, for libraries that ask the global
// API. A program calls it once; tests do not.
func (t *Telemetry) Install() {
	otel.SetTracerProvider(t.traces)
	otel.SetMeterProvider(t.metrics)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		t.log.Warn("telemetry library reported an error", "error", err)
	}))
}

// Flush sends what was recorded so far and waits for it until ctx ends.
func (t *Telemetry) Flush(ctx context.Context) error {
	return errors.Join(t.traces.ForceFlush(ctx), t.metrics.ForceFlush(ctx))
}

// Shutdown sends what is left and stops. It returns when ctx ends at the latest,
// whatever the collector does; what could not be sent by then is lost.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var traces, metrics error
	var both sync.WaitGroup
	both.Go(func() { traces = t.traces.Shutdown(ctx) })
	both.Go(func() { metrics = t.metrics.Shutdown(ctx) })
	both.Wait()
	if traces != nil && t.sender != nil {
		t.sender.abort()
	}
	if err := errors.Join(traces, metrics); err != nil {
		return fmt.Errorf("send the last telemetry: %w", err)
	}
	return nil
}
