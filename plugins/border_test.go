package plugins_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/egress"
	"github.com/usher-id/usher/hostapi/host"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// lending is a function of the host with its signature.
type lending struct {
	module, function string
	signature        hostapi.Signature
}

// everyFunction is all that a host lends.
func everyFunction() []lending {
	var all []lending
	for name, s := range hostapi.CoreFunctions() {
		all = append(all, lending{hostapi.ModuleCore, name, s})
	}
	for _, c := range hostapi.Capabilities() {
		for _, name := range c.Functions {
			all = append(all, lending{c.Module, name, hostapi.CapabilitySignature()})
		}
	}
	return all
}

// border is a guest of one page that calls a function of the host with the arguments
// that it is called with, beside a host that lends everything.
func border(t *testing.T, f lending, kv host.KV) api.Module {
	t.Helper()
	origin, err := egress.ParseOrigin("https://a.example")
	if err != nil {
		t.Fatal(err)
	}
	c, err := host.NewCapabilities(host.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""), KV: kv}, host.Grant{
		Plugin: "border", Origins: []egress.Origin{origin}, KV: true, Secrets: map[string]host.Secret{"k": "v"}, Telemetry: &hostapi.TelemetryGrant{Spans: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := wazero.NewRuntime(t.Context())
	t.Cleanup(func() { _ = r.Close(context.Background()); c.Close() })
	if err := errors.Join(host.Core(t.Context(), r), c.Lend(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	m := &Module{}
	imported := m.Import(f.module, f.function, f.signature)
	m.Memory(1).Data(0, []byte("{}"))
	var code []byte
	for i := range f.signature.Params {
		code = append(code, LocalGet, byte(i))
	}
	m.Export("call", m.Func(f.signature, 0, append(code, Call, imported)...))
	guest, err := r.Instantiate(t.Context(), m.Wasm())
	if err != nil {
		t.Fatal(err)
	}
	return guest
}

// in calls it while a call is in flight.
func in(ctx context.Context, guest api.Module, c *host.Call, args ...uint64) ([]uint64, error) {
	return guest.ExportedFunction("call").Call(host.With(ctx, c), args...)
}

func liveCall() *host.Call {
	return &host.Call{Live: true, Hook: deliver, Input: []byte("{}"), OutputMax: 100, Result: []byte("{}"), CallsOut: 4, ResultMax: 100}
}

// No function of the host does anything once the time is up, the caller has gone, or
// when no call is in flight at all.
func TestEveryFunctionHonoursItsCall(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, f := range everyFunction() {
		t.Run(f.module+"."+f.function, func(t *testing.T) {
			t.Parallel()
			s := &shelf{}
			guest := border(t, f, s)
			args := make([]uint64, len(f.signature.Params))
			late := liveCall()
			late.Deadline = time.Now().Add(-time.Millisecond)
			if _, err := in(t.Context(), guest, late, args...); err == nil || !late.Stopped {
				t.Errorf("after the deadline: %v", err)
			}
			left := liveCall()
			if _, err := in(gone, guest, left, args...); err == nil || !left.Stopped {
				t.Errorf("after the caller has gone: %v", err)
			}
			if _, err := guest.ExportedFunction("call").Call(t.Context(), args...); err == nil {
				t.Error("outside of a call it answers")
			}
			timely := liveCall()
			timely.Deadline = time.Now().Add(time.Hour)
			if _, err := in(t.Context(), guest, timely, args...); err != nil {
				t.Errorf("in time: %v", err)
			}
			if s.uses != 0 || len(late.Output) != 0 || late.Failure != "" {
				t.Error("it did something")
			}
		})
	}
}

// A pointer or a length that leads outside of the guest's memory ends the call.
func TestEveryFunctionJudgesPointers(t *testing.T) {
	t.Parallel()
	const page = 1 << 16
	for _, f := range everyFunction() {
		pointers := map[string][][]uint64{ // arguments that must not be believed
			hostapi.FuncInputLen: nil, hostapi.FuncNowMS: nil, hostapi.FuncDeadlineMS: nil,
			hostapi.FuncInputRead:  {{page, 0, 1}, {page - 1, 0, 2}, {1<<32 - 1, 0, 2}},
			hostapi.FuncResultRead: {{page, 0, 1}, {page - 1, 0, 2}, {1<<32 - 1, 0, 2}},
			hostapi.FuncLog:        {{0, page, 1}, {0, page - 1, 2}, {0, 1, 1<<32 - 1}, {0, 1<<32 - 1, 1<<32 - 1}},
		}
		bad, known := pointers[f.function]
		if !known {
			bad = [][]uint64{{page, 1}, {page - 1, 2}, {1<<32 - 1, 1}, {1<<32 - 1, 4096}}
			if f.function != hostapi.FuncRandom { // which refuses a length by itself
				bad = append(bad, []uint64{1, 1<<32 - 1}, []uint64{0, 1 << 31})
			}
		}
		for _, args := range bad {
			t.Run(f.module+"."+f.function, func(t *testing.T) {
				t.Parallel()
				s := &shelf{}
				call := liveCall()
				if _, err := in(t.Context(), border(t, f, s), call, args...); !errors.Is(err, host.ErrBadPointer) {
					t.Errorf("with %v: %v", args, err)
				}
				if s.uses != 0 || len(call.Output) != 0 || call.Failure != "" {
					t.Error("it did something")
				}
			})
		}
	}
}

// A warm-up call is answered by every capability, and does nothing.
func TestEveryCapabilityRehearses(t *testing.T) {
	t.Parallel()
	for _, f := range everyFunction() {
		if f.module == hostapi.ModuleCore {
			continue
		}
		t.Run(f.module+"."+f.function, func(t *testing.T) {
			t.Parallel()
			s := &shelf{}
			call := liveCall()
			call.Live = false
			got, err := in(t.Context(), border(t, f, s), call, 0, 2)
			if err != nil {
				t.Fatal(err)
			}
			result := hostapi.Result(got[0])
			var no hostapi.Refusal
			if err := json.Unmarshal(call.Result, &no); err != nil {
				t.Fatal(err)
			}
			if result.Status() != hostapi.StatusFailed || no.Reason != hostapi.ReasonRehearsal || result.Length() != len(call.Result) || s.uses != 0 {
				t.Errorf("status %d, %+v", result.Status(), no)
			}
		})
	}
}
