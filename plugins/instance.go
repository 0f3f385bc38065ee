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
	module     api.Module
	memory     *linear
	hooks      map[hostapi.Hook]function // asking wazero for one costs 10 KB each time
	globals    []api.MutableGlobal
	gauge      api.MutableGlobal // nil when the guest is not metered
	context    *callContext
	call       host.Call // in flight
	running    function  // called by it
	overflowed bool      // it was aborted for its stack
	input      []byte    // reused for the envelopes
	share      *share    // of the tenant that it was taken for; nil for none
	tenant     string    // that it was taken for; empty for none
	served     int       // calls since it was restored
	stack      [1]uint64
}

// start makes an instance. With initialize the guest's own start-up runs; a
// later instance gets its state from the snapshot instead.
func (v *version) start(ctx context.Context, hint int, initialize bool) (*instance, error) {
	i := &instance{memory: &linear{limit: v.limits.MemoryPages << 16, hint: hint}}
	deadline, _ := ctx.Deadline()
	i.call = host.Call{Now: time.Now(), Deadline: deadline}
	err := guarded(func() (err error) {
		defer i.leave()
		i.module, err = v.runtime.InstantiateModule(i.in(withMemory(ctx, i.memory)), v.compiled, i.moduleConfig())
		return err
	})
	if err == nil {
		if err = i.bind(v); err == nil && initialize {
			err = i.initialize(ctx, v.startFunction)
		}
		if err != nil {
			i.close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start an instance: %s", firstLine(err))
	}
	return i, nil
}

// bind looks up what the host reaches of a guest.
func (i *instance) bind(v *version) (err error) {
	i.hooks = make(map[hostapi.Hook]function, len(v.hooks))
	for _, h := range v.hooks {
		if i.hooks[h], err = i.entry(h.Export()); err != nil {
			return err
		}
	}
	for _, name := range v.globals {
		if g, ok := i.module.ExportedGlobal(name).(api.MutableGlobal); ok {
			i.globals = append(i.globals, g)
		}
	}
	if v.gauge != "" {
		i.gauge, _ = i.module.ExportedGlobal(v.gauge).(api.MutableGlobal)
	}
	return nil
}

// initialize runs the guest's start function, if it has one, and then its _initialize.
func (i *instance) initialize(ctx context.Context, start string) error {
	for _, name := range []string{start, hostapi.ExportInitialize} {
		if name == "" || i.module.ExportedFunction(name) == nil {
			continue
		}
		f, err := i.entry(name)
		if err != nil {
			return err
		}
		if err := i.run(ctx, f); err != nil {
			return err
		}
	}
	return nil
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
	err := i.run(ctx, i.hooks[h])
	i.call.End()
	return err
}

// run calls a function of the guest.
func (i *instance) run(ctx context.Context, f function) error {
	i.running, i.overflowed = f, false
	i.fill()
	err := f.CallWithStack(i.in(ctx), i.stack[:])
	i.leave()
	i.settle()
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
