package quickjs

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/module"
)

//go:embed engine.wasm
var engine []byte

// longest is how long the top level of a script may run.
const longest = 10 * time.Second

// load is what the engine exports to read a script.
const load = "usher_load"

// Exception is thrown by a script while it is read.
type Exception struct {
	Message string
	Stack   string // a line for each call, places as plugin.js:LINE; empty when there is none
}

// Error gives the message.
func (e *Exception) Error() string { return e.Message }

// Loaded is an engine that has read a script.
type Loaded struct {
	Facts string // what the script said of itself, by usher.serve

	engine  *module.Module
	memory  []byte
	globals []uint64
}

// Load has the engine read a script. What the script throws is an [*Exception].
func Load(ctx context.Context, script []byte) (*Loaded, error) {
	parsed, err := module.Parse(engine, module.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("the engine: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCloseOnContextDone(true).WithMemoryLimitPages(memoryPages))
	defer r.Close(context.WithoutCancel(ctx))
	b := &builder{input: script}
	if err := b.lend(ctx, r, parsed.Imports); err != nil {
		return nil, err
	}
	prepared := parsed.Prepare()
	var returned []uint64
	instance, err := r.InstantiateWithConfig(ctx, prepared.Wasm, wazero.NewModuleConfig().WithStartFunctions(hostapi.ExportInitialize))
	if err == nil {
		returned, err = instance.ExportedFunction(load).Call(ctx)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("the top level of the script did not end: %w", ctx.Err())
	}
	if err != nil {
		return nil, fmt.Errorf("the engine broke down while it read the script: %w", err)
	}
	if api.DecodeI32(returned[0]) != hostapi.ReturnOK {
		return nil, b.exception()
	}
	return freeze(instance, parsed, prepared, b.output), nil
}

// memoryPages is the most that a script may have taken when it is read: what a plugin may have in all by default.
const memoryPages = 256

// freeze copies what is to be kept of an instance. The engine's stack is empty between two calls: what calls left
// behind below the stack pointer, its first global, is not.
func freeze(instance api.Module, m *module.Module, p module.Prepared, facts []byte) *Loaded {
	l := &Loaded{Facts: string(facts), engine: m}
	memory := instance.Memory()
	all, _ := memory.Read(0, memory.Size())
	l.memory = append(l.memory, all...)
	for _, name := range p.Globals {
		l.globals = append(l.globals, instance.ExportedGlobal(name).Get())
	}
	clear(l.memory[:l.globals[0]])
	return l
}

// Module gives the module of a loaded script. It exports the hooks, imports the core and the functions of capabilities
// that are named as in usher:kv/v1.get, and refuses the others itself, as a host does that does not grant them.
func (l *Loaded) Module(hooks []hostapi.Hook, functions []string) ([]byte, error) {
	f := module.Frozen{Memory: l.memory, Globals: l.globals, Imports: func(i module.Import) bool {
		if i.Module == hostapi.ModuleCore {
			return true
		}
		for _, name := range functions {
			if name == i.Module+"."+i.Name {
				return true
			}
		}
		return false
	}}
	for _, h := range hooks {
		f.Exports = append(f.Exports, h.Export())
	}
	return l.engine.Freeze(f)
}

// builder is the host of a script that is read.
type builder struct {
	input  []byte
	output []byte
	said   []string // by fail: the exception and its stack
}

func (b *builder) exception() error {
	e := &Exception{Message: b.said[0]}
	if len(b.said) > 1 && b.said[1] != "undefined" {
		e.Stack = strings.TrimSpace(b.said[1])
	}
	return e
}
