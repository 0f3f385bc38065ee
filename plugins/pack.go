package plugins

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
	"github.com/usher-id/usher/plugins/module"
	"github.com/usher-id/usher/plugins/signing"
)

// Facts are what the bytes of a plugin tell about it.
type Facts struct {
	Digest   string // hex of the SHA-256 of the bytes
	Bytes    int
	Manifest *hostapi.Manifest // nil when there is none
	Hooks    []hostapi.Hook    // that it exports
	// Capabilities are the functions that it imports beyond the core, such as
	// usher:http/v1.fetch.
	Capabilities []string
	// Limits are as it asks for them, the defaults filled in, but for the wall time: 0
	// leaves it to each hook.
	Limits      hostapi.Limits
	MemoryPages int // at start
}

// Inspect judges a plugin by its bytes alone, as [Engine.Load] does before anything of it
// runs, but for what an operator writes: grants and config.
func Inspect(wasm []byte) (Facts, error) {
	_, f, err := facts(wasm)
	return f, err
}

func facts(wasm []byte) (*module.Module, Facts, error) {
	f := Facts{Digest: digestOf(wasm), Bytes: len(wasm), Limits: hostapi.DefaultLimits()}
	f.Limits.WallMS = 0
	m, err := module.Parse(wasm, module.DefaultLimits())
	if err != nil {
		return nil, f, err
	}
	f.MemoryPages = int(m.MemoryPages)
	if f.Hooks, err = servedHooks(m); err != nil {
		return m, f, err
	}
	for _, i := range m.Imports {
		if isCapability(i) {
			f.Capabilities = append(f.Capabilities, i.Module+"."+i.Name)
		}
	}
	if f.Manifest, err = readManifest(m); err != nil || f.Manifest == nil {
		return m, f, err
	}
	f.Limits = f.Manifest.Limits.Or(f.Limits)
	if err := checkServed(f.Manifest.Hooks, f.Hooks); err != nil {
		return m, f, err
	}
	return m, f, matchImports(m.Imports, f.Manifest.Requests)
}

// Pack embeds a manifest into a module, in place of the one that it may have. A module
// that has two is refused, as is one that would not load with this manifest.
func Pack(wasm, text []byte) ([]byte, error) {
	m, err := module.Parse(wasm, module.DefaultLimits())
	if err != nil {
		return nil, err
	}
	if n := len(m.Custom(hostapi.ManifestSection)); n > 1 {
		return nil, fmt.Errorf("it has %d sections %s, so it is not clear which one to replace; build it anew", n, hostapi.ManifestSection)
	}
	if _, err := manifest.Parse(text); err != nil {
		return nil, err
	}
	compact := jsontext.Value(text).Clone()
	if err := compact.Compact(); err != nil {
		return nil, err
	}
	packed := m.WithCustom(hostapi.ManifestSection, compact)
	if _, err := Inspect(packed); err != nil {
		return nil, err
	}
	return packed, nil
}

// ToSign are the facts that a signature is about. A module without a manifest has no name
// and no version to sign.
func (f Facts) ToSign() (signing.Facts, error) {
	if f.Manifest == nil {
		return signing.Facts{}, errors.New("it has no manifest, and so no name and version; embed one with: usher plugin pack")
	}
	return signing.Facts{
		Plugin: f.Manifest.Name, Version: f.Manifest.Version, Digest: f.Digest, Size: f.Bytes,
		Hooks: signing.Hooks(f.Manifest.Hooks), Capabilities: signing.Capabilities(f.Manifest.Requests),
	}, nil
}
