package plugins_test

import (
	"context"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// A million calls of a small guest and 20,000 of a Go guest leave memory as it
// was, within 5 %.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	if !inChild(t) {
		return
	}
	for name, tc := range map[string]struct {
		wasm  []byte
		calls int
	}{"assembled": {remembering(), 1_000_000}, "Go": {companyDomain(t), 20_000}} {
		e := newEngine(t, plugins.Config{Instances: 2, Limits: hostapi.Limits{WallMS: 60_000}})
		load(t, e, plugins.Source{Name: "guest", Wasm: tc.wasm})
		call := signup(t, "acme.example")
		call.Judge = nil
		many := func(n int) int {
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					for range n / 4 {
						if _, err := e.Call(context.Background(), call); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			callers.Wait()
			debug.FreeOSMemory()
			now, _ := resident(t)
			return now
		}
		// What a leak takes it takes each time; a thread that a busy machine had the runtime start, once.
		before, after := 0, many(tc.calls/10)
		for range 3 {
			before, after = after, many(tc.calls)
			t.Logf("%s: %d KB, after %d calls %d KB (%+.1f %%)", name, before>>10, tc.calls, after>>10, 100*float64(after-before)/float64(before))
			if after <= before+before/20 {
				break
			}
		}
		if after > before+before/20 {
			t.Errorf("%s: memory grew from %d to %d KB, and so each time before", name, before>>10, after>>10)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A module that keeps the compiler busy for seconds delays no call: those of the
// plugins loaded before go on all the while.
func TestCallsGoOnWhileLoading(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 60_000}})
	quick := plugins.Source{Name: "quick", Wasm: answering([]byte(`{"outcome":"continue"}`))}
	load(t, e, quick)
	loaded := make(chan error, 1)
	go func() {
		loaded <- e.Load(context.Background(), []plugins.Source{quick, {Name: "heavy", Wasm: heavy()}})
	}()
	calls, slowest := 0, time.Duration(0)
	for {
		select {
		case err := <-loaded:
			if err != nil || calls < 20 || slowest > 5*time.Second {
				t.Errorf("%d calls while it was loaded, the slowest took %v: %v", calls, slowest, err)
			}
			return
		default:
		}
		began := time.Now()
		answer, err := e.Call(context.Background(), signup(t, "acme.example"))
		if err != nil || !answer.Bound {
			t.Errorf("call %d: %v", calls, err)
		}
		calls, slowest = calls+1, max(slowest, time.Since(began))
	}
}

// heavy takes the compiler about a second, by functions that hold many values
// across jumps.
func heavy() []byte {
	m := &Module{}
	write := m.Core(hostapi.FuncOutputWrite)
	m.Memory(1).Data(0, []byte(`{"outcome":"continue"}`)).Global()
	for range 6 {
		m.Func(hostapi.Signature{}, 500, Code(
			each(500, func(i int) []byte { return Code(Op(GlobalGet, 0), Local(LocalSet, i)) }),
			each(200, func(int) []byte { return Op(Block, Void, GlobalGet, 0, BrIf, 0) }),
			each(500, func(i int) []byte { return Code(Op(GlobalGet, 0), Local(LocalSet, i)) }),
			each(200, func(int) []byte { return Op(End) }),
			each(500, func(i int) []byte { return Code(Local(LocalGet, i), Op(GlobalSet, 0)) }))...)
	}
	return m.Hook(validate, 0, Code(Int(0), Int(22), Op(Call, write, Drop), Int(0))...).Wasm()
}
