package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/config"
)

// secretive has the word canary wherever a secret can be.
func secretive(t *testing.T) *config.Config {
	t.Helper()
	return load(t, config.Sources{
		File: write(t, `
public_url: https://id.example.com
mail: {smtp: {username: u, password: canary}}
plugins: {load: [{name: a, file: /a.wasm, config: {api: canary}, grants: {http: {origins: [https://a.example]}, kv: true}, secrets: {signing: canary}}]}
telemetry: {otlp_headers: ["authorization=canary"]}
activation: {redirect_hosts: [a.example, b.example]}
`),
		Environ: []string{"USHER_DATABASE_URL=postgres://u:canary@h/d", "USHER_SECRETS_KEYS=" + keyA},
	})
}

func TestEffective(t *testing.T) {
	t.Parallel()
	out, err := secretive(t).Effective()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"listen: 127.0.0.1:8080 # default\n",
		"url: '[redacted]' # env USHER_DATABASE_URL\n",
		"password: '[redacted]' # file usher.yaml:3\n",
		"keys: ['a:[redacted]'] # env USHER_SECRETS_KEYS\n",
		"redirect_hosts: [a.example, b.example] # file usher.yaml:6\n",
		"token_ttl: 3d # default\n",
		"api: '[redacted]'\n",
		"signing: '[redacted]'\n",
		"- https://a.example\n",
		"kv: true\n",
		"otlp_headers: ['authorization=[redacted]']",
		"level: info # default\n",
		`from: '"Usher" <no-reply@id.example.com>' # default`,
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "canary") || strings.Contains(string(out), "QUFB") {
		t.Errorf("a secret is shown:\n%s", out)
	}
}

func TestEffectiveCanBeLoaded(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{Dev: true, File: write(t, `
public_url: https://id.example.com
http: {idle_timeout: 45m, read_timeout: 1500ms, trusted_proxies: [10.0.0.0/8]}
session: {refresh_ttl: 1d12h}
plugins: {load: [{name: a, file: a.wasm, hooks: [signup.validate], grants: {http: {origins: [https://a.example]}, telemetry: true}}]}
`)})
	out, err := c.Effective()
	if err != nil {
		t.Fatal(err)
	}
	if d := config.Diff(c, load(t, config.Sources{File: write(t, string(out))})); len(d) > 0 {
		t.Errorf("comes back with differences: %+v", d)
	}
}

func TestSecretsCannotBePrinted(t *testing.T) {
	t.Parallel()
	c := secretive(t)
	c.Plugins.Load[0].Config = nil // it is shown by nothing but fmt
	for _, verb := range []string{"%v", "%+v", "%s"} {
		if out := fmt.Sprintf(verb, *c); strings.Contains(out, "canary") || strings.Contains(out, "AAAAA") {
			t.Errorf("%s prints a secret: %s", verb, out)
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	old := load(t, config.Sources{Environ: []string{"USHER_DATABASE_URL=postgres://canary/a"}})
	changed := load(t, config.Sources{
		Environ: []string{"USHER_DATABASE_URL=postgres://canary/b", "USHER_ACTIVATION_TOKEN_TTL=90m"},
		Flags:   flags(t, "--activation.redirect_hosts=a.example"),
	})
	want := []config.Difference{
		{Key: "database.url", Old: "[redacted]", New: "[redacted]"},
		{Key: "activation.token_ttl", Old: "3d", New: "1h30m", Live: true},
		{Key: "activation.redirect_hosts", Old: "[]", New: "[a.example]", Live: true},
	}
	got := config.Diff(old, changed)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("differences\n%v\nwant\n%v", got, want)
	}
	if d := config.Diff(old, old); len(d) != 0 {
		t.Errorf("differs from itself: %v", d)
	}
}

func TestServeRequirements(t *testing.T) {
	t.Parallel()
	_, err := config.Check(config.Sources{})
	for _, want := range []string{
		"3 problems", "database.url: is required by usher serve", "USHER_DATABASE_URL",
		"public_url: is required", "secrets.keys: is required", "openssl rand -base64 32",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, err := config.Check(config.Sources{Dev: true}); err != nil {
		t.Errorf("usher dev: %v", err)
	}
	_, err = config.Check(config.Sources{Environ: []string{
		"USHER_DATABASE_URL=postgres://h/d", "USHER_SECRETS_KEYS=" + keyA, "USHER_PUBLIC_URL=https://id.example.com", "USHER_LINK_URL=http://go.example.com",
	}})
	if err == nil || !strings.Contains(err.Error(), "link_url (USHER_LINK_URL): is not https") && !strings.Contains(err.Error(), "link_url: is not https") {
		t.Errorf("links without TLS: %v", err)
	}
	for publicURL, ok := range map[string]bool{
		"https://id.example.com": true, "http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]:80": true,
		"http://id.example.com": false, "http://localhost.example.com": false,
	} {
		_, err := config.Check(config.Sources{Environ: []string{
			"USHER_DATABASE_URL=postgres://h/d", "USHER_SECRETS_KEYS=" + keyA, "USHER_PUBLIC_URL=" + publicURL,
		}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", publicURL, err)
		}
	}
}
