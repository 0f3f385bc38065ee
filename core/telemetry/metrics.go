package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// scrapes is how many scrapers are answered at once.
const scrapes = 4

// newMetrics makes the meter provider and the page of metrics.
func newMetrics(
	ctx context.Context, log *slog.Logger, c Config, who *resource.Resource,
) (*sdkmetric.MeterProvider, http.Handler, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	page, err := otelprom.New(
		otelprom.WithRegisterer(registry),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		otelprom.WithoutScopeInfo())
	if err != nil {
		return nil, nil, fmt.Errorf("make the Prometheus reader: %w", err)
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(who), sdkmetric.WithReader(page)}
	if c.Endpoint != "" {
		exporter, err := newMetricExporter(ctx, c)
		if err != nil {
			return nil, nil, fmt.Errorf("make the metric exporter: %w", err)
		}
		sender := &metricSender{Exporter: exporter, delivery: delivery{log: log, what: "metrics"}}
		options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(sender,
			sdkmetric.WithInterval(c.MetricInterval), sdkmetric.WithTimeout(c.ExportTimeout))))
	}
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		Registry: registry, EnableOpenMetrics: true, MaxRequestsInFlight: scrapes,
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: scrapeLog{log},
	})
	return sdkmetric.NewMeterProvider(options...), handler, nil
}

func newMetricExporter(ctx context.Context, c Config) (sdkmetric.Exporter, error) {
	if c.Protocol == GRPC {
		return otlpmetricgrpc.New(ctx,
			otlpmetricgrpc.WithEndpointURL(c.Endpoint),
			otlpmetricgrpc.WithHeaders(c.headers()),
			otlpmetricgrpc.WithCompressor("gzip"),
			otlpmetricgrpc.WithTimeout(c.ExportTimeout),
			otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig(retries(c))))
	}
	return otlpmetrichttp.New(ctx,
		otlpmetrichttp.WithEndpointURL(pathOf(c.Endpoint, "/v1/metrics")),
		otlpmetrichttp.WithHeaders(c.headers()),
		otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression),
		otlpmetrichttp.WithTimeout(c.ExportTimeout),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig(retries(c))))
}

// scrapeLog takes what the Prometheus library has to say.
type scrapeLog struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (s scrapeLog) Println(v ...any) {
	s.log.Warn("metrics could not be shown in full", "error", fmt.Sprint(v...))
}
