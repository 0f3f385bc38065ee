package module_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/usher-id/usher/hostapi"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/plugins/module"
)

// bomb makes a module that grows with n in a way that the compiler likes least.
type bomb struct {
	make func(n int) *Module
	says string // the limit that stops it
}

// bombs are valid modules: each kind took the compiler seconds or hundreds of
// megabytes from a few kilobytes of code, or would at the size that other limits allow.
func bombs() map[string]bomb {
	const slots = 1000
	jumpIf := Op(GlobalGet, 0, BrIf, 0)
	one := func(locals int, code ...[]byte) *Module {
		m := (&Module{}).Memory(1).Table(1)
		m.Global()
		m.Func(hostapi.Signature{}, locals, Code(code...)...)
		return m
	}
	repeat := func(n int, code ...byte) []byte { return bytes.Repeat(code, n) }
	block := Code(Op(Block, Void), jumpIf, Op(End))
	sets, gets := each(slots, func(i int) []byte { return Code(Op(GlobalGet, 0), Local(LocalSet, i)) }),
		each(slots, func(i int) []byte { return Code(Local(LocalGet, i), Op(GlobalSet, 0)) })
	return map[string]bomb{
		"locals across nested loops": {func(n int) *Module {
			return one(slots, repeat(n, Loop, Void), gets, sets, bytes.Repeat(Code(jumpIf, Op(End)), n))
		}, "values for the compiler"},
		"locals across nested blocks": {func(n int) *Module {
			return one(slots, bytes.Repeat(Code(Op(Block, Void), jumpIf), n), sets, repeat(n, End), gets)
		}, "values for the compiler"},
		"locals across blocks in a row": {func(n int) *Module {
			return one(slots, Op(Loop, Void), bytes.Repeat(block, n), gets, sets, jumpIf, Op(End))
		}, "values for the compiler"},
		"locals across a table of jumps": {func(n int) *Module {
			return one(slots, Op(Block, Void), sets, Op(Block, Void), sets, Op(GlobalGet, 0), Table(repeat(n, 0)...), Op(End), gets, Op(End), gets)
		}, "values for the compiler"},
		"operands across blocks": {func(n int) *Module {
			return one(0, repeat(n, GlobalGet, 0), bytes.Repeat(block, n), repeat(n, GlobalSet, 0))
		}, "values for the compiler"},
		"values across jumps": {func(n int) *Module {
			m := one(0)
			t := m.Type(0, 500)
			m.Func(hostapi.Signature{}, 0, Code(Op(Block, t), repeat(500, GlobalGet, 0), bytes.Repeat(jumpIf, n), Op(End), repeat(500, GlobalSet, 0))...)
			return m
		}, "values for the compiler"},
		"calls of many parameters": {func(n int) *Module {
			values := bytes.Repeat([]byte{byte(hostapi.I32)}, 500)
			m := one(0)
			wide := hostapi.Signature{Params: valueTypes(values), Results: valueTypes(values)}
			m.Func(wide, 0, Code(each(500, func(i int) []byte { return Local(LocalGet, i) }), repeat(n, Call, 1))...)
			return m
		}, "values for the compiler"},
		"accesses": {func(n int) *Module { return one(0, repeat(n, GlobalGet, 0, I32Load8, 0, 0, GlobalSet, 0)) }, "values for the compiler"},
		"divisions": {func(n int) *Module {
			return one(0, Op(GlobalGet, 0), repeat(n, GlobalGet, 0, I32DivS), Op(GlobalSet, 0))
		}, "values for the compiler"},
		"table calls": {func(n int) *Module { return one(0, repeat(n, GlobalGet, 0, CallIndirect, 0, 0)) }, "values for the compiler"},
		"ifs":         {func(n int) *Module { return one(0, repeat(n, GlobalGet, 0, If, Void, End)) }, "pieces of code"},
		"jumps":       {func(n int) *Module { return one(0, Op(Block, Void, GlobalGet, 0), Table(repeat(n, 0)...), Op(End)) }, "pieces of code"},
		"types": {func(n int) *Module {
			m := one(0)
			for range n {
				m.Type(100, 100)
			}
			return m
		}, "values in all types"},
		"functions": {func(n int) *Module {
			m := one(0)
			for range n {
				m.Func(hostapi.Signature{}, slots)
			}
			return m
		}, "values in all functions"},
	}
}

func each(n int, code func(int) []byte) []byte {
	var b []byte
	for i := range n {
		b = append(b, code(i)...)
	}
	return b
}

func valueTypes(b []byte) []hostapi.ValueType {
	types := make([]hostapi.ValueType, len(b))
	for i, c := range b {
		types[i] = hostapi.ValueType(c)
	}
	return types
}

// most is the greatest n at which a bomb is let through, and why no more is.
func most(b bomb) (n int, err error) {
	limits := module.DefaultLimits()
	limits.Types, limits.Functions = 1<<20, 1<<20
	low, high := 0, 150_000
	for high-low > 1 {
		mid := (low + high) / 2
		if _, e := module.Parse(b.make(mid).Wasm(), limits); e == nil {
			low = mid
		} else {
			high, err = mid, e
		}
	}
	return low, err
}

func TestCompileBombsAreRefused(t *testing.T) {
	t.Parallel()
	for name, b := range bombs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n, err := most(b); err == nil || n == 0 || !strings.Contains(err.Error(), b.says) || !strings.Contains(err.Error(), "more than the limit of") {
				t.Errorf("at %d: %v, want %q", n, err, b.says)
			}
		})
	}
}

// What is just let through compiles in seconds. The bound is generous: the
// machine may be busy, and the race detector slows the compiler down tenfold.
func TestGreatestModulesCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes the compiler a minute")
	}
	for name, b := range bombs() {
		t.Run(name, func(t *testing.T) {
			n, _ := most(b)
			wasm := b.make(n).Wasm()
			r := wazero.NewRuntime(t.Context())
			defer r.Close(context.Background())
			began := time.Now()
			_, err := r.CompileModule(experimental.WithCompilationWorkers(t.Context(), 2), wasm)
			took := time.Since(began)
			t.Logf("n=%d, %d bytes: %v", n, len(wasm), took.Round(time.Millisecond))
			if err != nil || took > 2*time.Minute {
				t.Errorf("n=%d, %d bytes: %v after %v", n, len(wasm), err, took)
			}
		})
	}
}
