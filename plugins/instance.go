package plugins

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// instance is one running guest. It serves one call at a time and belongs to
// whoever took it from the pool.
type instance struct {
	module  api.Module
	memory  *linear
	hooks   map[hostapi.Hook]api.Function // asking wazero for one costs 10 KB each time
	globals []api.MutableGlobal
	fuel    api.MutableGlobal // nil when the guest is not metered
	call    host.Call         // in flight
	input   []byte            // reused for the envelopes
	share   *share            // of the tenant that it was taken for; nil for none
	stack   [1]uint64
}

// start makes an instance. With initialize the guest's own start-up runs; a
// later instance gets its state from the snapshot instead.
func (v *version) start(ctx context.Context, hint int, initialize bool) (*instance, error) {
	i := &instance{memory: &linear{limit: v.limits.MemoryPages << 16, hint: hint}}
	deadline, _ := ctx.Deadline()
	i.call = host.Call{Now: time.Now(), Deadline: deadline}
	config := i.moduleConfig()
	if initialize {
		config = config.WithStartFunctions(hostapi.ExportInitialize)
	}
	err := guarded(func() (err error) {
		i.module, err = v.runtime.InstantiateModule(host.With(withMemory(ctx, i.memory), &i.call), v.compiled, config)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start an instance: %s", firstLine(err))
	}
	i.hooks = make(map[hostapi.Hook]api.Function, len(v.hooks))
	for _, h := range v.hooks {
		i.hooks[h] = i.module.ExportedFunction(h.Export())
	}
	for _, name := range v.globals {
		if g, ok := i.module.ExportedGlobal(name).(api.MutableGlobal); ok {
			i.globals = append(i.globals, g)
		}
	}
	if v.fuel != "" {
		i.fuel, _ = i.module.ExportedGlobal(v.fuel).(api.MutableGlobal)
	}
	return i, nil
}

// moduleConfig gives the guest a clock that stands still during a call, secure
// random bytes, and standard output that ends in the plugin log. It has no
// files, arguments, environment or sleep.
func (i *instance) moduleConfig() wazero.ModuleConfig {
	return wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithRandSource(chance{i}).
		WithWalltime(func() (int64, int32) {
			return i.call.Now.Unix(), int32(i.call.Now.Nanosecond()) //nolint:gosec // below 1e9
		}, sys.ClockResolution(time.Millisecond)).
		WithNanotime(func() int64 { return i.call.Now.UnixNano() }, sys.ClockResolution(time.Millisecond)).
		WithStdout(printer{i}).WithStderr(printer{i})
}

// ask calls the guest's function of a hook. What the host functions collected is
// in i.call afterwards.
func (i *instance) ask(ctx context.Context, h hostapi.Hook, c host.Call) error {
	i.call = c
	i.fill()
	err := i.hooks[h].CallWithStack(host.With(ctx, &i.call), i.stack[:])
	i.settle()
	i.call.End()
	return err
}

// returned is what the guest's function gave back.
func (i *instance) returned() int32 { return api.DecodeI32(i.stack[0]) }

// close gives the instance up. wazero never collects one that is only dropped.
func (i *instance) close() { _ = i.module.Close(context.Background()) }

// printer is the standard output of a guest.
type printer struct{ instance *instance }

func (p printer) Write(b []byte) (int, error) {
	if p.instance.late() { // one call can name the same bytes a million times
		return 0, os.ErrDeadlineExceeded
	}
	p.instance.call.Journal.Print(b)
	return len(b), nil
}

// chance is the random source of a guest.
type chance struct{ instance *instance }

func (c chance) Read(b []byte) (int, error) {
	if c.instance.late() { // one call can ask for as much as fits in memory
		return 0, os.ErrDeadlineExceeded
	}
	return rand.Read(b)
}

// late tells whether the deadline of the call in flight has passed.
func (i *instance) late() bool {
	return !i.call.Deadline.IsZero() && !time.Now().Before(i.call.Deadline)
}

// guarded turns a panic of the runtime into an error: a module must not take
// the host down with it.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the runtime panicked: %v", r)
		}
	}()
	return f()
}
