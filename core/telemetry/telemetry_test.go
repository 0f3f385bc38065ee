package telemetry_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
	"github.com/usher-id/usher/tests/otlptest"
)

// lines is a log that counts.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (l *lines) count(msg string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), msg)
}

func (l *lines) wait(t *testing.T, msg string) {
	t.Helper()
	for l.count(msg) == 0 {
		select {
		case <-l.more:
		case <-t.Context().Done():
			t.Fatalf("log never said %q", msg)
		}
	}
}

func newLog(t *testing.T) (*slog.Logger, *lines) {
	t.Helper()
	l := &lines{more: make(chan struct{}, 1)}
	log, err := telemetry.NewLogger(l, telemetry.LogConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return log, l
}

func start(t *testing.T, c telemetry.Config) (*telemetry.Telemetry, *lines) {
	t.Helper()
	log, said := newLog(t)
	tel, err := telemetry.Start(t.Context(), telemetry.Deps{Log: log}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = tel.Shutdown(ctx)
	})
	return tel, said
}

func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestStartRefusesNonsense(t *testing.T) {
	t.Parallel()
	log, _ := newLog(t)
	for name, c := range map[string]telemetry.Config{
		"protocol": {Protocol: "carrier pigeon"},
		"ratio":    {SampleRatio: 2},
	} {
		if _, err := telemetry.Start(t.Context(), telemetry.Deps{Log: log}, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := telemetry.Start(t.Context(), telemetry.Deps{}, telemetry.Config{}); err == nil {
		t.Error("no logger: no error")
	}
}

func TestTraceIDsWithoutCollector(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	ctx, outer := tel.Tracer().Start(t.Context(), "outer")
	inside, inner := tel.Tracer().Start(ctx, "inner")
	defer outer.End()
	defer inner.End()
	if signal.TraceID(ctx) == "" || signal.TraceID(ctx) != signal.TraceID(inside) {
		t.Errorf("trace ids %q and %q", signal.TraceID(ctx), signal.TraceID(inside))
	}
	if inner.IsRecording() {
		t.Error("a span is recorded that nobody will ever see")
	}
}

func TestOneStoryOverTwoTraces(t *testing.T) {
	t.Parallel()
	collector := otlptest.New(t)
	tel, _ := start(t, telemetry.Config{
		Endpoint: collector.URL(), SampleRatio: 1, Version: "1.2.3",
		Headers: map[string]core.Secret{"x-key": "k"},
	})
	tracer := tel.Tracer()

	ctx, invite := tracer.Start(t.Context(), signal.SpanInvite)
	kept := signal.Inject(ctx) // as a job row and an invitation row do
	invite.End()
	_, send := tracer.Start(signal.Extract(t.Context(), kept), signal.SpanMailSend)
	send.End()
	_, click := tracer.Start(t.Context(), signal.SpanActivate, linkTo(kept))
	click.End()
	if err := tel.Flush(deadline(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}

	traceID := signal.TraceID(ctx)
	spans, err := collector.WaitSpans(deadline(t, 5*time.Second), traceID, signal.SpanInvite, signal.SpanMailSend)
	if err != nil {
		t.Fatal(err)
	}
	if spans[1].ParentID != spans[0].SpanID || spans[0].Service != "usher" {
		t.Errorf("the mail is not the invitation's child: %+v", spans)
	}
	linked, err := collector.WaitLinked(deadline(t, 5*time.Second), signal.SpanActivate, traceID)
	if err != nil {
		t.Fatal(err)
	}
	if linked.TraceID == traceID {
		t.Error("the click is in the invitation's own trace")
	}
	if !collector.Contains("1.2.3") {
		t.Error("the version was not sent")
	}
}

func TestMetricsReachTheCollector(t *testing.T) {
	t.Parallel()
	collector := otlptest.New(t)
	tel, _ := start(t, telemetry.Config{Endpoint: collector.URL()})
	signals, err := signal.New(tel.Meter())
	if err != nil {
		t.Fatal(err)
	}
	signals.Funnel(t.Context(), signal.SignupStarted)
	if err := tel.Flush(deadline(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	err = collector.Wait(deadline(t, 5*time.Second), func() bool { return collector.Metric(signal.MetricFunnel) != nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestCollectorAwayAndBack(t *testing.T) {
	t.Parallel()
	collector := otlptest.New(t)
	collector.Fail(http.StatusBadRequest) // not one that is retried
	tel, said := start(t, telemetry.Config{Endpoint: collector.URL(), SampleRatio: 1, ExportTimeout: time.Second})
	span := func() {
		_, s := tel.Tracer().Start(t.Context(), "work")
		s.End()
		if err := tel.Flush(deadline(t, 5*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	span()
	span()
	if n := said.count(`"signal":"spans"`); n != 1 {
		t.Errorf("said %d times that spans are lost, want once", n)
	}
	collector.Fail(0)
	span()
	if n := said.count(`telemetry collector is back`); n == 0 {
		t.Error("never said that the collector is back")
	}
	if n := said.count(`"signal":"spans","lost":2`); n != 1 {
		t.Error("the two lost spans are not mentioned")
	}
}

func TestNobodyWaitsForADeadCollector(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]telemetry.Config{
		"http, nobody listens": {Endpoint: "http://" + closedPort(t)},
		"grpc, nobody listens": {Endpoint: "http://" + closedPort(t), Protocol: telemetry.GRPC},
		"http, no answer":      {Endpoint: "http://" + blackHole(t)},
		"grpc, no answer":      {Endpoint: "http://" + blackHole(t), Protocol: telemetry.GRPC},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.SampleRatio, c.ExportTimeout = 1, 30*time.Second
			tel, _ := start(t, c)
			began := time.Now()
			for range 20000 { // more than the queue holds
				_, s := tel.Tracer().Start(t.Context(), "work")
				s.End()
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("20000 spans took %v", took)
			}
			began = time.Now()
			_ = tel.Shutdown(deadline(t, 300*time.Millisecond))
			if took := time.Since(began); took > 1500*time.Millisecond {
				t.Errorf("Shutdown took %v of its 300 ms", took)
			}
		})
	}
}

func TestADeadCollectorIsSaidOnce(t *testing.T) {
	t.Parallel()
	tel, said := start(t, telemetry.Config{
		Endpoint: "http://" + closedPort(t), SampleRatio: 1, ExportTimeout: 100 * time.Millisecond,
	})
	_, s := tel.Tracer().Start(t.Context(), "work")
	s.End()
	said.wait(t, `"signal":"spans"`)
	_ = tel.Flush(deadline(t, 5*time.Second))
	if n := said.count(`"signal":"spans"`); n != 1 {
		t.Errorf("said %d times", n)
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// blackHole takes connections and never says a word.
func blackHole(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
	}()
	return l.Addr().String()
}

func linkTo(traceparent string) trace.SpanStartOption {
	return trace.WithLinks(signal.Link(traceparent))
}
