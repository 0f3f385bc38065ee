package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/usher-id/usher/core"
)

// Fetch gives the bytes of a version that may serve now, to be compiled by the caller, who
// must not read them again elsewhere. It is asked at every activation: nothing that was
// verified earlier counts. The bytes are read once and must hash to the digest, be what the
// row says, and be signed by a key that is trusted now or, where the configuration allows it,
// by none; a version that is quarantined or revoked is refused.
func (r *Registry) Fetch(ctx context.Context, digest string) ([]byte, core.PluginVersion, error) {
	trust := r.Trust()
	wasm, v, found, err := r.Store.PluginModule(ctx, digest)
	switch {
	case err != nil:
		return nil, core.PluginVersion{}, err
	case !found:
		return nil, core.PluginVersion{}, unknown("digest", digest)
	}
	v = trust.seen(v)
	if err := barred(v); err != nil {
		return nil, v, err
	}
	sum := sha256.Sum256(wasm)
	if has := hex.EncodeToString(sum[:]); has != digest {
		return nil, v, altered(v, "its bytes hash to "+has)
	}
	m, err := r.Judge.Judge(wasm, v.Signature, r.Clock.Now())
	if err != nil {
		return nil, v, err
	}
	if m.Plugin != v.Plugin || m.Version != v.Version {
		return nil, v, altered(v, fmt.Sprintf("the module is %s %s", m.Plugin, m.Version))
	}
	if m.KeyID == "" && !trust.Unsigned {
		return nil, v, unsigned(m)
	}
	v.KeyID, v.Hooks, v.Manifest = m.KeyID, m.Hooks, m.Manifest // as the bytes and the signature say, not the row
	return wasm, v, nil
}

// altered is a row that somebody changed behind the registry's back.
func altered(v core.PluginVersion, how string) error {
	return core.E(core.Internal, fmt.Sprintf("The version %s was altered in the database: %s. It does not serve. Find out who can write to the table plugin_versions, and restore the row.",
		nameOf(v), how)).Because("version_altered")
}
