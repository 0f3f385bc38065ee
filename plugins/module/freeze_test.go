package module_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/module"
	"github.com/usher-id/usher/tests/cguest"
)

// started is an instance of the guest of testdata/freeze.c whose start and one call are over.
func started(t *testing.T) (*module.Module, module.Frozen) {
	t.Helper()
	m, err := module.Parse(cguest.Build(t, "testdata/freeze.c"), module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	prepared := m.Prepare()
	instance := instantiate(t, m.Imports, prepared.Wasm)
	if got := ask(t, instance, "usher_signup_validate"); got != 1001 {
		t.Fatalf("the first call gave %d", got)
	}
	f := module.Frozen{Imports: func(i module.Import) bool { return i.Module != hostapi.ModuleKV }, Exports: []string{"usher_signup_validate", "usher_message_send"}}
	all, _ := instance.Memory().Read(0, instance.Memory().Size())
	f.Memory = bytes.Clone(all)
	for _, name := range prepared.Globals {
		f.Globals = append(f.Globals, instance.ExportedGlobal(name).Get())
	}
	return m, f
}

// instantiate gives a module functions that answer 7.
func instantiate(t *testing.T, imports []module.Import, wasm []byte) api.Module {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	lent := map[string]wazero.HostModuleBuilder{}
	for _, i := range imports {
		if lent[i.Module] == nil {
			lent[i.Module] = r.NewHostModuleBuilder(i.Module)
		}
		lent[i.Module].NewFunctionBuilder().WithFunc(func(_, _ uint32) uint64 { return 7 }).Export(i.Name)
	}
	for _, b := range lent {
		if _, err := b.Instantiate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	instance, err := r.Instantiate(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	return instance
}

func ask(t *testing.T, instance api.Module, name string) int32 {
	t.Helper()
	result, err := instance.ExportedFunction(name).Call(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return api.DecodeI32(result[0])
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	m, f := started(t)
	frozen, err := m.Freeze(f)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := m.Freeze(f); err != nil || !bytes.Equal(frozen, again) {
		t.Errorf("the same state gives other bytes: %v", err)
	}
	instance := instantiate(t, m.Imports, frozen)
	for _, want := range []int32{1002, 1003} {
		if got := ask(t, instance, "usher_signup_validate"); got != want {
			t.Errorf("it gave %d, want %d: the state is not that of the instance", got, want)
		}
	}
	if got := ask(t, instance, "usher_message_send"); got != 7+int32(hostapi.StatusDenied) {
		t.Errorf("a capability that stayed and one that did not gave %d", got)
	}
	if instance.ExportedFunction("usher_event_deliver") != nil {
		t.Error("what is not to be exported is")
	}
	parsed, err := module.Parse(frozen, module.DefaultLimits())
	if err != nil || len(parsed.Imports) != 1 || parsed.Imports[0].Module != hostapi.ModuleHTTP {
		t.Errorf("it imports %+v, %v", parsed.Imports, err)
	}
	metered, err := parsed.Meter(module.DefaultLimits())
	if err != nil || binary.LittleEndian.Uint32(metered.Wasm) != 0x6d736100 {
		t.Errorf("it is not metered: %v", err)
	}
}

func TestFreezeRefuses(t *testing.T) {
	t.Parallel()
	m, good := started(t)
	for name, change := range map[string]func(*module.Frozen){
		"half a page":         func(f *module.Frozen) { f.Memory = f.Memory[:100] },
		"no memory":           func(f *module.Frozen) { f.Memory = nil },
		"no such function":    func(f *module.Frozen) { f.Exports = []string{"usher_password_check"} },
		"globals are missing": func(f *module.Frozen) { f.Globals = nil },
	} {
		f := good
		change(&f)
		if _, err := m.Freeze(f); err == nil {
			t.Errorf("%s: it was frozen", name)
		}
	}
}
