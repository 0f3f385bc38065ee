package telemetry_test

import (
	"context"
	"net"
	"testing"
	"time"

	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collecttraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // the exporters compress

	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
)

type traceService struct {
	collecttraces.UnimplementedTraceServiceServer
	got chan string
}

func (s traceService) Export(
	_ context.Context, r *collecttraces.ExportTraceServiceRequest,
) (*collecttraces.ExportTraceServiceResponse, error) {
	s.got <- r.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetName()
	return &collecttraces.ExportTraceServiceResponse{}, nil
}

type metricsService struct {
	collectmetrics.UnimplementedMetricsServiceServer
	got chan int
}

func (s metricsService) Export(
	_ context.Context, r *collectmetrics.ExportMetricsServiceRequest,
) (*collectmetrics.ExportMetricsServiceResponse, error) {
	s.got <- len(r.GetResourceMetrics()[0].GetScopeMetrics()[0].GetMetrics())
	return &collectmetrics.ExportMetricsServiceResponse{}, nil
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	traces, metrics := traceService{got: make(chan string, 8)}, metricsService{got: make(chan int, 8)}
	server := grpc.NewServer()
	collecttraces.RegisterTraceServiceServer(server, traces)
	collectmetrics.RegisterMetricsServiceServer(server, metrics)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	tel, _ := start(t, telemetry.Config{
		Endpoint: "http://" + listener.Addr().String(), Protocol: telemetry.GRPC, SampleRatio: 1,
	})
	newSignals(t, tel).Funnel(t.Context(), signal.SignupStarted)
	_, span := tel.Tracer().Start(t.Context(), signal.SpanSignup)
	span.End()
	if err := tel.Shutdown(deadline(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	if name := <-traces.got; name != signal.SpanSignup {
		t.Errorf("span %q", name)
	}
	if n := <-metrics.got; n == 0 {
		t.Error("no metrics")
	}
}
