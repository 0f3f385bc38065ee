package quickjs

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/module"
)

// lend gives the engine what it imports. Of that a script that is read needs little, and none of it tells about the
// machine: the clock stands at 1970.
func (b *builder) lend(ctx context.Context, r wazero.Runtime, imports []module.Import) error {
	modules := map[string]wazero.HostModuleBuilder{}
	for _, i := range imports {
		if modules[i.Module] == nil {
			modules[i.Module] = r.NewHostModuleBuilder(i.Module)
		}
		call := func(context.Context, api.Module, []uint64) {}
		if i.Module == hostapi.ModuleCore {
			call = b.core(i.Name)
		}
		modules[i.Module].NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(call), types(i.Type.Params), types(i.Type.Results)).Export(i.Name)
	}
	for _, m := range modules {
		if _, err := m.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

func types(list []hostapi.ValueType) []api.ValueType {
	all := make([]api.ValueType, len(list))
	for i, t := range list {
		all[i] = api.ValueType(t)
	}
	return all
}

// core gives a function of the core. Where the stack is not written to, a result is its first parameter, or zero.
func (b *builder) core(name string) func(context.Context, api.Module, []uint64) {
	text := func(m api.Module, stack []uint64) []byte {
		part, _ := m.Memory().Read(uint32(stack[0]), uint32(stack[1])) //nolint:gosec // as the engine calls it
		return append([]byte(nil), part...)
	}
	switch name {
	case hostapi.FuncInputLen:
		return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = uint64(len(b.input)) }
	case hostapi.FuncInputRead:
		return func(_ context.Context, m api.Module, stack []uint64) {
			m.Memory().Write(uint32(stack[0]), b.input) //nolint:gosec // the engine reads it at once and whole
			stack[0] = uint64(len(b.input))
		}
	case hostapi.FuncOutputWrite:
		return func(_ context.Context, m api.Module, stack []uint64) {
			b.output = text(m, stack)
			stack[0] = uint64(len(b.output))
		}
	case hostapi.FuncFail:
		return func(_ context.Context, m api.Module, stack []uint64) { b.said = append(b.said, string(text(m, stack))) }
	}
	return func(_ context.Context, _ api.Module, stack []uint64) {
		if len(stack) > 0 {
			stack[0] = 0
		}
	}
}
