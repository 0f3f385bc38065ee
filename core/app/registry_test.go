package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/app"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/signing"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/signtest"
	"github.com/usher-id/usher/tests/storetest"
)

// A real module, a real signature and a real database: what was pushed comes out again byte
// by byte, and nothing comes out once either of the three is not what it was.
func TestRegistryHoldsAModule(t *testing.T) {
	t.Parallel()
	wasm, url := keeper(t), pgtest.New(t)
	key, signature := sign(t, wasm)
	trust := config.Trust{Keys: []config.TrustedKey{key}}
	registry := newRegistry(t, url, trust)
	v, added, err := registry.Push(t.Context(), wasm, signature, "ann")
	if err != nil || !added || v.Plugin != "keeper" || v.Version != "1.0.0" || v.KeyID != key.ID || v.Size != len(wasm) || strings.Join(v.Hooks, "") != "signup.validate" {
		t.Fatalf("%+v, %v, %v", v, added, err)
	}
	fetch := func(trust config.Trust) error {
		got, at, err := newRegistry(t, url, trust).Fetch(t.Context(), v.Digest)
		if err == nil && (!bytes.Equal(got, wasm) || at.KeyID != key.ID) {
			t.Errorf("%d bytes of %+v", len(got), at)
		}
		return err
	}
	stranger, _ := sign(t, wasm)
	expect := func(what string, err error, code core.Code, reason string) {
		t.Helper()
		if core.CodeOf(err) != code || err != nil && core.ReasonOf(err) != reason {
			t.Errorf("%s: %v", what, err)
		}
	}
	expect("as it was pushed", fetch(trust), "", "")
	expect("once the key is not trusted", fetch(config.Trust{}), core.ValidationFailed, string(signing.UnknownKey))
	expect("even where unsigned ones are", fetch(config.Trust{Unsigned: config.UnsignedAllow}), core.ValidationFailed, string(signing.UnknownKey))
	expect("with another key", fetch(config.Trust{Keys: []config.TrustedKey{stranger}}), core.ValidationFailed, string(signing.UnknownKey))
	expect("with both keys", fetch(config.Trust{Keys: []config.TrustedKey{stranger, key}}), "", "")
	expect("once it is revoked", fetch(config.Trust{Keys: trust.Keys, Revoked: []string{v.Digest}}), core.Conflict, "version_revoked")
	alter(t, url, "UPDATE plugin_versions SET wasm = set_byte(wasm, $1, 1 + get_byte(wasm, $1) % 255)", len(wasm)/2)
	expect("once a byte is another", fetch(trust), core.Internal, "version_altered")
}

func TestRegistryRefusesModules(t *testing.T) {
	t.Parallel()
	wasm := keeper(t)
	key, signature := sign(t, wasm)
	registry := newRegistry(t, pgtest.New(t), config.Trust{Keys: []config.TrustedKey{key}, Unsigned: config.UnsignedAllow})
	other, err := plugins.Pack(wasm, []byte(strings.Replace(keeperManifest, `"hooks"`, `"limits":{"wall_ms":7},"hooks"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	section := 1 + len(hostapi.ManifestSection) + len(keeperManifest)
	plain := wasm[:len(wasm)-section-1-len(binary.AppendUvarint(nil, uint64(section)))]
	for name, row := range map[string]struct {
		wasm, signature []byte
		reason          string
		says            []string
	}{
		"no module":          {[]byte("x"), nil, "module_refused", []string{"no core WebAssembly module"}},
		"nothing":            {nil, nil, "module_refused", nil},
		"too large":          {make([]byte, 8<<20+1), nil, "module_refused", []string{"8388609", "8388608"}},
		"without a manifest": {plain, nil, "no_manifest", []string{"usher plugin pack"}},
		"other bytes":        {other, signature, string(signing.WrongDigest), []string{"keeper 1.0.0 is refused", "other bytes"}},
		"a bad signature":    {wasm, []byte(`{}`), string(signing.Malformed), []string{"usher plugin sign"}},
	} {
		_, _, err := registry.Push(t.Context(), row.wasm, row.signature, "ann")
		if core.CodeOf(err) != core.ValidationFailed || core.ReasonOf(err) != row.reason {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, word := range row.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q is not said: %v", name, word, err)
			}
		}
	}
	if list, err := registry.List(t.Context(), ""); err != nil || len(list) > 0 {
		t.Errorf("what was refused is there: %+v, %v", list, err)
	}
}

func newRegistry(t *testing.T, url string, trust config.Trust) *release.Registry {
	t.Helper()
	registry, err := release.NewRegistry(release.RegistryDeps{
		Store: storetest.OpenAt(t, url), Judge: app.Judge(trust), Clock: core.SystemClock{},
		Trust: func() release.Trust {
			return release.Trust{Unsigned: trust.Unsigned == config.UnsignedAllow, Revoked: trust.Revoked}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

// sign makes a key, and the signature of a module with it.
func sign(t *testing.T, wasm []byte) (config.TrustedKey, []byte) {
	t.Helper()
	key, envelope := signtest.Sign(t, wasm)
	return config.TrustedKey{ID: key.ID, Public: key.Public}, envelope
}

func alter(t *testing.T, url, sql string, args ...any) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if tag, err := db.Exec(t.Context(), sql, args...); err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %s, %v", sql, tag, err)
	}
}
