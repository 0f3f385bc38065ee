package plugins_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/tests/jsguest"
	"github.com/usher-id/usher/tests/rustguest"
)

// Guests that wazero's context check would let run for minutes: they have no
// loop, or spend their time in few instructions. Each is stopped soon after its
// deadline, which is far below the time that it would take.
func TestGuestsWithoutLoopsAreStopped(t *testing.T) {
	t.Parallel()
	repeat := func(n int, code ...byte) []byte { return bytes.Repeat(code, n) }
	fill := Code(Int(0), Int(7), Int(65536), Op(Misc, 11, 0))
	for name, body := range map[string]func(m *Module) []byte{
		"nested calls": func(m *Module) []byte {
			return Op(Call, nested(m, m.Func(hostapi.Signature{}, 0)))
		},
		"nested calls of long code": func(m *Module) []byte {
			long := m.Func(hostapi.Signature{}, 0, repeat(20_000, I32Const, 1, Drop)...)
			return Op(Call, nested(m, long))
		},
		"nested calls of bulk instructions": func(m *Module) []byte {
			return Op(Call, nested(m, m.Func(hostapi.Signature{}, 0, repeat(1000, fill...)...)))
		},
		"nested calls of the host": func(m *Module) []byte {
			random := m.Core(hostapi.FuncRandom)
			return Op(Call, nested(m, m.Func(hostapi.Signature{}, 0, Code(Int(0), Int(hostapi.MaxRandom), Op(Call, random, Drop))...)))
		},
		"nested calls of the system interface": func(m *Module) []byte {
			i32 := hostapi.I32
			random := m.Import("wasi_snapshot_preview1", "random_get",
				hostapi.Signature{Params: []hostapi.ValueType{i32, i32}, Results: []hostapi.ValueType{i32}})
			leaf := m.Func(hostapi.Signature{}, 0, Code(Int(0), Int(16<<20), Op(Call, random, Drop))...)
			return Code(Int(255), Op(MemoryGrow, 0, Drop, Call, nested(m, leaf)))
		},
		"nested calls through a table": func(m *Module) []byte {
			m.Table(1).Elements(m.Func(hostapi.Signature{}, 0))
			const ownType = 2 // after those of input_read and output_write
			return Op(Call, nested(m, m.Func(hostapi.Signature{}, 0, repeat(10, I32Const, 0, CallIndirect, ownType, 0)...)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 100}})
			load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(body)})
			answer, err := e.Call(t.Context(), signup(t, "acme.example"))
			expectFailure(t, err, plugins.Deadline, "")
			if answer.Duration > 5*time.Second { // generous: the machine may be busy
				t.Errorf("it ran for %v", answer.Duration)
			}
		})
	}
}

// nested gives a function that calls the leaf 2^60 times.
func nested(m *Module, leaf byte) byte {
	for range 60 {
		leaf = m.Func(hostapi.Signature{}, 0, Call, leaf, Call, leaf)
	}
	return leaf
}

// A guest that is stopped because its caller gave up says so.
func TestCallerGivesUpOnRunningGuest(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 2000}})
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(*Module) []byte { return Op(Loop, Void, Br, 0, End) })})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := e.Call(ctx, signup(t, "acme.example"))
	expectFailure(t, err, plugins.Canceled, "")
}

// A guest that exits with the number that means a deadline to wazero fools nobody.
func TestExitIsNoDeadline(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{})
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(m *Module) []byte {
		exit := m.Import("wasi_snapshot_preview1", "proc_exit", hostapi.Signature{Params: []hostapi.ValueType{hostapi.I32}})
		return Code(Int(-17), Op(Call, exit)) // sys.ExitCodeDeadlineExceeded
	})})
	_, err := e.Call(t.Context(), signup(t, "acme.example"))
	expectFailure(t, err, plugins.Trap, "")
}

// What a call spent is counted, the same each time, and is on its span.
func TestFuelIsCounted(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	var seen []plugins.Observation
	e := newEngineWith(t, plugins.Deps{
		Tracer:  sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("test"),
		Observe: func(_ context.Context, o plugins.Observation) { seen = append(seen, o) },
	}, plugins.Config{Limits: hostapi.Limits{WallMS: 2000}})
	const turns, want = 50_000, 50_000 + 1 + 2*100 // the loop, the entry of the hook, two calls of the host
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(*Module) []byte {
		return Code(Int(0), Op(LocalSet, 0, Loop, Void, LocalGet, 0), Int(1), Op(I32Add, LocalSet, 0, LocalGet, 0), Int(turns), Op(I32LtS, BrIf, 0, End))
	})})
	for n := range 3 {
		answer, err := e.Call(t.Context(), signup(t, "acme.example"))
		if err != nil || answer.Fuel != want || seen[n].Fuel != answer.Fuel {
			t.Fatalf("spent %d, observed %d: %v", answer.Fuel, seen[n].Fuel, err)
		}
	}
	for _, a := range spans.GetSpans()[0].Attributes {
		if a == attribute.Int64("usher.plugin.fuel", want) {
			return
		}
	}
	t.Error("the span does not tell the fuel")
}

// subject is a guest that is asked mutated questions, metered and as it is.
type subject struct {
	wasm      func(testing.TB) []byte
	questions func(testing.TB) []plugins.Call
}

// subjects are all guests that must mean the same after they were rewritten: a
// line here is all that another one takes.
func subjects() map[string]subject {
	return map[string]subject{
		"company-domain":   {companyDomain, signups},
		"company-domain-c": {companyDomainInC, signups},
		"mail-templates":   {welcomeMail, mails},
		"company-js":       {func(t testing.TB) []byte { return jsguest.Build(t, "testdata/js/company.js") }, signups},
		"walker-rust":      {func(t testing.TB) []byte { return rustguest.Build(t, "testdata/rust/walker.rs") }, signups},
		"nested":           {nestedJSON, signups},
		"recursive":        {func(testing.TB) []byte { return recursive() }, signups},
		"echo":             {func(testing.TB) []byte { return echoing().Wasm() }, signups},
	}
}

func signups(t testing.TB) []plugins.Call {
	return []plugins.Call{signup(t, "acme.example"), signup(t, "gmail.com")}
}

func mails(testing.TB) []plugins.Call {
	return []plugins.Call{
		{Hook: hostapi.HookMessageRender, Data: []byte(`{"kind":"invitation","locale":"de","tenant":{"name":"A & B","slug":"ab"},` +
			`"recipient_name":"Ann","inviter_name":"<Bob>","link":"https://link.usher.invalid/","expires_at":"2030-01-01T00:00:00Z"}`)},
		{Hook: hostapi.HookMessageRender, Data: []byte(`{"kind":"sign_in","locale":"en","link":"https://link.usher.invalid/"}`)},
	}
}

// Guests answer mutated questions the same, metered or as they are, and fail the
// same way at the same questions.
func TestMeteredGuestsAnswerTheSame(t *testing.T) {
	t.Parallel()
	for name, s := range subjects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := plugins.Config{Instances: 1, Breaker: plugins.BreakerConfig{Failures: 1 << 30}, Limits: hostapi.Limits{WallMS: 60_000}}
			metered, plain := newEngine(t, config), newEngine(t, plugins.ContextChecked(config))
			source := plugins.Source{Name: name, Wasm: s.wasm(t)}
			load(t, metered, source)
			load(t, plain, source)
			if answered := sameAnswers(t, metered, plain, s.questions(t), 2000); answered < 500 {
				t.Errorf("only %d mutations were answered", answered)
			}
		})
	}
}

// sameAnswers asks both engines and gives how many mutations were answered.
func sameAnswers(t *testing.T, metered, plain *plugins.Engine, questions []plugins.Call, rounds int) (answered int) {
	t.Helper()
	chance := rand.New(rand.NewPCG(1, 2))
	for n := range rounds {
		call := questions[n%len(questions)]
		call.Judge, call.Data = nil, mutate(chance, call.Data, n/len(questions))
		call.RunID = "run"
		got, gotErr := metered.Call(t.Context(), call)
		want, wantErr := plain.Call(t.Context(), call)
		if !sameText(got.Output, want.Output) || kindOf(gotErr) != kindOf(wantErr) || detailOf(gotErr) != detailOf(wantErr) {
			t.Fatalf("%s: metered %s, %v; as it is %s, %v", call.Data, got.Output, gotErr, want.Output, wantErr)
		}
		if gotErr == nil {
			answered++
		}
	}
	return answered
}

// sameText compares what guests wrote, but for the id of the call, which an echo shows.
func sameText(a, b []byte) bool {
	id := regexp.MustCompile(`"call_id":"[0-9a-f]{16}"`)
	return bytes.Equal(id.ReplaceAll(a, nil), id.ReplaceAll(b, nil))
}

// detailOf is why a guest failed. The numbers of functions in a trap differ.
func detailOf(err error) string {
	if f, ok := errors.AsType[*plugins.Failure](err); ok {
		return f.Detail
	}
	return ""
}

// recursive calls itself through values, blocks and returns of every kind, and
// answers when all levels gave back what they must. A question that has an x at
// a certain place makes it trap at the bottom instead.
func recursive() []byte {
	m := &Module{}
	read, write := m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite)
	i32 := []hostapi.ValueType{hostapi.I32}
	const self, answer, at = 2, `{"outcome":"continue"}`, 900
	down := m.Func(hostapi.Signature{Params: i32, Results: i32}, 1, Code(
		Op(LocalGet, 0, I32Eqz, If, Void), Int(at), Op(I32Load8, 0, 0), Int('x'), Op(I32Ne, If, Void), Int(0), Op(Return, End, Unreachable, End),
		Op(Block, byte(hostapi.I32), LocalGet, 0), Int(-1), Op(I32Add, Call, self), Int(1), Op(I32Add, LocalGet, 0, BrIf, 0, Drop), Int(7), Op(Return, End),
		Op(LocalSet, 1, Loop, Void, LocalGet, 1, Br, 1, End, Unreachable),
	)...)
	m.Memory(1).Data(0, []byte(answer))
	return m.Hook(validate, 0, Code(
		Int(at), Int(200), Int(1), Op(Call, read, Drop),
		Int(3000), Op(Call, down), Int(3000), Op(I32Ne, If, Void, Unreachable, End),
		Int(0), Int(len(answer)), Op(Call, write, Drop), Int(0))...).Wasm()
}

// mutate changes up to six bytes, moves a piece, or leaves the question as it is.
func mutate(chance *rand.Rand, data []byte, round int) []byte {
	data = bytes.Clone(data)
	for range min(round, chance.IntN(7)) {
		at := chance.IntN(len(data))
		switch chance.IntN(3) {
		case 0:
			data[at] = byte(chance.IntN(256))
		case 1:
			data[at] = "az09@.-_ <&"[chance.IntN(11)]
		default:
			end := min(len(data), at+chance.IntN(8))
			data = append(data[:end:end], data[at:]...)
		}
	}
	return data
}

func kindOf(err error) plugins.Kind {
	if f, ok := errors.AsType[*plugins.Failure](err); ok {
		return f.Kind
	}
	return ""
}
