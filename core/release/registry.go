package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-id/usher/core"
)

// RegistryStore keeps the versions; package store implements it. A change and its act are
// one commit.
type RegistryStore interface {
	// AddPluginVersion keeps a version with its bytes unless its digest is there already, and
	// gives what is there then. A plugin and version that are there with another digest are a
	// [core.Conflict].
	AddPluginVersion(ctx context.Context, v core.PluginVersion, wasm []byte) (kept core.PluginVersion, added bool, err error)
	// SignPluginVersion gives a version the signature and key of v in the place of was; done is
	// false when the signature is no longer was.
	SignPluginVersion(ctx context.Context, v core.PluginVersion, was []byte, act core.PluginAct) (done bool, err error)
	// SetPluginStatus sets the status of v, its reason and who gave it, where the status is still from.
	// What serves cannot be barred: that is a [core.Conflict], also when it comes to serve at this moment.
	SetPluginStatus(ctx context.Context, v core.PluginVersion, from core.VersionStatus, act core.PluginAct) (kept core.PluginVersion, done bool, err error)
	// PluginVersions lists those of a plugin, or of all when it is empty, the newest first,
	// without manifest and signature.
	PluginVersions(ctx context.Context, plugin string) ([]core.PluginVersion, error)
	// PluginVersionsByDigest gives at most so many whose digest begins so.
	PluginVersionsByDigest(ctx context.Context, prefix string, most int) ([]core.PluginVersion, error)
	// PluginVersionLabels gives the version that each of the digests is, as far as they are there.
	PluginVersionLabels(ctx context.Context, digests []string) (map[string]string, error)
	// PluginVersionNamed gives one by its name; without a version the newest that is good, or
	// else the newest.
	PluginVersionNamed(ctx context.Context, plugin, version string) (v core.PluginVersion, found bool, err error)
	// PluginModule reads the bytes of a version with its row.
	PluginModule(ctx context.Context, digest string) (wasm []byte, v core.PluginVersion, found bool, err error)
	// PluginActs gives one page of the audit, the newest first.
	PluginActs(ctx context.Context, cursor string, limit int) (core.Page[core.PluginAct], error)
}

// Module is what a judge finds in a module.
type Module struct {
	Digest   string // hex of the SHA-256 of the bytes
	Plugin   string
	Version  string
	Hooks    []string
	Manifest []byte // JSON
	KeyID    string // of the key that signed it; empty when it is unsigned
}

// Judge reads modules and verifies signatures.
type Judge interface {
	// Judge reads what a module is from its bytes alone. A signature, where there is one, must
	// be about these bytes and what they ask for, by a key that is trusted now, and valid at
	// the instant. Its errors are [core.Error] whose words name the difference and what to do.
	Judge(wasm, signature []byte, now time.Time) (Module, error)
}

// Trust is what the configuration says of versions, beside the keys, which the judge knows.
type Trust struct {
	Unsigned bool     // versions without a signature are taken, and serve
	Revoked  []string // digests
}

// RegistryDeps are the parts that a registry needs; all are required.
type RegistryDeps struct {
	Store RegistryStore
	Judge Judge
	Clock core.Clock
	Trust func() Trust // read once per call, so that a reload takes effect between calls
}

// Registry has the versions of plugins. It is safe for concurrent use, by any number of
// replicas at once.
type Registry struct{ RegistryDeps }

// NewRegistry checks that every part is there.
func NewRegistry(d RegistryDeps) (*Registry, error) {
	if d.Store == nil || d.Judge == nil || d.Clock == nil || d.Trust == nil {
		return nil, errors.New("release: every part of RegistryDeps is required")
	}
	return &Registry{d}, nil
}

// The acts of the registry.
const (
	ActPush       = "push"
	ActSign       = "sign" // a version got another signature
	ActQuarantine = "quarantine"
	ActRevoke     = "revoke"
	ActClear      = "clear"
)

// Push takes a version in. The same bytes again are a success that changes nothing, but that
// a signature which verifies takes the place of none, or of one that does no longer. added
// tells whether the version is new.
func (r *Registry) Push(ctx context.Context, wasm, signature []byte, actor string) (v core.PluginVersion, added bool, err error) {
	// 1. What it is, and who vouches for it.
	trust := r.Trust()
	m, err := r.Judge.Judge(wasm, signature, r.Clock.Now())
	if err != nil {
		return core.PluginVersion{}, false, err
	}
	if m.KeyID == "" && !trust.Unsigned {
		return core.PluginVersion{}, false, unsigned(m)
	}
	// 2. Kept, or found to be there.
	kept, added, err := r.Store.AddPluginVersion(ctx, core.PluginVersion{
		Digest: m.Digest, Plugin: m.Plugin, Version: m.Version, Hooks: m.Hooks, Size: len(wasm), Manifest: m.Manifest,
		Signature: signature, KeyID: m.KeyID, Status: core.VersionGood, PushedBy: actor,
	}, wasm)
	if err != nil {
		return core.PluginVersion{}, false, err
	}
	kept = trust.seen(kept)
	if kept.Status == core.VersionRevoked {
		return core.PluginVersion{}, false, barred(kept)
	}
	// 3. Signed, where it was not.
	if !added && m.KeyID != "" && r.needsSignature(wasm, kept) {
		kept, err = r.sign(ctx, kept, m, signature, actor)
	}
	return kept, added, err
}

// needsSignature tells whether the signature that a version has is worth nothing now: a key
// was retired, or its time is over.
func (r *Registry) needsSignature(wasm []byte, kept core.PluginVersion) bool {
	if kept.KeyID == "" {
		return true
	}
	_, err := r.Judge.Judge(wasm, kept.Signature, r.Clock.Now())
	return err != nil
}

func (r *Registry) sign(ctx context.Context, kept core.PluginVersion, m Module, signature []byte, actor string) (core.PluginVersion, error) {
	signed := kept
	signed.Signature, signed.KeyID = signature, m.KeyID
	act := core.PluginAct{Actor: actor, Action: ActSign, Plugin: kept.Plugin, Digest: kept.Digest, Reason: "signed by the key " + m.KeyID}
	if done, err := r.Store.SignPluginVersion(ctx, signed, kept.Signature, act); err != nil || done {
		return signed, err
	}
	return core.PluginVersion{}, core.E(core.Conflict, "Somebody else signed the same version at this moment. Look at it, then push again.").
		Because("signed_meanwhile")
}

// seen is a version as it is with what the configuration revokes.
func (t Trust) seen(v core.PluginVersion) core.PluginVersion {
	for _, digest := range t.Revoked {
		if digest == v.Digest && v.Status != core.VersionRevoked {
			v.Status, v.Reason, v.StatusBy, v.StatusAt = core.VersionRevoked, revokedByConfig, "the configuration", time.Time{}
		}
	}
	return v
}

// revokedByConfig is the reason of a version that the configuration revokes.
const revokedByConfig = "it is listed in plugins.trust.revoked"

// barred says why a version may not serve; nil when it may.
func barred(v core.PluginVersion) error {
	name := nameOf(v)
	switch v.Status {
	case core.VersionRevoked:
		return core.E(core.Conflict, fmt.Sprintf("%s is revoked: %s. A revoked version never comes back; build and push a newer one, with another version.", name, v.Reason)).
			Because("version_revoked")
	case core.VersionQuarantined:
		return core.E(core.Conflict, fmt.Sprintf("%s is quarantined: %s. Take another version, or, when it is harmless, clear it with: usher plugin clear %s --reason \"…\".",
			name, v.Reason, v.Digest[:shortDigest])).Because("version_quarantined")
	}
	return nil
}

func unsigned(m Module) error {
	return core.E(core.ValidationFailed, fmt.Sprintf("%s %s is not signed, and this installation takes signed versions only. Sign it with: usher plugin sign FILE.wasm --key KEY, or set plugins.trust.unsigned to allow.",
		m.Plugin, m.Version)).Because("unsigned")
}

// shortDigest is how much of a digest is shown where it is clear which one is meant.
const shortDigest = 12

func nameOf(v core.PluginVersion) string {
	return fmt.Sprintf("%s %s (%s)", v.Plugin, v.Version, v.Digest[:shortDigest])
}
