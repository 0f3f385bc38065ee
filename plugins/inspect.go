package plugins

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/manifest"
	"github.com/usher-id/usher/plugins/module"
)

// moduleWASI is the system interface whose harmless part is lent: clocks,
// random, standard output, exit. There are no files, arguments or environment.
const moduleWASI = "wasi_snapshot_preview1"

// plan is a plugin that was found fit to be compiled.
type plan struct {
	source   Source
	digest   string // hex of the SHA-256 of the bytes
	version  string // as the manifest says, or the first 12 digits of the digest
	hooks    []hostapi.Hook
	fields   map[hostapi.Hook][]string // nil when there is no manifest: every field is given
	limits   hostapi.Limits
	manifest *hostapi.Manifest // nil when there is none
	grant    host.Grant
	prepared module.Prepared
}

// inspect judges a plugin by its bytes alone, before anything compiles or runs.
func inspect(s Source, c Config) (*plan, error) {
	bounds := module.DefaultLimits()
	m, err := module.Parse(s.Wasm, bounds)
	if err != nil {
		return nil, err
	}
	p := &plan{source: s, digest: digestOf(s.Wasm)}
	p.version = p.digest[:12]
	served, err := servedHooks(m)
	if err != nil {
		return nil, err
	}
	if served, err = p.applyManifest(m, served, c.Limits); err != nil {
		return nil, err
	}
	if p.hooks, err = chooseHooks(s.Hooks, served); err != nil {
		return nil, err
	}
	if p.grant, err = s.grant(m.Imports, p.manifest); err != nil {
		return nil, err
	}
	if int(m.MemoryPages) > p.limits.MemoryPages {
		return nil, fmt.Errorf("it starts with %d pages of memory, its limit is %d", m.MemoryPages, p.limits.MemoryPages)
	}
	if c.contextCheck || c.unmetered {
		p.prepared = m.Prepare()
		return p, nil
	}
	if p.prepared, err = m.Meter(bounds); err != nil {
		return nil, err
	}
	return p, nil
}

// servedHooks lists the hooks that a module exports, after judging all that it
// imports and exports.
func servedHooks(m *module.Module) ([]hostapi.Hook, error) {
	if !m.HasMemory(hostapi.ExportMemory) {
		return nil, fmt.Errorf("it exports no memory under the name %q", hostapi.ExportMemory)
	}
	if _, command := m.Func("_start"); command {
		return nil, errors.New("it was built as a command that exports _start; build a reactor (go build -buildmode=c-shared)")
	}
	if err := checkFunc(m, hostapi.ExportInitialize, hostapi.Signature{}); err != nil {
		return nil, err
	}
	if err := checkImports(m.Imports); err != nil {
		return nil, err
	}
	var served []hostapi.Hook
	for _, h := range hostapi.Hooks() {
		if err := checkFunc(m, h.Export(), hostapi.HookSignature()); err != nil {
			return nil, err
		}
		if _, ok := m.Func(h.Export()); ok {
			served = append(served, h)
		}
	}
	return served, nil
}

// checkFunc refuses an exported function of another type than the contract says.
func checkFunc(m *module.Module, name string, want hostapi.Signature) error {
	if got, ok := m.Func(name); ok && !equal(got, want) {
		return fmt.Errorf("the export %s is %s, expected %s", name, signatureText(got), signatureText(want))
	}
	return nil
}

func checkImports(imports []module.Import) error {
	core := hostapi.CoreFunctions()
	for _, i := range imports {
		if i.Module == moduleWASI {
			continue
		}
		want, ok := core[i.Name]
		if i.Module != hostapi.ModuleCore {
			want, ok = hostapi.CapabilitySignature(), isCapability(i)
		}
		if !ok {
			return fmt.Errorf("the import %s.%s is not lent; this host lends %s", i.Module, i.Name, lentModules())
		}
		if !equal(i.Type, want) {
			return fmt.Errorf("the import %s.%s is %s, expected %s", i.Module, i.Name, signatureText(i.Type), signatureText(want))
		}
	}
	return nil
}

// applyManifest takes version, hooks, needed fields and limits from the
// embedded manifest. A plugin without one is judged by its exports.
func (p *plan) applyManifest(m *module.Module, served []hostapi.Hook, defaults hostapi.Limits) ([]hostapi.Hook, error) {
	said, err := readManifest(m)
	if err != nil {
		return nil, err
	}
	if said == nil {
		p.limits = p.source.Limits.Or(defaults)
		return served, nil
	}
	if len(said.ConfigSchema) > 0 {
		if err := manifest.Fit(said.ConfigSchema, p.source.config()); err != nil {
			return nil, fmt.Errorf("its config does not fit: %w", err)
		}
	}
	if err := checkServed(said.Hooks, served); err != nil {
		return nil, err
	}
	p.version, p.manifest = said.Version, said
	p.limits = p.source.Limits.Or(said.Limits).Or(defaults)
	p.fields = make(map[hostapi.Hook][]string, len(said.Hooks))
	for h, needs := range said.Hooks {
		p.fields[h] = needs.Fields
	}
	return slices.DeleteFunc(served, func(h hostapi.Hook) bool { _, named := said.Hooks[h]; return !named }), nil
}

// checkServed refuses a manifest that names a hook which the module does not export.
func checkServed(named map[hostapi.Hook]hostapi.HookNeeds, served []hostapi.Hook) error {
	for h := range named {
		if !slices.Contains(served, h) {
			return fmt.Errorf("its manifest names %s, but there is no export %s %s", h, h.Export(), signatureText(hostapi.HookSignature()))
		}
	}
	return nil
}

func equal(a, b hostapi.Signature) bool {
	return slices.Equal(a.Params, b.Params) && slices.Equal(a.Results, b.Results)
}

// signatureText writes a function type the way the contract does: (i32, i32) -> i32.
func signatureText(s hostapi.Signature) string {
	text := "(" + typeList(s.Params) + ")"
	if len(s.Results) > 0 {
		text += " -> " + typeList(s.Results)
	}
	return text
}

func typeList(types []hostapi.ValueType) string {
	names := make([]string, len(types))
	for i, t := range types {
		switch t {
		case hostapi.I32:
			names[i] = "i32"
		case hostapi.I64:
			names[i] = "i64"
		case 0x7d:
			names[i] = "f32"
		case 0x7c:
			names[i] = "f64"
		default:
			names[i] = fmt.Sprintf("type %#x", byte(t))
		}
	}
	return strings.Join(names, ", ")
}
