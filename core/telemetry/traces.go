package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Spans wait in memory for the next batch; when the queue is full, new ones are
// dropped rather than anyone made to wait.
const (
	spanQueue = 8192
	spanBatch = 512
	spanDelay = time.Second
)

// newTraces makes the tracer provider. Without a collector spans have ids but
// record nothing, so that logs and events can still be correlated at no cost.
func newTraces(
	ctx context.Context, log *slog.Logger, c Config, who *resource.Resource,
) (*sdktrace.TracerProvider, *spanSender, error) {
	if c.Endpoint == "" {
		return sdktrace.NewTracerProvider(
			sdktrace.WithResource(who), sdktrace.WithSampler(sdktrace.NeverSample())), nil, nil
	}
	exporter, err := newSpanExporter(ctx, c)
	if err != nil {
		return nil, nil, fmt.Errorf("make the span exporter: %w", err)
	}
	sender := &spanSender{SpanExporter: exporter, delivery: delivery{log: log, what: "spans"}}
	return sdktrace.NewTracerProvider(
		sdktrace.WithResource(who),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.SampleRatio))),
		sdktrace.WithBatcher(sender,
			sdktrace.WithMaxQueueSize(spanQueue), sdktrace.WithMaxExportBatchSize(spanBatch),
			sdktrace.WithBatchTimeout(spanDelay), sdktrace.WithExportTimeout(c.ExportTimeout)),
	), sender, nil
}

func newSpanExporter(ctx context.Context, c Config) (*otlptrace.Exporter, error) {
	if c.Protocol == GRPC {
		return otlptracegrpc.New(ctx,
			otlptracegrpc.WithEndpointURL(c.Endpoint),
			otlptracegrpc.WithHeaders(c.headers()),
			otlptracegrpc.WithCompressor("gzip"),
			otlptracegrpc.WithTimeout(c.ExportTimeout),
			otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig(retries(c))))
	}
	return otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(pathOf(c.Endpoint, "/v1/traces")),
		otlptracehttp.WithHeaders(c.headers()),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithTimeout(c.ExportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig(retries(c))))
}
