package module_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/usher-id/usher/hostapi"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/plugins/module"
)

// fuzzLimits keep one round short.
func fuzzLimits() module.Limits {
	l := module.DefaultLimits()
	l.Bytes, l.MemoryPages, l.TableEntries, l.Work, l.TotalWork = 64<<10, 16, 100, 50_000, 100_000
	return l
}

// seed gives a fuzz target assembled modules, and small ones that compilers
// wrote: those that wazero is tested with.
func seed(f *testing.F) {
	m := &Module{}
	m.Core(hostapi.FuncLog)
	m.Global()
	f.Add(m.Memory(1).Table(1).Data(3, []byte("ab")).Data(9, []byte("c")).Hook(hook, 2, Int(0)...).Custom(hostapi.ManifestSection, []byte("{}")).Wasm())
	f.Add((&Module{}).Memory(1).Hook(hook, 0, Code(Op(Loop, Void, Br, 0, End), Int(-5))...).Wasm())
	f.Add([]byte("\x00asm\x01\x00\x00\x00"))
	f.Add(everything())
	for _, b := range bombs() {
		f.Add(b.make(3).Wasm())
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		f.Fatal(err)
	}
	for _, pattern := range []string{"examples/*/testdata/*.wasm", "examples/allocation/*/testdata/*.wasm", "experimental/testdata/*.wasm", "internal/integration_test/bench/testdata/*.wasm"} {
		paths, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), pattern))
		for _, path := range paths {
			if wasm, err := os.ReadFile(path); err == nil && len(wasm) <= fuzzLimits().Bytes {
				f.Add(wasm)
			}
		}
	}
}

// FuzzParse holds the parser to its word: it never panics, and what it lets
// through is as valid after it was prepared or metered as it was before, and
// the same with another manifest.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := module.Parse(wasm, fuzzLimits())
		if err != nil {
			return
		}
		for _, h := range hostapi.Hooks() {
			m.Func(h.Export())
		}
		prepared := m.Prepare()
		sameWithManifest(t, m, prepared.Wasm)
		metered, err := m.Meter(fuzzLimits())
		// The host compiles no names; the runtime reads broken ones past the end of their section.
		if nameless := m.WithCustom("name", nil); !valid(t, nameless) {
			return
		}
		if !valid(t, prepared.Wasm) {
			t.Errorf("the runtime takes %x but not its prepared form %x", wasm, prepared.Wasm)
		}
		if err == nil && !valid(t, metered.Wasm) {
			t.Errorf("the runtime takes %x but not its metered form %x", wasm, metered.Wasm)
		}
	})
}

// sameWithManifest wants a module that was given a manifest to have that one, and nothing else
// to be compiled.
func sameWithManifest(t *testing.T, m *module.Module, prepared []byte) {
	t.Helper()
	roomy := fuzzLimits()
	roomy.Bytes *= 2
	changed := m.WithCustom(hostapi.ManifestSection, []byte("{}"))
	with, err := module.Parse(changed, roomy)
	if err != nil {
		t.Fatalf("with a manifest, %x: %v", changed, err)
	}
	if got := with.Custom(hostapi.ManifestSection); len(got) != 1 || string(got[0]) != "{}" {
		t.Errorf("%x has the manifests %q", changed, got)
	}
	if !bytes.Equal(with.Prepare().Wasm, prepared) {
		t.Errorf("with a manifest %x is compiled as something else", changed)
	}
}

func valid(t *testing.T, wasm []byte) bool {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(context.Background())
	_, err := r.CompileModule(t.Context(), wasm)
	return err == nil
}

// FuzzMeter runs what the parser lets through, metered and then as it is: every
// export ends the same way with the same results, memory and globals. What does
// not end soon when it is metered is not run as it is.
func FuzzMeter(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := module.Parse(wasm, fuzzLimits())
		if err != nil || len(m.Imports) > 0 {
			return
		}
		metered, err := m.Meter(fuzzLimits())
		if err != nil || !valid(t, wasm) {
			return
		}
		got, ended := outcomes(t, m, metered)
		if !ended {
			return
		}
		if want, _ := outcomes(t, m, m.Prepare()); !bytes.Equal(got, want) {
			t.Errorf("%x: metered %q, as it is %q", wasm, got, want)
		}
	})
}

// outcomes runs the start function and every exported one with zeros, with the
// compiler that guests run on, and tells all that can be seen of it.
func outcomes(t *testing.T, m *module.Module, p module.Prepared) (seen []byte, ended bool) {
	t.Helper()
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithMemoryLimitPages(64))
	defer r.Close(context.Background())
	ticks := 0
	build := r.NewHostModuleBuilder(module.MeterModule).NewFunctionBuilder().WithFunc(func(uint64) uint64 {
		if ticks++; ticks > 100 {
			panic("enough")
		}
		return module.Full
	})
	if _, err := build.Export(module.MeterTick).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	i, err := r.InstantiateWithConfig(ctx, p.Wasm, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		return []byte("no instance"), true
	}
	call := func(name string) {
		function := i.ExportedFunction(name)
		results, err := function.Call(ctx, make([]uint64, len(function.Definition().ParamTypes()))...)
		for _, v := range results {
			seen = binary.LittleEndian.AppendUint64(seen, v)
		}
		if err != nil {
			seen = append(seen, reason(err)...)
		}
	}
	if p.Start != "" {
		call(p.Start)
	}
	for _, e := range m.Exports {
		if e.Kind == module.KindFunc {
			call(e.Name)
		}
	}
	for _, name := range p.Globals {
		seen = binary.LittleEndian.AppendUint64(seen, i.ExportedGlobal(name).Get())
	}
	if m.MemoryPages > 0 {
		content, _ := i.Memory().Read(0, i.Memory().Size())
		seen = append(seen, content...)
	}
	return seen, ticks <= 100
}

// reason is why a call ended without the trace of functions, whose numbers differ.
func reason(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
