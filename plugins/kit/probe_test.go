package kit_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/kit"
)

// A release is probed by the fixtures of what is new in it, with nothing of the host
// behind them.
func TestProbe(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	e, err := plugins.New(plugins.Deps{
		Log: slog.New(slog.DiscardHandler), Tracer: trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer(""),
		Observe: func(context.Context, plugins.Observation) { t.Error("a probe is observed") },
	}, plugins.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	fetches := plugins.Source{
		Name: "fetches", Grants: plugins.Grants{Origins: []string{"https://a.example"}, Secrets: map[string]host.Secret{"key": "the real one"}},
		Wasm: fetchingWith(`[{"name":"takes it","hook":"message.send","data":{},"want":{"outcome":"continue","data":{"status":"retry"}},
			"http":[{"request":{"url":"https://a.example/x"},"response":{"status":200}}]},
		{"name":"sends it on","hook":"message.send","data":{},"want":{"outcome":"continue","data":{"status":"sent"}}}]`),
	}
	bare := plugins.Source{Name: "bare", Wasm: answering(`{"outcome":"continue"}`, "")}
	ready, err := e.Prepare(t.Context(), plugins.Release{Sources: []plugins.Source{bare}, Warm: []plugins.Source{fetches}})
	if err != nil {
		t.Fatal(err)
	}
	reports, err := kit.Probe(t.Context(), ready, nil)
	if err == nil || len(reports) != 2 {
		t.Fatalf("%+v, %v", reports, err)
	}
	for _, want := range []string{`plugin fetches 1.0.0: fixture "sends it on": $.data.status: want "sent", got "retry"; request 1: want none, got GET https://a.example/x`} {
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "takes it") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if r := reports[0]; !r.Passed() || r.Name != "takes it" || r.Role != plugins.RoleWarm || r.P50 <= 0 || r.P99 < r.P50 || r.Fuel <= 0 || r.Memory != 64<<10 || len(r.Digest) != 64 {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := kit.Probe(ctx, ready, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a probe that is given up: %v", err)
	}
	ready.Commit()
	again, err := e.Prepare(t.Context(), plugins.Release{Sources: []plugins.Source{bare}, Warm: []plugins.Source{fetches}})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Abort()
	if reports, err := kit.Probe(t.Context(), again, nil); err != nil || len(reports) != 0 {
		t.Errorf("what is not new is probed: %+v, %v", reports, err)
	}
	if _, err := again.Trials()[0].Ask(t.Context(), plugins.Call{Hook: hostapi.HookEventDeliver}, plugins.StandIns{}); err == nil || !strings.Contains(err.Error(), "does not serve event.deliver") {
		t.Errorf("a hook that it does not serve: %v", err)
	}
	if n := len(spans.Ended()); n != 0 {
		t.Errorf("%d spans", n)
	}
}
