package app

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/signing"
)

// openRegistry makes the registry, which looks at the configuration at each call.
func (a *App) openRegistry() (err error) {
	a.registry, err = a.registryBy(func() config.Trust { return a.config.Current().Plugins.Trust })
	return err
}

// fetch gives the bytes of a version that may serve by a configuration, which need not be in
// force yet: what a reload no longer bars must not stand in its way.
func (a *App) fetch(ctx context.Context, t config.Trust, digest string) ([]byte, error) {
	registry, err := a.registryBy(func() config.Trust { return t })
	if err != nil {
		return nil, err
	}
	wasm, _, err := registry.Fetch(ctx, digest)
	return wasm, err
}

func (a *App) registryBy(trust func() config.Trust) (*release.Registry, error) {
	return release.NewRegistry(release.RegistryDeps{
		Store: a.store, Judge: judge{trust}, Clock: core.SystemClock{},
		Trust: func() release.Trust {
			t := trust()
			return release.Trust{Unsigned: t.Unsigned == config.UnsignedAllow, Revoked: t.Revoked}
		},
	})
}

// judge reads modules for the registry, which knows neither the runtime nor signatures.
type judge struct{ trust func() config.Trust }

// Judge implements [release.Judge].
func (j judge) Judge(wasm, signature []byte, now time.Time) (release.Module, error) {
	facts, err := plugins.Inspect(wasm)
	if err != nil {
		return release.Module{}, refused("module_refused", "This module cannot be a plugin: "+err.Error()+".", err)
	}
	signed, err := facts.ToSign()
	if err != nil {
		return release.Module{}, refused("no_manifest", "This module cannot be kept: "+err.Error()+".", err)
	}
	manifest, err := json.Marshal(facts.Manifest)
	if err != nil {
		return release.Module{}, err
	}
	m := release.Module{Digest: facts.Digest, Plugin: signed.Plugin, Version: signed.Version, Hooks: signed.Hooks, Manifest: manifest}
	if len(signature) == 0 {
		return m, nil
	}
	proof, err := signing.Verify(signature, signed, j.keys(), now)
	if wrong, ok := errors.AsType[*signing.Error](err); ok {
		return release.Module{}, refused(string(wrong.Kind), signed.Plugin+" "+signed.Version+" is refused: "+wrong.Says+".", err)
	}
	m.KeyID = proof.KeyID
	return m, err
}

func (j judge) keys() (keys []signing.Key) {
	for _, k := range j.trust().Keys {
		keys = append(keys, signing.Key{ID: k.ID, Public: k.Public})
	}
	return keys
}

// refused is what the author or the operator has to mend, in full.
func refused(reason, says string, err error) error {
	return core.E(core.ValidationFailed, says).Because(reason).Caused(err)
}
