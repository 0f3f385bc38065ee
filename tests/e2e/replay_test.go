package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/cguest"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

const carefulManifest = `{"name":"careful","version":%q,"hooks":{"signup.validate":{"fields":["email","email_domain","organization_name"]},"tenant.provision":{"fields":["name"]}},
	"capabilities":{"kv":{},"http":{}},"limits":{"wall_ms":5000}}`

// TestShadowAndReplay: a candidate is asked about copies and about recorded calls; what it
// answers otherwise is listed, what the host answered is played to it, and nothing of the people
// who signed up is kept.
func TestShadowAndReplay(t *testing.T) {
	t.Parallel()
	accounts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"state":"active","contact":"stranger.canary@company.example"}`))
	}))
	defer accounts.Close()
	d := &desk{t: t, dir: t.TempDir()}
	settings := fmt.Sprintf("plugins:\n  load:\n    - name: careful\n      config: {base: %q, key: secret-of-the-configuration}\n      grants: {kv: true, http: {origins: [%q]}}\n",
		accounts.URL, accounts.URL)
	d.Host = hosttest.Start(t, hosttest.Options{File: settings, Settings: map[string]string{"database.url": pgtest.New(t)}})
	for version, source := range map[string]string{"1.0.0": "careful.c", "2.0.0": "strict.c", "3.0.0": "curious.c"} {
		wasm, err := plugins.Pack(cguest.Build(t, filepath.Join("testdata", "c", source)), fmt.Appendf(nil, carefulManifest, version))
		if err != nil {
			t.Fatal(err)
		}
		d.write(version+".wasm", wasm)
		d.usher("plugin", "push", version+".wasm", "--unsigned")
	}
	d.usher("plugin", "activate", "careful@1.0.0")
	d.usher("plugin", "shadow", "careful@2.0.0")
	d.shows(d.usher("plugin", "differences", "careful@2.0.0"), "No difference", "usher plugin shadow")
	d.refused([]string{"no sample of careful", "plugins.samples.rate", "reload"}, "plugin", "replay", "careful@2.0.0")

	if err := os.WriteFile(d.ConfigFile, []byte(settings+"  samples: {rate: 1.0, keep: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Operators(t).Post("/admin/v1/config/reload", nil).Want(200)
	signUp(t, d.Host, "canary-anna@company.example", "Canary Söhne")
	signUp(t, d.Host, "canary-bob@rival.example", "Canary Rivals")
	db := connect(t, d.DatabaseURL(t))
	for _, row := range []struct{ what, sql string }{
		{"signups are kept", "SELECT count(*) FROM plugin_samples WHERE hook = 'signup.validate'"},
		{"tenants are kept", "SELECT count(*) FROM plugin_samples WHERE hook = 'tenant.provision'"},
		{"one signup was answered otherwise", "SELECT 1 + coalesce(sum((counts->>'differed')::int), 0) FROM plugin_comparisons"},
		{"the rest was not", "SELECT coalesce(sum((counts->>'agreed')::int), 0) - 1 FROM plugin_comparisons"},
	} {
		hosttest.Until(t, row.what, func() bool { return one[int](t, db, row.sql) == 2 })
	}
	t.Run("shadow", func(t *testing.T) { shadowed(d.in(t)) })
	t.Run("replay", func(t *testing.T) { replayed(d.in(t)) })
	for _, table := range []string{"plugin_samples", "plugin_differences", "plugin_comparisons"} {
		text := strings.ToLower(one[string](t, db, "SELECT string_agg(x::text, ' ') FROM "+table+" x"))
		if strings.Contains(text, "canary") || strings.Contains(text, fmt.Sprintf("%x", "canary")) || strings.Contains(text, fmt.Sprintf("%x", "Canary")) {
			t.Errorf("%s has a canary: %s", table, text)
		}
	}
	d.shows(d.Log.String(), "release serves")
	if strings.Contains(d.Log.String(), "secret-of-the-configuration") {
		t.Error("a value of the configuration is logged")
	}
}

func shadowed(d *desk) {
	differences := d.usher("plugin", "differences", "careful@2.0.0", "--limit", "5")
	d.shows(differences, "signup.validate", "continue", "deny: email rival", "outcome, errors")
	equal(d.t, "lines", strings.Count(differences, "\n"), 2)
	d.shows(d.usher("plugin", "status"), "SHADOW", "careful 2.0.0", "AGREED", "answers otherwise", "usher plugin differences")
	rollout := d.Operators(d.t).Get("/admin/v1/plugins/rollout").Want(200)
	equal(d.t, "agreed", rollout.At("shadows", 0, "agreed"), any(float64(3)))
	equal(d.t, "differed", rollout.At("shadows", 0, "differed"), any(float64(1)))
	equal(d.t, "calls", rollout.At("shadows", 0, "calls"), any(float64(4)))
}

func replayed(d *desk) {
	report := d.usher("plugin", "replay", "careful@2.0.0", "--since", "1h")
	d.shows(report, "careful 2.0.0", "against 1.0.0", "on 4 recorded calls", "3 verdicts agree, 1 change, 0 cannot be compared",
		"P99", "FUEL", "signup.validate", "deny: email rival", "outcome, errors")
	d.refused([]string{"1 verdicts change"}, "plugin", "replay", "careful@2.0.0", "--fail-on-change")
	d.shows(d.usher("plugin", "replay", "careful@3.0.0"), "2 verdicts agree, 0 change, 2 cannot be compared", "the candidate asks usher:kv/v1.get")
	d.shows(d.usher("plugin", "replay", "careful@2.0.0", "--limit", "1", "--json"), `"done":true`, `"samples":1`)
	d.refused([]string{"is what serves"}, "plugin", "replay", "careful@1.0.0")
	d.refused([]string{"no version"}, "plugin", "replay", "careful@4.0.0")
	d.usher("plugin", "quarantine", "careful@3.0.0", "--reason", "it is too curious")
	d.refused([]string{"is quarantined", "it is too curious"}, "plugin", "replay", "careful@3.0.0")
}
