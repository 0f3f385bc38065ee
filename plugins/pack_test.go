package plugins_test

import (
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

const packable = `{
  "name": "g", "version": "1.2.3",
  "hooks": {"signup.validate": {"fields": ["email"]}},
  "limits": {"wall_ms": 50}
}`

func TestPack(t *testing.T) {
	t.Parallel()
	wasm := answering([]byte(`{"outcome":"continue"}`))
	for range 2 { // the second time it takes the place of the first
		packed, err := plugins.Pack(wasm, []byte(packable))
		if err != nil {
			t.Fatal(err)
		}
		f, err := plugins.Inspect(packed)
		if err != nil || f.Manifest == nil || f.Manifest.Version != "1.2.3" || f.Limits.WallMS != 50 || f.Limits.LogBytes != hostapi.DefaultLimits().LogBytes ||
			len(f.Hooks) != 1 || f.MemoryPages != 1 || f.Bytes != len(packed) || len(f.Digest) != 64 {
			t.Errorf("%+v, %v", f, err)
		}
		if strings.Count(string(packed), hostapi.ManifestSection) != 1 {
			t.Error("the manifest does not stand in it once")
		}
		wasm = packed
	}
	e := newEngine(t, plugins.Config{})
	load(t, e, plugins.Source{Name: "g", Wasm: wasm})
	if answer, err := e.Call(t.Context(), signup(t, "acme.example")); err != nil || answer.Version != "1.2.3" {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	good := answering([]byte(`{"outcome":"continue"}`))
	twice := func() []byte {
		m := (&Module{}).Memory(1)
		m.Hook(validate, 0, Int(0)...)
		return m.Custom(hostapi.ManifestSection, []byte(packable)).Custom(hostapi.ManifestSection, []byte(packable)).Wasm()
	}()
	for name, tc := range map[string]struct {
		wasm     []byte
		manifest string
		says     string
	}{
		"no module":      {[]byte("x"), packable, "no core WebAssembly module"},
		"two manifests":  {twice, packable, "2 sections usher.manifest"},
		"no manifest":    {good, `{}`, "manifest: name"},
		"another's hook": {good, strings.Replace(packable, "signup.validate", "invitation.validate", 1), "there is no export usher_invitation_validate () -> i32"},
	} {
		if _, err := plugins.Pack(tc.wasm, []byte(tc.manifest)); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %s", name, err, tc.says)
		}
	}
	if _, err := plugins.Inspect(twice); err == nil || !strings.Contains(err.Error(), "there may be one") {
		t.Errorf("a module with two manifests: %v", err)
	}
}

// What an operator writes is held to the plugin's config_schema.
func TestConfigSchema(t *testing.T) {
	t.Parallel()
	manifest := strings.Replace(packable, `"limits"`, `"config_schema": {"required": ["region"], "properties": {"region": {"enum": ["eu", "us"]}}}, "limits"`, 1)
	wasm, err := plugins.Pack(answering([]byte(`{"outcome":"continue"}`)), []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, plugins.Config{})
	for config, says := range map[string]string{
		"":                      "plugin g: its config does not fit: config: missing property 'region'",
		`{"region":"moon"}`:     "config.region: value must be one of 'eu', 'us'",
		`{"region":"eu","x":1}`: "",
	} {
		err := e.Load(t.Context(), []plugins.Source{{Name: "g", Wasm: wasm, Config: []byte(config)}})
		if (says == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", config, err, says)
		}
	}
}
