package plugins_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// What a guest keeps, in a global or in memory, the next call must not see.
func TestNothingIsRemembered(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]plugins.Config{
		"written pages": {Instances: 1}, "compared": plugins.Compared(plugins.Config{Instances: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config.Limits.WallMS = 60_000
			e := newEngine(t, config)
			load(t, e, plugins.Source{Name: "guest", Wasm: remembering()})
			first := ""
			for n := range 200 {
				answer, err := e.Call(t.Context(), signup(t, "acme.example"))
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					first = string(answer.Output)
				}
				if string(answer.Output) != first {
					t.Fatalf("call %d sees %s, the first saw %s", n, answer.Output, first)
				}
			}
		})
	}
}

// Whatever is written anywhere, a reset brings every byte back, through garbage
// collections and however often.
func TestEveryByteComesBack(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 40<<16)
	for i := 0; i < len(content)/2; i++ {
		content[i] = byte(chance.Uint32())
	}
	m := plugins.NewWarm(content)
	if m == nil {
		t.Skip("this kernel does not tell which pages were written; resets compare")
	}
	defer m.Close()
	for round := range 300 {
		for range chance.IntN(60) {
			at := chance.IntN(len(content))
			span := m.Bytes()[at:min(at+chance.IntN(9000), len(content))]
			for i := range span {
				span[i] += byte(round + 1)
			}
		}
		if round%50 == 0 {
			runtime.GC()
		}
		if !m.Restore() || !bytes.Equal(m.Bytes(), content) {
			t.Fatalf("round %d: the memory is not what it was", round)
		}
	}
}

// An instance that grew cannot be restored; the next call has a fresh one.
func TestGrownInstanceIsReplaced(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 60_000}}) // a busy machine is not what is tested
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(*Module) []byte {
		return Code(Int(1), Op(MemoryGrow, 0), Int(1), Op(I32Ne, If, Void, Unreachable, End))
	})})
	for range 20 {
		if _, err := e.Call(t.Context(), signup(t, "acme.example")); err != nil {
			t.Fatalf("memory did not begin with one page: %v", err)
		}
	}
	if s := e.Status(); s[0].Instances != 1 || s[0].Memory != 65536 {
		t.Errorf("status %+v", s)
	}
}

// 10,000 callers share four instances, and each gets the answer to its own question.
func TestTenThousandCallers(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 4, Limits: hostapi.Limits{WallMS: 300_000}})
	load(t, e, plugins.Source{Name: "echo", Wasm: echoing().Wasm()})
	var callers sync.WaitGroup
	var failed sync.Map
	for n := range 10_000 {
		callers.Go(func() {
			question := fmt.Sprintf(`"data":{"n":%d}`, n)
			answer, err := e.Call(context.Background(), plugins.Call{Hook: validate, Data: []byte(question[len(`"data":`):])})
			if err != nil || !bytes.Contains(answer.Output, []byte(question)) {
				failed.Store(n, fmt.Sprintf("%s, %v", answer.Output, err))
			}
		})
	}
	callers.Wait()
	failed.Range(func(n, got any) bool { t.Errorf("call %v got %v", n, got); return false })
	if s := e.Status(); s[0].Instances > 4 {
		t.Errorf("%d instances", s[0].Instances)
	}
}

// A swap under load drops no call: each is answered by the old or the new version.
func TestSwapUnderLoad(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 60_000}})
	versions := [][]byte{
		answering([]byte(`{"outcome":"continue","data":{"slug":"old"}}`)), answering([]byte(`{"outcome":"continue","data":{"slug":"new"}}`)),
	}
	load(t, e, plugins.Source{Name: "guest", Wasm: versions[0]})
	ctx, stop := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for ctx.Err() == nil {
				if answer, err := e.Call(context.Background(), signup(t, "acme.example")); err != nil || answer.Outcome != hostapi.Continue {
					t.Errorf("a call was dropped: %v", err)
				}
			}
		})
	}
	for n := range 200 {
		load(t, e, plugins.Source{Name: "guest", Wasm: versions[(n+1)%2]})
	}
	stop()
	callers.Wait()
}

// Close waits for the calls in flight, which end by themselves.
func TestCloseWhileCalling(t *testing.T) {
	t.Parallel()
	inFlight := make(chan struct{})
	log := slog.New(slog.NewTextHandler(onLine{"plugin log", sync.OnceFunc(func() { close(inFlight) })}, nil))
	e := newEngineWith(t, plugins.Deps{Log: log}, plugins.Config{Limits: hostapi.Limits{WallMS: 300}})
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(m *Module) []byte {
		hello := m.Core(hostapi.FuncLog)
		return Code(Int(1), Int(0), Int(4), Op(Call, hello), Op(Loop, Void, Br, 0, End))
	})})
	call, result := signup(t, "acme.example"), make(chan error, 1)
	go func() {
		_, err := e.Call(context.Background(), call)
		result <- err
	}()
	<-inFlight
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err == nil {
		t.Error("an endless guest answered")
	}
	_, err := e.Call(t.Context(), call)
	expectFailure(t, err, plugins.NotLoaded, "")
	if err := e.Load(t.Context(), nil); err == nil {
		t.Error("a closed engine loads")
	}
	if err := e.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestUnchangedVersionIsKept(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e := newEngineWith(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(&log, nil))}, plugins.Config{})
	source := plugins.Source{Name: "guest", Wasm: answering([]byte(`{"outcome":"continue"}`))}
	load(t, e, source)
	load(t, e, source, plugins.Source{Name: "other", Wasm: source.Wasm})
	if n := strings.Count(log.String(), `msg="plugin loaded" plugin=guest`); n != 1 {
		t.Errorf("compiled %d times:\n%s", n, log.String())
	}
	if s := e.Status(); len(s) != 2 || s[1].Name != "other" {
		t.Errorf("status %+v", s)
	}
	if err := e.Load(t.Context(), []plugins.Source{source, source}); err == nil {
		t.Error("one name is loaded twice")
	}
}

// A guest cannot forge a log line, nor flood the log.
func TestPluginLog(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e := newEngineWith(t, plugins.Deps{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))},
		plugins.Config{Limits: hostapi.Limits{LogBytes: 100}})
	const forged = "one\r\n{\"level\":\"ERROR\"}\u2028\u202e"
	m := &Module{}
	write, say := m.Core(hostapi.FuncOutputWrite), m.Core(hostapi.FuncLog)
	m.Memory(1).Data(0, []byte(`{"outcome":"continue"}`)).Data(100, []byte(forged))
	m.Hook(validate, 0, Code(
		Int(99), Int(100), Int(len(forged)), Op(Call, say), Int(1), Int(200), Int(5000), Op(Call, say),
		Int(0), Int(22), Op(Call, write, Drop), Int(0))...)
	load(t, e, plugins.Source{Name: "guest", Wasm: m.Wasm()})
	if _, err := e.Call(t.Context(), signup(t, "acme.example")); err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for raw := range strings.Lines(log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(raw), &line); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if line["hook"] != nil {
			lines = append(lines, line)
		}
	}
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), log.String())
	}
	if l := lines[0]; l["line"] != `one\r\n{"level":"ERROR"}\u2028\u202e` || l["level"] != "ERROR" || l["plugin"] != "guest" || l["call_id"] == "" {
		t.Errorf("first line %v", l)
	}
	if l := lines[2]; l["msg"] != "plugin log cut" || l["dropped_bytes"] == float64(0) {
		t.Errorf("last line %v", l)
	}
}

// onLine does something when a line with that text is logged.
type onLine struct {
	text string
	do   func()
}

func (o onLine) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(o.text)) {
		o.do()
	}
	return len(p), nil
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A guest with a manifest is given the fields that it named, and no more. It
// sees the trace of its own call.
func TestManifestAndTrace(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	var seen []plugins.Observation
	e := newEngineWith(t, plugins.Deps{
		Tracer: provider.Tracer("test"), Observe: func(_ context.Context, o plugins.Observation) { seen = append(seen, o) },
	}, plugins.Config{})
	const manifest = `{"name":"echo","version":"2.1.0","hooks":{"signup.validate":{"fields":["email_domain","locale"]}},"limits":{"wall_ms":500}}`
	load(t, e, plugins.Source{Name: "echo", Config: []byte(`{"a":[1]}`), Wasm: echoing().Custom(hostapi.ManifestSection, []byte(manifest)).Wasm()})
	call := signup(t, "acme.example")
	call.Judge, call.TenantID, call.ActorKind, call.ActorID = nil, "t\"1", hostapi.ActorUser, "u"
	answer, err := e.Call(t.Context(), call)
	if err != nil || answer.Version != "2.1.0" {
		t.Fatalf("%+v, %v", answer, err)
	}
	var got hostapi.Envelope[map[string]any]
	if err := json.Unmarshal(answer.Output, &got, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%s: %v", answer.Output, err)
	}
	if len(got.Data) != 2 || got.Data["email_domain"] != "acme.example" || got.Data["locale"] != "en" {
		t.Errorf("data %v", got.Data)
	}
	if got.ABI != hostapi.ABI || got.Tenant != "t\"1" || got.Actor.ID != "u" || string(got.Config) != `{"a":[1]}` || got.RunID != "run" {
		t.Errorf("envelope %+v", got)
	}
	span := spans.GetSpans()[0]
	if want := "00-" + span.SpanContext.TraceID().String() + "-" + span.SpanContext.SpanID().String() + "-01"; got.Traceparent != want {
		t.Errorf("traceparent %s, want %s", got.Traceparent, want)
	}
	if span.Name != "plugin.call" || !hasAttribute(span.Attributes, "usher.plugin.version", "2.1.0") {
		t.Errorf("span %s %v", span.Name, span.Attributes)
	}
	if len(seen) != 1 || seen[0].Plugin != "echo" || seen[0].Failure != "" || seen[0].Duration <= 0 {
		t.Errorf("observed %+v", seen)
	}
}

func hasAttribute(attributes []attribute.KeyValue, key, value string) bool {
	for _, a := range attributes {
		if string(a.Key) == key && a.Value.AsString() == value {
			return true
		}
	}
	return false
}

// Two plugins at one hook are asked in order until one denies.
func TestChain(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{})
	accept, deny := answering([]byte(`{"outcome":"continue"}`)), answering([]byte(`{"outcome":"deny"}`))
	load(t, e, plugins.Source{Name: "first", Wasm: accept}, plugins.Source{Name: "second", Wasm: deny}, plugins.Source{Name: "third", Wasm: accept})
	call := signup(t, "acme.example")
	if answer, err := e.Call(t.Context(), call); err != nil || answer.Plugin != "second" || answer.Outcome != hostapi.Deny {
		t.Errorf("%+v, %v", answer, err)
	}
	call.First = true
	if answer, err := e.Call(t.Context(), call); err != nil || answer.Plugin != "first" {
		t.Errorf("%+v, %v", answer, err)
	}
	if answer, err := e.Call(t.Context(), plugins.Call{Hook: hostapi.HookMessageRender}); err != nil || answer.Bound {
		t.Errorf("%+v, %v", answer, err)
	}
}

// echoing answers with its envelope.
func echoing() *Module {
	m := &Module{}
	length, read, write := m.Core(hostapi.FuncInputLen), m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite)
	return m.Memory(1).Hook(validate, 1, Code(
		Op(Call, length, LocalSet, 0), Int(0), Int(0), Op(LocalGet, 0, Call, read, Drop),
		Int(0), Op(LocalGet, 0, Call, write, Drop), Int(0))...)
}

// A plugin that was busy goes back to one instance.
func TestIdlePluginShrinks(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 3, IdleAfter: 10 * time.Millisecond, Limits: hostapi.Limits{WallMS: 60_000}})
	load(t, e, plugins.Source{Name: "echo", Wasm: echoing().Wasm()})
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			if _, err := e.Call(context.Background(), plugins.Call{Hook: validate, Data: []byte(`{}`)}); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for e.Status()[0].Instances != 1 {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("status %+v", e.Status())
		}
	}
	if _, err := e.Call(t.Context(), plugins.Call{Hook: validate, Data: []byte(`{}`)}); err != nil {
		t.Error(err)
	}
}
