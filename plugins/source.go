package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
	"github.com/usher-id/usher/plugins/module"
)

// Source is one plugin to load.
type Source struct {
	// Name is the operator's name for the plugin: lower case letters, digits and dashes.
	Name string
	// Wasm is the module. It must not change while the plugin is loaded.
	Wasm []byte
	// Digest is the hex SHA-256 of the module; it is needed where Wasm is empty, and
	// where it is given a live version is found without a look at the module.
	Digest string
	// Fetch gives the module where Wasm is empty. It is asked only when no live version
	// was made of what else is given here, and what it gives must have the digest.
	Fetch func(context.Context) ([]byte, error)
	// Hooks are those to ask it at; empty for all that it serves.
	Hooks []hostapi.Hook
	// Config is a JSON object that the plugin is given with each call; empty for {}.
	Config []byte
	// Limits override what the plugin asks for.
	Limits hostapi.Limits
	// Grants are what the operator lets it do, of what its manifest asks for.
	Grants Grants
	// ReuseInTenant spares the reset between calls of one tenant: an instance that served a tenant keeps what it
	// remembers for that tenant's next calls, at most keptCalls of them, and is reset before anybody else's. A plugin
	// then sees its own earlier calls, so it is for those that are known to bear it.
	ReuseInTenant bool
}

// check looks at what the operator wrote.
func (s Source) check() error {
	if !manifest.IsName(s.Name) {
		return fmt.Errorf("the name %q is not made of lower case letters, digits and dashes", s.Name)
	}
	for _, h := range s.Hooks {
		if !h.Known() {
			return fmt.Errorf("there is no hook %q; the hooks are %v", h, hostapi.Hooks())
		}
	}
	if !s.Limits.Within(hostapi.MaxLimits()) {
		return fmt.Errorf("the limits %+v are outside of 0 to %+v", s.Limits, hostapi.MaxLimits())
	}
	if len(s.Config) > 0 && !isObject(s.Config) {
		return errors.New("the config is no JSON object")
	}
	return nil
}

// load fetches the module where it is not at hand, and holds it to its digest.
func (s *Source) load(ctx context.Context) (err error) {
	if len(s.Wasm) == 0 && s.Fetch != nil {
		if s.Digest == "" {
			return errors.New("its Digest is empty, and what Fetch gives cannot be told from anything else")
		}
		if s.Wasm, err = s.Fetch(ctx); err != nil {
			return fmt.Errorf("fetch the module %s: %w", s.Digest, err)
		}
	}
	if s.Digest == "" {
		return nil
	}
	if len(s.Wasm) == 0 {
		return fmt.Errorf("no live version has the digest %s, and there is no module: give Wasm or Fetch", s.Digest)
	}
	if got := digestOf(s.Wasm); got != s.Digest {
		return fmt.Errorf("the module has the digest %s, and %s was expected", got, s.Digest)
	}
	return nil
}

func isObject(b []byte) bool {
	return jsontext.Value(b).IsValid() && jsontext.Value(b).Kind() == '{'
}

func (s Source) config() []byte {
	if len(s.Config) == 0 {
		return []byte("{}")
	}
	return bytes.Clone(s.Config)
}

// readManifest judges the embedded manifest; nil when there is none.
func readManifest(m *module.Module) (*hostapi.Manifest, error) {
	sections := m.Custom(hostapi.ManifestSection)
	switch len(sections) {
	case 0:
		return nil, nil // it is judged by its exports
	case 1:
		said, err := manifest.Parse(sections[0])
		return &said, err
	}
	return nil, fmt.Errorf("it has %d sections %s; there may be one", len(sections), hostapi.ManifestSection)
}

// chooseHooks says at which hooks a plugin is asked: those that the operator
// named, or else all that it serves. It refuses a hook that it does not serve.
func chooseHooks(asked, served []hostapi.Hook) ([]hostapi.Hook, error) {
	if len(served) == 0 {
		return nil, fmt.Errorf("it serves no hook; it would export %s, for example", hostapi.HookSignupValidate.Export())
	}
	if len(asked) == 0 {
		return served, nil
	}
	for _, h := range asked {
		if !slices.Contains(served, h) {
			return nil, fmt.Errorf("it does not serve %s: there is no export %s %s", h, h.Export(), signatureText(hostapi.HookSignature()))
		}
	}
	return slices.Clone(asked), nil
}
