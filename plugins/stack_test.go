package plugins_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// plunging calls itself without end.
func plunging() []byte {
	return misbehaving(func(m *Module) []byte {
		return Op(Call, m.Func(hostapi.Signature{}, 0, Call, 2, I32Const, 0, Drop))
	})
}

// Whatever its frames are made of, a guest that calls itself without end gets
// no further than the bound: not by locals, which a simple account would see, nor
// by what the compiler makes of few of them, which only the stack itself shows.
func TestStackIsBounded(t *testing.T) {
	t.Parallel()
	repeat := func(n int, code ...byte) []byte { return bytes.Repeat(code, n) }
	const self = 2 // the first function of a misbehaving guest
	for name, body := range map[string]func(m *Module) []byte{
		"small frames": func(m *Module) []byte { return Op(Call, m.Func(hostapi.Signature{}, 0, Call, self, I32Const, 0, Drop)) },
		"locals held across the call": func(m *Module) []byte {
			m.Global()
			return Op(Call, m.Func(hostapi.Signature{}, 200, Code(
				each(200, func(i int) []byte { return Code(Op(GlobalGet, 0), Local(LocalSet, i)) }), Op(Call, self),
				each(200, func(i int) []byte { return Code(Local(LocalGet, i), Op(GlobalSet, 0)) }))...))
		},
		"operands held across the call": func(m *Module) []byte {
			m.Global()
			return Op(Call, m.Func(hostapi.Signature{}, 0, Code(repeat(20_000, GlobalGet, 0), Op(Call, self), repeat(20_000, GlobalSet, 0))...))
		},
		"few locals in many blocks": func(m *Module) []byte {
			m.Global()
			return Op(Call, m.Func(hostapi.Signature{}, 200, Code(
				bytes.Repeat(Op(Block, Void, GlobalGet, 0, BrIf, 0), 200),
				each(200, func(i int) []byte { return Code(Op(GlobalGet, 0), Local(LocalSet, i)) }), repeat(200, End), Op(Call, self),
				each(200, func(i int) []byte { return Code(Local(LocalGet, i), Op(GlobalSet, 0)) }))...))
		},
		"a frame in each turn of a loop": func(m *Module) []byte {
			return Op(Call, m.Func(hostapi.Signature{}, 0, Loop, Void, Call, self, Br, 0, End))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 60_000}})
			load(t, e, plugins.Source{Name: "guest", Wasm: misbehaving(body)})
			held := e.Hold(validate)
			err := held.Ask(t.Context(), plugins.Call{Hook: validate, Data: []byte(`{}`)})
			if size := held.StackSize(validate); err == nil || size <= plugins.MaxStack || size > 3*plugins.MaxStack {
				t.Errorf("it ended with %v and %d bytes of stack", err, size)
			}
			held.Release()
			_, err = e.Call(t.Context(), signup(t, "acme.example"))
			expectFailure(t, err, plugins.Stack, "nested too deeply")
		})
	}
}

func each(n int, code func(int) []byte) []byte {
	var b []byte
	for i := range n {
		b = append(b, code(i)...)
	}
	return b
}

// Recursion that is meant goes as deep as in other places: a Go guest reads JSON
// nested a thousand deep, an assembled one nests 10,000 calls of small frames.
func TestHonestRecursionPasses(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 60_000}})
	i32 := []hostapi.ValueType{hostapi.I32}
	deep := misbehaving(func(m *Module) []byte {
		down := m.Func(hostapi.Signature{Params: i32}, 0, Code(Op(LocalGet, 0, If, Void, LocalGet, 0), Int(-1), Op(I32Add, Call, 2, End))...)
		return Code(Int(10_000), Op(Call, down))
	})
	for _, s := range []plugins.Source{{Name: "nested", Wasm: nestedJSON(t)}, {Name: "deep", Wasm: deep}} {
		load(t, e, s)
		answer, err := e.Call(t.Context(), signup(t, "acme.example"))
		if err != nil || answer.Outcome != hostapi.Continue {
			t.Errorf("%s: %+v, %v", s.Name, answer, err)
		}
	}
}

// inChild runs the test again in a process of its own, whose memory is all its
// own, and tells whether this is it. What the child prints is logged.
func inChild(t *testing.T) bool {
	t.Helper()
	const key = "USHER_TEST_CHILD"
	if os.Getenv(key) == t.Name() {
		return true
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=30m")
	child.Env = append(os.Environ(), key+"="+t.Name())
	out, err := child.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	return false
}

// resident is what the process has in memory, in bytes, and the most it ever had.
func resident(t testing.TB) (now, most int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the system does not tell")
	}
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kib, _ := strconv.Atoi(f[1])
		switch f[0] {
		case "VmRSS:":
			now = kib << 10
		case "VmHWM:":
			most = kib << 10
		}
	}
	return now, most
}

// Fifty guests in deep recursion at once take less than 300 MB, all in all.
func TestFiftyDeepRecursionsAtOnce(t *testing.T) {
	if !inChild(t) {
		return
	}
	e := newEngine(t, plugins.Config{Instances: 50, TotalInstances: 64, Breaker: plugins.BreakerConfig{Failures: 1 << 30}, Limits: hostapi.Limits{WallMS: 60_000}})
	load(t, e, plugins.Source{Name: "guest", Wasm: plunging()})
	var bounded atomic.Int64
	for range 4 {
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				switch _, err := e.Call(context.Background(), signup(t, "acme.example")); kindOf(err) {
				case plugins.Stack:
					bounded.Add(1)
				case plugins.Deadline: // the machine was busy with others
				default:
					t.Errorf("got %v", err)
				}
			})
		}
		callers.Wait()
	}
	if bounded.Load() == 0 {
		t.Error("none was stopped for its stack")
	}
	_, most := resident(t)
	t.Logf("at most %d MB", most>>20)
	if most > 300<<20 {
		t.Errorf("%d MB", most>>20)
	}
}
