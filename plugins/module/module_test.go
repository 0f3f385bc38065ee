package module_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/usher-id/usher/hostapi"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/plugins/module"
)

const hook = hostapi.HookSignupValidate

func TestParseReads(t *testing.T) {
	t.Parallel()
	m := &Module{}
	m.Core(hostapi.FuncLog)
	wasm := m.Memory(3).Hook(hook, 2, Int(0)...).Custom("note", []byte("hello")).Wasm()
	got, err := module.Parse(wasm, module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Imports) != 1 || got.Imports[0].Module != hostapi.ModuleCore || got.Imports[0].Name != hostapi.FuncLog || len(got.Imports[0].Type.Params) != 3 {
		t.Errorf("imports %+v", got.Imports)
	}
	if !got.HasMemory("memory") || got.HasMemory("other") || got.MemoryPages != 3 {
		t.Errorf("memory: %d pages", got.MemoryPages)
	}
	if s, ok := got.Func(hook.Export()); !ok || len(s.Results) != 1 || s.Results[0] != hostapi.I32 {
		t.Errorf("the hook is %+v, %v", s, ok)
	}
	if note, ok := got.Custom("note"); !ok || string(note) != "hello" {
		t.Errorf("custom section %q, %v", note, ok)
	}
	if _, ok := got.Custom("none"); ok {
		t.Error("there is a section that is not there")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	body := func(code ...byte) []byte { return (&Module{}).Memory(1).Hook(hook, 0, code...).Wasm() }
	good := body(Int(0)...)
	reserved := (&Module{}).Memory(1)
	vector := &Module{}
	vector.GlobalOf(0x7b, append([]byte{0xfd, 12}, make([]byte, 16)...)...)
	small := func(change func(*module.Limits)) module.Limits {
		l := module.DefaultLimits()
		change(&l)
		return l
	}
	for name, tc := range map[string]struct {
		wasm   []byte
		limits module.Limits
		says   string
	}{
		"nothing":            {nil, module.DefaultLimits(), "no core WebAssembly module"},
		"cut":                {good[:len(good)-3], module.DefaultLimits(), "ends too early"},
		"section twice":      {append(bytes.Clone(good), good[8:16]...), module.DefaultLimits(), "doubled or out of order"},
		"unknown section":    {append(bytes.Clone(good), 99, 0), module.DefaultLimits(), "unknown, doubled"},
		"reserved export":    {reserved.Export("usher.host.global.0", reserved.Func(hostapi.Signature{}, 0)).Wasm(), module.DefaultLimits(), "reserved"},
		"vector global":      {vector.Memory(1).Wasm(), module.DefaultLimits(), "could not restore"},
		"table.set":          {body(TableSet, 0), module.DefaultLimits(), "changes a table"},
		"table.grow":         {body(0xfc, 15, 0), module.DefaultLimits(), "change a table"},
		"data.drop":          {body(0xfc, 9, 0), module.DefaultLimits(), "cannot be undone"},
		"threads":            {body(0xfe, 0), module.DefaultLimits(), "not supported"},
		"tail call":          {body(0x12, 0), module.DefaultLimits(), "not supported"},
		"open block":         {body(Loop, Void), module.DefaultLimits(), "ends too early"},
		"code after the end": {body(End, Int(0)[0], 0), module.DefaultLimits(), "follow the end"},
		"too many bytes":     {good, small(func(l *module.Limits) { l.Bytes = 10 }), "10"},
		"too many functions": {good, small(func(l *module.Limits) { l.Functions = 0 }), "functions"},
		"too many exports":   {good, small(func(l *module.Limits) { l.Exports = 1 }), "exports"},
		"too much code":      {good, small(func(l *module.Limits) { l.BodyBytes = 1 }), "bytes in one function"},
		"too many locals":    {(&Module{}).Memory(1).Hook(hook, 1001, Int(0)...).Wasm(), module.DefaultLimits(), "locals"},
		"too deep":           {body(bytes.Repeat([]byte{Loop, Void}, 2001)...), module.DefaultLimits(), "deep"},
		"too much memory":    {(&Module{}).Memory(2000).Wasm(), module.DefaultLimits(), "memory at start"},
		"too large a table":  {(&Module{}).Table(200_000).Wasm(), module.DefaultLimits(), "table entries"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := module.Parse(tc.wasm, tc.limits); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %q", err, tc.says)
			}
		})
	}
}

// A prepared module shows its globals, and its memory begins with the same bytes.
func TestPrepareKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	m := &Module{}
	m.Global()
	m.Global()
	m.Memory(2).Hook(hook, 0, Int(0)...).Custom("note", []byte("x"))
	m.Data(5, []byte("one")).Data(8, []byte("two")).Data(20, []byte("three")).Data(70_000, []byte("four"))
	wasm := m.Wasm()
	parsed, err := module.Parse(wasm, module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	prepared := parsed.Prepare()
	if len(prepared.Globals) != 2 || len(prepared.Wasm) >= len(wasm)+80 {
		t.Errorf("globals %v, %d bytes of %d", prepared.Globals, len(prepared.Wasm), len(wasm))
	}
	if want, got := memoryOf(t, wasm), memoryOf(t, prepared.Wasm, prepared.Globals...); !bytes.Equal(want, got) {
		t.Error("the memory begins with other bytes")
	}
}

// Segments come in any order, and those that overlap overwrite each other in theirs.
func TestSegmentsInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*Module{
		"falling":     (&Module{}).Data(90, []byte("last")).Data(50, []byte("middle")).Data(4, []byte("first")),
		"overlapping": (&Module{}).Data(8, []byte("later")).Data(4, []byte("earlier")).Data(6, []byte("x")),
		"empty":       (&Module{}).Data(8, nil).Data(9, []byte("x")),
	} {
		wasm := m.Memory(1).Hook(hook, 0, Int(0)...).Wasm()
		parsed, err := module.Parse(wasm, module.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(memoryOf(t, wasm), memoryOf(t, parsed.Prepare().Wasm)) {
			t.Errorf("%s: the memory begins with other bytes", name)
		}
	}
}

// memoryOf is what a module's memory begins with.
func memoryOf(t *testing.T, wasm []byte, globals ...string) []byte {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(context.Background())
	i, err := r.Instantiate(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range globals {
		if i.ExportedGlobal(g) == nil {
			t.Errorf("%s is not exported", g)
		}
	}
	b, _ := i.Memory().Read(0, i.Memory().Size())
	return bytes.Clone(b)
}
