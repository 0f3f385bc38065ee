package config_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/plugins/signing"
)

func newTrusted(t *testing.T) (id, base64Key, pem, file string) {
	t.Helper()
	key, _, public, err := signing.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "key.pub")
	if err := os.WriteFile(file, public, 0o600); err != nil {
		t.Fatal(err)
	}
	return key.ID, base64.StdEncoding.EncodeToString(key.Public), string(public), file
}

func TestTrust(t *testing.T) {
	t.Parallel()
	id, raw, _, _ := newTrusted(t)
	fileID, _, _, file := newTrusted(t)
	pemID, _, pem, _ := newTrusted(t)
	digest := strings.Repeat("0a", 32)
	s := config.Sources{File: write(t, `
plugins:
  trust:
    unsigned: allow
    revoked: ["`+digest+`"]
    keys:
      - {id: `+id+`, public_key: `+raw+`}
      - file: `+file+`
      - public_key: |
          `+strings.ReplaceAll(strings.TrimSpace(pem), "\n", "\n          ")+`
`)}
	c := load(t, s)
	keys := c.Plugins.Trust.Keys
	if len(keys) != 3 || keys[0].ID != id || keys[1].ID != fileID || keys[2].ID != pemID || len(keys[2].Public) != 32 ||
		c.Plugins.Trust.Unsigned != config.UnsignedAllow || c.Plugins.Trust.Revoked[0] != digest {
		t.Errorf("%+v", c.Plugins.Trust)
	}
	shown, err := c.Effective()
	if err != nil {
		t.Fatal(err)
	}
	s.File = write(t, string(shown))
	if d := config.Diff(c, load(t, s)); len(d) > 0 {
		t.Errorf("what is shown comes back with differences: %+v\n%s", d, shown)
	}
	next := load(t, config.Sources{}).Plugins
	if same, _ := c.Plugins.SameLoad(next); same {
		t.Error("what is revoked goes on serving")
	}
	next.Trust.Revoked = c.Plugins.Trust.Revoked
	if same, _ := c.Plugins.SameLoad(next); !same {
		t.Error("plugins are loaded again because trusted keys changed")
	}
	if got := load(t, config.Sources{}).Plugins.Trust; got.Unsigned != config.UnsignedRefuse || len(got.Keys) > 0 {
		t.Errorf("without a word: %+v", got)
	}
	if got := load(t, config.Sources{Dev: true}).Plugins.Trust; got.Unsigned != config.UnsignedAllow {
		t.Errorf("in development: %+v", got)
	}
	if got := load(t, config.Sources{Dev: true, Environ: []string{"USHER_PLUGINS_TRUST_UNSIGNED=refuse"}}).Plugins.Trust; got.Unsigned != config.UnsignedRefuse {
		t.Errorf("in development that refuses: %+v", got)
	}
	if got := load(t, config.Sources{Environ: []string{`USHER_PLUGINS_TRUST_KEYS=[{"public_key":"` + raw + `"}]`}}).Plugins.Trust; got.Keys[0].ID != id {
		t.Errorf("from the environment: %+v", got)
	}
}

// What is sampled is changed while plugins go on as they are.
func TestSamples(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{Environ: []string{"USHER_PLUGINS_SAMPLES_RATE=0.25", "USHER_PLUGINS_SAMPLES_KEEP=7d"}})
	if c.Plugins.Samples != (config.Samples{Rate: 0.25, Keep: 7 * 24 * time.Hour}) {
		t.Errorf("%+v", c.Plugins.Samples)
	}
	usual := load(t, config.Sources{}).Plugins
	if usual.Samples != (config.Samples{Keep: 24 * time.Hour}) {
		t.Errorf("without a word: %+v", usual.Samples)
	}
	if same, _ := c.Plugins.SameLoad(usual); !same {
		t.Error("plugins are loaded again because sampling changed")
	}
	for _, one := range []string{"RATE=1.5", "RATE=-1", "KEEP=8d", "KEEP=1s"} {
		if _, err := config.Load(config.Sources{Environ: []string{"USHER_PLUGINS_SAMPLES_" + one}}); err == nil || !strings.Contains(err.Error(), "plugins.samples.") {
			t.Errorf("%s: %v", one, err)
		}
	}
}

func TestTrustProblems(t *testing.T) {
	t.Parallel()
	id, raw, _, file := newTrusted(t)
	private := filepath.Join(t.TempDir(), "private")
	if err := os.WriteFile(private, []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ trust, says string }{
		{"keys: [x]", "plugins.trust.keys: item 1: wants public_key or file, has text"},
		{"keys: [{id: x}]", "item 1: wants one of public_key and file"},
		{"keys: [{public_key: " + raw + ", file: " + file + "}]", "item 1: wants one of public_key and file"},
		{"keys: [{id: 0123, public_key: " + raw + "}]", "item 1: id wants text"},
		{`keys: [{id: "0123", public_key: ` + raw + "}]", "item 1: id is not that of the key, which is " + id},
		{"keys: [{public_key: canary}]", "item 1: public_key is no Ed25519 public key; take the .pub file"},
		{"keys: [{file: nowhere.pub}]", "item 1: file cannot be read: no such file"},
		{"keys: [{file: " + private + "}]", "item 1: file has no Ed25519 public key in it"},
		{"keys: [{pubic_key: x}]", `did you mean public_key?`},
		{"keys: [{public_key: " + raw + "}, {file: nowhere.pub}]", "item 2: file"},
		{"keys: [{public_key: " + raw + "}, {public_key: " + raw + "}]", "item 2: is a key that an earlier one is"},
		{"unsigned: maybe", "plugins.trust.unsigned"},
		{"revoked: [abc]", "plugins.trust.revoked: item 1 is no digest; write all 64 digits"},
	} {
		_, err := config.Load(config.Sources{File: write(t, "plugins:\n  trust:\n    "+row.trust+"\n")})
		if err == nil || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), ":3") {
			t.Errorf("%s: %v, want %s", row.trust, err, row.says)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("a value is told: %v", err)
		}
	}
}
