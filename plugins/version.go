package plugins

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// version is a compiled plugin with a runtime of its own. Sets share it by
// reference; the last one to let go closes it.
type version struct {
	key           versionKey
	name          string
	label         string // the version as the manifest says
	digest        string
	hooks         []hostapi.Hook
	fields        map[hostapi.Hook][]string
	config        []byte
	manifest      *hostapi.Manifest // nil when there is none
	limits        hostapi.Limits
	globals       []string
	gauge         string // name of the global that says what a guest has left
	startFunction string // name of the guest's start function; empty when there is none
	compareMemory bool
	reuse         bool // an instance is kept for its tenant
	log           *slog.Logger
	lent          *host.Capabilities
	runtime       wazero.Runtime
	compiled      wazero.CompiledModule
	snapshot      *snapshot
	pool          *pool
	refs          atomic.Int64
}

// openVersion compiles a plugin, warms it up and keeps one instance ready. On an
// error nothing of it is left. The caller holds the first reference.
func openVersion(ctx context.Context, p *plan, k versionKey, d Deps, c Config, b *budget) (*version, error) {
	ctx, cancel := context.WithTimeout(ctx, c.LoadTimeout)
	defer cancel()
	v := &version{
		key: k, name: p.source.Name, label: p.version, digest: p.digest, hooks: p.hooks, fields: p.fields,
		config: p.source.config(), manifest: p.manifest, limits: p.limits, globals: p.prepared.Globals,
		gauge: p.prepared.Gauge, startFunction: p.prepared.Start, compareMemory: c.compareMemory, reuse: p.source.ReuseInTenant,
		log: d.Log.With("plugin", p.source.Name, "version", p.version, "digest", p.digest[:12]),
	}
	v.refs.Store(1)
	var err error
	if v.lent, err = host.NewCapabilities(d.host(v.log), p.grant); err != nil {
		return nil, err
	}
	v.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().
		WithCloseOnContextDone(c.contextCheck).WithDebugInfoEnabled(false).WithMemoryLimitPages(maxPages))
	err = v.compile(ctx, p.prepared.Wasm)
	if err == nil {
		v.snapshot, err = v.warmUp(ctx)
	}
	if err == nil {
		pc := poolConfig{most: c.Instances, idleAfter: c.IdleAfter, timeout: c.LoadTimeout}
		if v.reuse {
			pc.restore = func(i *instance) bool { return i.restore(v.snapshot) }
		}
		v.pool = newPool(pc, v.rebuild, b, v.log)
		err = v.pool.fill(ctx)
	}
	if err != nil {
		v.free()
		return nil, err
	}
	return v, nil
}

// maxPages leaves the memory limit to [linear], which can tell that it refused.
const maxPages = 65536

func (v *version) compile(ctx context.Context, wasm []byte) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, v.runtime); err != nil {
		return fmt.Errorf("instantiate %s: %w", moduleWASI, err)
	}
	if err := host.Core(ctx, v.runtime); err != nil {
		return err
	}
	if err := v.lent.Lend(ctx, v.runtime); err != nil {
		return err
	}
	if err := lendMeter(ctx, v.runtime); err != nil {
		return err
	}
	err := guarded(func() (err error) {
		v.compiled, err = v.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, compileWorkers()), wasm)
		return err
	})
	if err != nil {
		return fmt.Errorf("compile: %s", firstLine(err))
	}
	return nil
}

// rebuild makes an instance in the state of the snapshot.
func (v *version) rebuild(ctx context.Context) (*instance, error) {
	i, err := v.start(ctx, v.snapshot.size, false)
	if err != nil {
		return nil, err
	}
	missing := v.snapshot.size - len(i.memory.buf)
	if missing > 0 {
		i.module.Memory().Grow(uint32(missing >> 16)) //nolint:gosec // bounded by the limit of pages
	}
	if !i.restore(v.snapshot) {
		i.close()
		return nil, fmt.Errorf("start an instance: its memory has %d bytes, the warm one had %d", len(i.memory.buf), v.snapshot.size)
	}
	return i, nil
}

func (i *instance) restore(s *snapshot) bool {
	i.call, i.tenant, i.served = host.Call{}, "", 0
	clear(i.input[:cap(i.input)])
	return s.restore(i.memory, i.globals)
}

// retain takes a reference; it gives false when the last one is gone already.
func (v *version) retain() bool { return acquire(&v.refs) }

// release lets go of a reference and tells whether it was the last, in which
// case the caller must free the version.
func (v *version) release() bool { return v.refs.Add(-1) == 0 }

// free closes everything, each thing once. Nothing may be in flight.
func (v *version) free() {
	ctx := context.Background()
	if v.pool != nil {
		v.pool.close()
	}
	if v.snapshot != nil {
		v.snapshot.close()
	}
	if v.compiled != nil {
		_ = v.compiled.Close(ctx)
	}
	_ = v.runtime.Close(ctx)
	v.lent.Close()
}

// firstLine leaves out the guest's stack trace, which can be long.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return host.Printable([]byte(line[:min(len(line), 512)]))
}
