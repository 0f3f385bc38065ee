package module_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/plugins/module"
)

// everything uses each thing whose number changes when a module is metered, and
// each that is charged. Its hook gives 42.
func everything() []byte {
	m := &Module{}
	m.Core(hostapi.FuncLog)
	i32 := hostapi.Signature{Results: []hostapi.ValueType{hostapi.I32}}
	count := m.Global()
	leaf := m.Func(i32, 0, Code(Int(1), Op(GlobalGet, count), Op(I32Add))...)
	start := m.Func(hostapi.Signature{}, 0, Code(Int(3), Op(GlobalSet, count))...)
	m.Constant(FuncRef, RefFunc, leaf)
	const leafType = 1 // after that of log
	m.Memory(1).Table(8).Start(start).Elements(leaf, start)
	m.ElementSegment(4, I32Const, 2, End, 2, RefFunc, leaf, End, RefNull, FuncRef, End)                      // expressions
	m.ElementSegment(2, 0, I32Const, 4, End, 0, 1, leaf)                                                     // of a named table
	m.ElementSegment(6, 0, I32Const, 5, End, FuncRef, 1, RefFunc, leaf, End)                                 // both
	m.ElementSegment(3, 0, 1, leaf).ElementSegment(7, FuncRef, 1, RefFunc, leaf, End)                        // declared
	m.ElementSegment(1, 0, 1, leaf).ElementSegment(5, FuncRef, 2, RefFunc, leaf, End, RefNull, FuncRef, End) // passive
	add := func(call ...byte) []byte { return Code(Op(LocalGet, 0), call, Op(I32Add, LocalSet, 0)) }
	return m.Hook(hook, 2, Code(
		add(Call, leaf),                         // 4
		Int(0), Op(LocalSet, 1), Op(Loop, Void), // 3 turns: 4 + 3*4 = 16
		add(Call, leaf), Op(LocalGet, 1), Int(1), Op(I32Add, LocalSet, 1), Op(LocalGet, 1), Int(3), Op(I32LtS, BrIf, 0, End),
		add(I32Const, 0, CallIndirect, leafType, 0), add(I32Const, 2, CallIndirect, leafType, 0), // 24
		add(I32Const, 4, CallIndirect, leafType, 0), add(I32Const, 5, CallIndirect, leafType, 0), // 32
		Int(100), Int(9), Int(10_000), Op(Misc, 11, 0), Int(20_000), Int(100), Int(10_000), Op(Misc, 10, 0, 0),
		add(I32Const, 0, I32Load8, 0, 0x80|(21_000&0x7f), 21_000>>7&0x7f|0x80, 21_000>>14), // 41
		Op(RefFunc, leaf, Drop, LocalGet, 0), Int(1), Op(I32Add),
	)...).Wasm()
}

func TestMeteredModuleMeansTheSame(t *testing.T) {
	t.Parallel()
	parsed, err := module.Parse(everything(), module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := runHook(t, parsed.Prepare(), nil)
	metered, err := parsed.Meter(module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	got, fuel := runHook(t, metered, nil)
	if plain != 42 || got != 42 {
		t.Errorf("the hook gives %d, metered %d", plain, got)
	}
	// The hook, 3 turns, 2 bulk instructions of 1 + 39; leaf is too short to be charged.
	if want := int64(1 + 3 + 2*40); fuel != want {
		t.Errorf("%d of fuel, want %d", fuel, want)
	}
}

// A call of the host costs more than one of the guest, and so does one that may
// be of the host.
func TestCallsOfTheHostCostMore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		table byte // the function in the table: 0 is the host's, 1 the guest's
		code  []byte
		want  int64
	}{
		"guest":                    {1, Op(Call, 1), 1},
		"guest through a table":    {1, Op(I32Const, 0, CallIndirect, 1, 0), 1},
		"host":                     {1, Code(Int(0), Int(0), Int(0), Op(Call, 0)), 101},
		"host perhaps, by a table": {0, Code(Int(0), Int(0), Int(0), Op(I32Const, 0, CallIndirect, 0, 0)), 101},
	} {
		m := &Module{}
		m.Core(hostapi.FuncLog)
		m.Func(hostapi.Signature{}, 0)
		wasm := m.Memory(1).Table(1).Elements(tc.table).Hook(hook, 0, Code(tc.code, Int(0))...).Wasm()
		parsed, err := module.Parse(wasm, module.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		metered, err := parsed.Meter(module.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if _, fuel := runHook(t, metered, nil); fuel != tc.want {
			t.Errorf("%s: %d of fuel, want %d", name, fuel, tc.want)
		}
	}
}

// When fuel runs out the host is shown what is left and says what to go on with.
func TestTick(t *testing.T) {
	t.Parallel()
	endless := (&Module{}).Memory(1).Hook(hook, 0, Op(Loop, Void, Br, 0, End, Unreachable)...).Wasm()
	parsed, err := module.Parse(endless, module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	metered, err := parsed.Meter(module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var seen []int64
	runHook(t, metered, func(gauge uint64) uint64 {
		if seen = append(seen, module.Spent(gauge)); len(seen) == 4 {
			panic("enough")
		}
		return module.Full
	})
	if len(seen) != 4 || seen[0] != module.Slice+1 || seen[3] != module.Slice+1 {
		t.Errorf("ticks %v", seen)
	}
}

// runHook starts the guest and gives what its hook gives and the fuel that was
// spent since the last tick. Without a tick the guest may not run out of anything.
func runHook(t *testing.T, p module.Prepared, tick func(uint64) uint64) (result int32, fuel int64) {
	t.Helper()
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(context.Background())
	if tick == nil {
		tick = func(gauge uint64) uint64 { t.Errorf("tick with %#x", gauge); return module.Full }
	}
	build := r.NewHostModuleBuilder(module.MeterModule).NewFunctionBuilder().WithFunc(func(gauge uint64) uint64 { return tick(gauge) })
	if _, err := build.Export(module.MeterTick).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	build = r.NewHostModuleBuilder(hostapi.ModuleCore).NewFunctionBuilder().WithFunc(func(int32, int32, int32) {})
	if _, err := build.Export(hostapi.FuncLog).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	i, err := r.Instantiate(ctx, p.Wasm)
	if err != nil {
		t.Fatal(err)
	}
	if p.Start != "" {
		if _, err := i.ExportedFunction(p.Start).Call(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if p.Gauge != "" {
		i.ExportedGlobal(p.Gauge).(api.MutableGlobal).Set(module.Full)
	}
	if out, err := i.ExportedFunction(hook.Export()).Call(ctx); err == nil {
		result = api.DecodeI32(out[0])
	}
	if p.Gauge != "" {
		fuel = module.Spent(i.ExportedGlobal(p.Gauge).Get())
	}
	return result, fuel
}

// A guest can name neither the import nor the global that metering adds.
func TestMeterIsOutOfReach(t *testing.T) {
	t.Parallel()
	body := func(code ...byte) *Module { return (&Module{}).Memory(1).Table(1).Hook(hook, 0, code...) }
	importing := &Module{}
	importing.Import(module.MeterModule, "other", hostapi.Signature{})
	constant := body(Int(0)...)
	constant.Constant(FuncRef, RefFunc, 1)
	for name, tc := range map[string]struct {
		module *Module
		says   string
	}{
		"import":             {importing.Memory(1), "reserved"},
		"read the fuel":      {body(GlobalGet, 0), "no global 0"},
		"set the fuel":       {body(I32Const, 0, GlobalSet, 0), "no global 0"},
		"call":               {body(Call, 1), "no function 1"},
		"refer":              {body(RefFunc, 1), "no function 1"},
		"call through type":  {body(I32Const, 0, CallIndirect, 1, 0), "no type 1"},
		"table":              {body(Int(0)...).Elements(1), "no function 1"},
		"table, expression":  {body(Int(0)...).ElementSegment(4, I32Const, 0, End, 1, RefFunc, 1, End), "no function 1"},
		"unknown segment":    {body(Int(0)...).ElementSegment(8, 0), "not supported"},
		"global of function": {constant, "no function 1"},
		"start":              {body(Int(0)...).Start(1), "no function 1"},
		"export":             {body(Int(0)...).Export("tick", 1), "no function 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := module.Parse(tc.module.Wasm(), module.DefaultLimits()); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %q", err, tc.says)
			}
		})
	}
}

func TestMeterBoundsWhatItAdds(t *testing.T) {
	t.Parallel()
	limits := module.DefaultLimits()
	many := func(n int) []byte {
		return (&Module{}).Memory(1).Hook(hook, 0, append([]byte(strings.Repeat(string([]byte{Loop, Void, End}), n)), Int(0)...)...).Wasm()
	}
	if _, err := module.Parse(many(limits.Loops+1), limits); err == nil || !strings.Contains(err.Error(), "loops are more") {
		t.Errorf("got %v", err)
	}
	parsed, err := module.Parse(many(1000), limits)
	if err != nil {
		t.Fatal(err)
	}
	limits.MeteredBytes = 10_000
	if _, err := parsed.Meter(limits); err == nil || !strings.Contains(err.Error(), "with metering") {
		t.Errorf("got %v", err)
	}
}
