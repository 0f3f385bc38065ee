package plugins_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// A guest for every way to fail. The plugin answers the call after: the broken
// instance was replaced.
func TestGuestsThatFail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wasm []byte
		want plugins.Kind
		says string
	}{
		"endless loop": {misbehaving(func(*Module) []byte {
			return Op(Loop, Void, Br, 0, End)
		}), plugins.Deadline, ""},
		"memory bomb": {misbehaving(func(*Module) []byte {
			return Code(Op(Loop, Void), Int(16), Op(MemoryGrow, 0), Int(0), Op(I32LtS, I32Eqz, BrIf, 0, End, Unreachable))
		}), plugins.Memory, ""},
		"output bomb": {misbehaving(func(m *Module) []byte {
			write := m.Core(hostapi.FuncOutputWrite)
			return Code(Op(Loop, Void), Int(0), Int(65536), Op(Call, write), Int(0), Op(I32LtS, I32Eqz, BrIf, 0, End))
		}), plugins.TooLarge, ""},
		"bad output pointer": {misbehaving(func(m *Module) []byte {
			return Code(Int(-16), Int(100), Op(Call, m.Core(hostapi.FuncOutputWrite), Drop))
		}), plugins.Trap, "outside of its memory"},
		"bad input pointer": {misbehaving(func(m *Module) []byte {
			return Code(Int(65530), Int(0), Int(100), Op(Call, m.Core(hostapi.FuncInputRead), Drop))
		}), plugins.Trap, "outside of its memory"},
		"negative length": {misbehaving(func(m *Module) []byte {
			return Code(Int(1), Int(0), Int(-1), Op(Call, m.Core(hostapi.FuncLog)))
		}), plugins.Trap, "outside of its memory"},
		"trap": {misbehaving(func(*Module) []byte { return Op(Unreachable) }), plugins.Trap, "unreachable"},
		"exit": {misbehaving(func(m *Module) []byte {
			exit := m.Import("wasi_snapshot_preview1", "proc_exit", hostapi.Signature{Params: []hostapi.ValueType{hostapi.I32}})
			return Code(Int(0), Op(Call, exit))
		}), plugins.Trap, ""},
		"deep recursion": {misbehaving(func(m *Module) []byte {
			return Op(Call, m.Func(hostapi.Signature{}, 0, Call, 2, I32Const, 0, Drop))
		}), plugins.Stack, "nested too deeply"},
		"declared": {misbehaving(func(m *Module) []byte {
			return Code(Int(2), Int(7), Op(Call, m.Core(hostapi.FuncFail)), Int(1), Op(Return))
		}), plugins.Failed, "outcome"},
		"silent": {misbehaving(func(*Module) []byte { return Code(Int(0), Op(Return)) }), plugins.InvalidOutput, "no output"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wall := 2000
			if name == "deep recursion" {
				wall = 60_000 // its stack must end it; under the race detector that takes seconds
			}
			e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: wall, MemoryPages: 32}})
			load(t, e, plugins.Source{Name: "guest", Wasm: tc.wasm})
			for range 2 {
				answer, err := e.Call(t.Context(), signup(t, "acme.example"))
				expectFailure(t, err, tc.want, tc.says)
				if !answer.Bound || answer.Plugin != "guest" {
					t.Errorf("the answer does not say who failed: %+v", answer)
				}
			}
		})
	}
}

func expectFailure(t *testing.T, err error, want plugins.Kind, says string) {
	t.Helper()
	f, ok := errors.AsType[*plugins.Failure](err)
	if !ok || f.Kind != want || !strings.Contains(f.Detail, says) {
		t.Fatalf("got %v, want %s %q", err, want, says)
	}
}

func TestOutputThatIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ output, says string }{
		"not JSON":     {"hello", "not JSON"},
		"not UTF-8":    {"\"\xff\"", "not UTF-8"},
		"two values":   {"{} {}", "not JSON"},
		"doubled name": {`{"outcome":"deny","outcome":"continue"}`, "not JSON"},
		"wrong shape":  {`{"role":"owner"}`, "role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, plugins.Config{})
			load(t, e, plugins.Source{Name: "guest", Wasm: answering([]byte(tc.output))})
			_, err := e.Call(t.Context(), signup(t, "acme.example"))
			expectFailure(t, err, plugins.InvalidOutput, tc.says)
		})
	}
}

func TestModulesThatAreRefused(t *testing.T) {
	t.Parallel()
	hook := func(m *Module) []byte { return m.Hook(validate, 0, Int(0)...).Wasm() }
	i64 := hostapi.Signature{Results: []hostapi.ValueType{hostapi.I64}}
	for name, tc := range map[string]struct {
		source plugins.Source
		says   string
	}{
		"no module":       {plugins.Source{Wasm: []byte("hello")}, "no core WebAssembly module"},
		"component":       {plugins.Source{Wasm: []byte("\x00asm\x0d\x00\x01\x00")}, "no core WebAssembly module"},
		"no memory":       {plugins.Source{Wasm: hook(&Module{})}, `exports no memory under the name "memory"`},
		"no hook":         {plugins.Source{Wasm: (&Module{}).Memory(1).Wasm()}, "serves no hook"},
		"wrong signature": {plugins.Source{Wasm: wrong(i64)}, "usher_signup_validate is () -> i64, expected () -> i32"},
		"another hook": {
			plugins.Source{Wasm: hook((&Module{}).Memory(1)), Hooks: []hostapi.Hook{hostapi.HookMessageRender}},
			"no export usher_message_render () -> i32",
		},
		"unknown hook": {plugins.Source{Wasm: hook((&Module{}).Memory(1)), Hooks: []hostapi.Hook{"no.such"}}, `no hook "no.such"`},
		"import not lent": {
			plugins.Source{Wasm: importing("usher:http/v1", "listen", i64)},
			"usher:http/v1.listen is not lent; this host lends usher:core/v1, usher:http/v1 (fetch), usher:kv/v1 (get, put, delete)",
		},
		"import of another type": {
			plugins.Source{Wasm: importing(hostapi.ModuleCore, hostapi.FuncInputLen, i64)},
			"usher:core/v1.input_len is () -> i64, expected () -> i32",
		},
		"unknown WASI function": {plugins.Source{Wasm: importing("wasi_snapshot_preview1", "no_such", i64)}, "no_such"},
		"command": {plugins.Source{Wasm: func() []byte {
			m := (&Module{}).Memory(1)
			return m.Export("_start", m.Func(hostapi.Signature{}, 0)).Wasm()
		}()}, "built as a command"},
		"too much memory at start": {plugins.Source{Wasm: hook((&Module{}).Memory(257))}, "its limit is 256"},
		"huge memory at start":     {plugins.Source{Wasm: hook((&Module{}).Memory(65536))}, "more than the limit of 1024"},
		"huge table":               {plugins.Source{Wasm: hook((&Module{}).Memory(1).Table(1 << 30))}, "table entries"},
		"table changed": {plugins.Source{Wasm: (&Module{}).Memory(1).Table(1).
			Hook(validate, 0, Code(Int(0), Op(RefNull, FuncRef, TableSet, 0), Int(0))...).Wasm()}, "changes a table"},
		"crash in the warm-up": {plugins.Source{Wasm: (&Module{}).Memory(1).Hook(validate, 0, Unreachable).Wasm()}, "warm-up call of signup.validate"},
		"endless start": {plugins.Source{Wasm: func() []byte {
			m := (&Module{}).Memory(1)
			return hook(m.Start(m.Func(hostapi.Signature{}, 0, Loop, Void, Br, 0, End)))
		}()}, "start an instance"},
		"bad code": {plugins.Source{Wasm: (&Module{}).Memory(1).Hook(validate, 0, I32Add).Wasm()}, "compile"},
		"bad name": {plugins.Source{Name: "No Such", Wasm: hook((&Module{}).Memory(1))}, "lower case"},
		"bad config": {
			plugins.Source{Wasm: hook((&Module{}).Memory(1)), Config: []byte(`[]`)},
			"no JSON object",
		},
		"limits beyond the most": {plugins.Source{Wasm: hook((&Module{}).Memory(1)), Limits: hostapi.Limits{WallMS: 60_000}}, "outside of"},
		"malformed manifest":     {plugins.Source{Wasm: hook((&Module{}).Memory(1).Custom(hostapi.ManifestSection, []byte(`{"nam":1}`)))}, "manifest"},
		"manifest names a hook that is not served": {plugins.Source{Wasm: hook((&Module{}).Memory(1).Custom(hostapi.ManifestSection,
			[]byte(`{"name":"g","version":"1.0.0","hooks":{"message.render":{"fields":[]}}}`)))}, "its manifest names message.render"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, plugins.Config{LoadTimeout: 2 * time.Second})
			load(t, e, plugins.Source{Name: "before", Wasm: answering([]byte(`{"outcome":"continue"}`))})
			if tc.source.Name == "" {
				tc.source.Name = "guest"
			}
			err := e.Load(t.Context(), []plugins.Source{tc.source})
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("got %v, want %q", err, tc.says)
			}
			if answer, err := e.Call(t.Context(), signup(t, "acme.example")); err != nil || answer.Plugin != "before" {
				t.Errorf("the plugin loaded before: %+v, %v", answer, err)
			}
		})
	}
}

func wrong(s hostapi.Signature) []byte {
	m := (&Module{}).Memory(1)
	return m.Export(validate.Export(), m.Func(s, 0, Unreachable)).Wasm()
}

func importing(module, name string, s hostapi.Signature) []byte {
	m := &Module{}
	m.Import(module, name, s)
	return m.Memory(1).Hook(validate, 0, Int(0)...).Wasm()
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 2000}})
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(*Module) []byte { return Op(Loop, Void, Br, 0, End) })})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, nil)
	defer cancel()
	if _, err := e.Call(ctx, signup(t, "acme.example")); err == nil {
		t.Error("an endless guest answered")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.Call(gone, signup(t, "acme.example"))
	expectFailure(t, err, plugins.Canceled, "")
}

func TestNoInstanceInTime(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 1000}})
	load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(func(*Module) []byte { return Op(Loop, Void, Br, 0, End) })})
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := e.Call(context.Background(), signup(t, "acme.example"))
			results <- err
		}()
	}
	kinds := map[plugins.Kind]bool{}
	for range 2 {
		if f, ok := errors.AsType[*plugins.Failure](<-results); ok {
			kinds[f.Kind] = true
		}
	}
	if !kinds[plugins.Exhausted] || !kinds[plugins.Deadline] {
		t.Errorf("got %v", kinds)
	}
}
