package plugins

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/module"
)

// lendMeter puts into a runtime the function that a metered guest calls when its
// fuel runs out.
func lendMeter(ctx context.Context, r wazero.Runtime) error {
	i32 := []api.ValueType{api.ValueTypeI32}
	_, err := r.NewHostModuleBuilder(module.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(tick), i32, i32).Export(module.MeterTick).Instantiate(ctx)
	if err != nil {
		return fmt.Errorf("instantiate %s: %w", module.MeterModule, err)
	}
	return nil
}

// tick counts what was spent, aborts a guest whose time is up, and fills up. It
// looks at the clock itself: a timer may be late when guests hold every
// processor.
func tick(ctx context.Context, _ api.Module, stack []uint64) {
	call := host.CallOf(ctx) // aborts
	call.Fuel += spent(stack[0])
	stack[0] = module.Slice
}

// spent is how much of a slice is gone; more than a slice when the last charge
// was large.
func spent(left uint64) int64 { return module.Slice - int64(api.DecodeI32(left)) }

// fill gives the instance a full slice at the start of a call.
func (i *instance) fill() {
	if i.fuel != nil {
		i.fuel.Set(module.Slice)
	}
}

// settle adds to the call in flight what was spent of the last slice.
func (i *instance) settle() {
	if i.fuel != nil {
		i.call.Fuel += spent(i.fuel.Get())
	}
}
