package plugins

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/module"
)

// maxStack is the most native stack that wazero may have set aside for a guest, in
// bytes. It doubles from 10 KiB when it is full, so a guest has a good 1.25 MiB:
// thousands of nested calls. The doubling that breaks the bound is found at the
// next tick, [module.StackSlice] later at most, which is before the one after it.
const maxStack = 3 << 19

// errStack is the cause when a guest is aborted for its stack.
var errStack = errors.New("the guest nested calls too deeply")

// errNoStack is why nothing is loaded by a wazero that hides its stack.
var errNoStack = errors.New("this wazero does not tell how much stack a guest has")

// function is a guest's function with a view of the stack that it runs on. The
// stack is in a private field, of a version of wazero that go.mod pins; reading
// its length is all that is done. No static account can do this: frames are as
// large as the compiler's registers run short.
type function struct {
	api.Function

	stack reflect.Value
}

// entry finds a function of the guest.
func (i *instance) entry(name string) (function, error) {
	f := function{Function: i.module.ExportedFunction(name)}
	if f.Function == nil {
		return f, fmt.Errorf("there is no export %s", name)
	}
	engine := reflect.ValueOf(f.Function)
	if engine.Kind() != reflect.Pointer || engine.Elem().Kind() != reflect.Struct {
		return f, errNoStack
	}
	f.stack = engine.Elem().FieldByName("stack")
	if !f.stack.IsValid() || f.stack.Type() != reflect.TypeFor[[]byte]() {
		return f, errNoStack
	}
	return f, nil
}

// size is how much stack the function has, used or not, in bytes.
func (f function) size() int { return f.stack.Len() }

// lendMeter puts into a runtime the function that a metered guest calls when its
// fuel runs out.
func lendMeter(ctx context.Context, r wazero.Runtime) error {
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err := r.NewHostModuleBuilder(module.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(tick), i64, i64).Export(module.MeterTick).Instantiate(ctx)
	if err != nil {
		return fmt.Errorf("instantiate %s: %w", module.MeterModule, err)
	}
	return nil
}

// tick counts what was spent, aborts a guest whose time is up or whose stack is
// too large, and fills up. It looks at the clock itself: a timer may be late
// when guests hold every processor.
func tick(ctx context.Context, _ api.Module, stack []uint64) {
	call := host.CallOf(ctx) // aborts
	call.Fuel += module.Spent(stack[0])
	if i, ok := ctx.Value(instanceKey{}).(*instance); ok && i.running.size() > maxStack {
		i.overflowed = true
		panic(errStack)
	}
	stack[0] = module.Full
}

// fill gives the instance a full slice at the start of a call.
func (i *instance) fill() {
	if i.gauge != nil {
		i.gauge.Set(module.Full)
	}
}

// settle adds to the call in flight what was spent of the last slice.
func (i *instance) settle() {
	if i.gauge != nil {
		i.call.Fuel += module.Spent(i.gauge.Get())
	}
}
