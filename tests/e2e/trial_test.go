package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestTrial is a candidate as an operator sees it: a version whose fixtures fail comes to serve
// nowhere, one that is tried shows what it did, costs are shown, and the gate holds back
// what nobody knows enough of.
func TestTrial(t *testing.T) {
	t.Parallel()
	wasm, err := os.ReadFile(hosttest.Guest(t, "plugins/bundled/company-domain"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: t.TempDir(), Host: hosttest.Start(t, hosttest.Options{Settings: map[string]string{
		"database.url": pgtest.New(t), "plugins.trust.unsigned": "allow", "plugins.load": "[]",
	}})}
	for version, want := range map[string]string{"5.0.0": "continue", "6.0.0": "continue", "7.0.0": "deny"} {
		d.write(version+".wasm", renamed(t, wasm, func(m map[string]any) {
			m["version"] = version
			m["fixtures"] = []any{map[string]any{
				"name": "a company", "hook": "signup.validate", "data": map[string]any{"email_domain": "engines.example", "locale": "en"},
				"want": map[string]any{"outcome": want},
			}}
		}))
		d.usher("plugin", "push", filepath.Join(d.dir, version+".wasm"))
	}
	d.usher("plugin", "activate", "company-domain@5.0.0")
	d.refused([]string{"plugin company-domain 7.0.0", `fixture "a company"`, "want"}, "plugin", "activate", "company-domain@7.0.0")
	d.usher("plugin", "canary", "company-domain@6.0.0", "--percent", "50")
	d.shows(d.usher("plugin", "status"), "company-domain 6.0.0 is tried; no run has come to it yet.")
	d.refused([]string{"serves in release"}, "plugin", "quarantine", "company-domain@5.0.0", "--reason", "bad")
	d.refused([]string{"not enough traffic yet", "--force"}, "plugin", "promote", "company-domain")
	for range 8 {
		d.Client(t).Post("/v1/signups", signupBody()).Want(202)
	}
	hosttest.Until(t, "the runs to be shown", func() bool {
		var at struct {
			Trials []struct {
				Hooks []struct{ Candidate, Serving struct{ Runs int } }
			}
		}
		d.Operators(t).Get("/admin/v1/plugins/rollout").Into(&at)
		return len(at.Trials) == 1 && len(at.Trials[0].Hooks) > 0 && at.Trials[0].Hooks[0].Candidate.Runs+at.Trials[0].Hooks[0].Serving.Runs == 8
	})
	d.shows(d.usher("plugin", "status"), "is tried beside 5.0.0", "signup.validate", "more traffic is needed")
	d.refused([]string{"made by", "no evidence"}, "plugin", "evidence", "1")
	d.usher("plugin", "promote", "company-domain", "--force", "--reason", "a test")
	d.shows(d.usher("plugin", "inspect", "company-domain@6.0.0"), "cost as probe", "20 calls", "fuel")
}
