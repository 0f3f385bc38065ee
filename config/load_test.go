package config_test

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/config"
)

const (
	keyA = "a:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUI="
	keyB = "b:QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkE="
)

// write puts a file into a directory of the test.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "usher.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, s config.Sources) *config.Config {
	t.Helper()
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{})
	for name, ok := range map[string]bool{
		"http.listen":             c.HTTP.Listen == "127.0.0.1:8080",
		"operator.listen":         c.Operator.Listen == "127.0.0.1:9901",
		"operator.token_file":     c.Operator.TokenFile == filepath.Join(".usher", "operator.token"),
		"http.max_connections":    c.HTTP.MaxConnections == 16384,
		"http.shutdown_timeout":   c.HTTP.ShutdownTimeout == 20*time.Second,
		"activation.token_ttl":    c.Activation.TokenTTL == 72*time.Hour,
		"activation.max":          c.Activation.MaxExpiresIn == 30*24*time.Hour,
		"activation.password":     c.Activation.Password == config.PasswordRequired,
		"hashing.memory_kib":      c.Hashing.MemoryKiB == 19456,
		"hashing.concurrency":     c.Hashing.Concurrency == runtime.GOMAXPROCS(0),
		"mail.provider":           c.Mail.Provider == config.MailSMTP,
		"mail.from":               c.Mail.From.Address == "no-reply@localhost",
		"log.level":               c.Log.Level == slog.LevelInfo,
		"telemetry.sample_ratio":  c.Telemetry.SampleRatio == 1,
		"telemetry.otlp_endpoint": c.Telemetry.OTLPEndpoint == "",
	} {
		if !ok {
			t.Errorf("%s has another default", name)
		}
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	for name, sources := range map[string]config.Sources{
		"file": {File: write(t, `
plugins:
  load:
    - name: a
      file: a.wasm
      grants: {http: {origins: [https://api.example.com, "http://127.0.0.1:8025"]}, kv: true, telemetry: true}
      secrets: {api-key: canary}
    - {name: b, file: b.wasm}
`)},
		"environment": {Environ: []string{`USHER_PLUGINS_LOAD=[{"name":"a","file":"a.wasm","grants":{"http":{"origins":["https://api.example.com",` +
			`"http://127.0.0.1:8025"]},"kv":true,"telemetry":true},"secrets":{"api-key":"canary"}},{"name":"b","file":"b.wasm"}]`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := load(t, sources).Plugins.Load
			g := list[0].Grants
			if !slices.Equal(g.Origins, []string{"https://api.example.com", "http://127.0.0.1:8025"}) || !g.KV || !g.Telemetry {
				t.Errorf("granted %+v", g)
			}
			if list[0].Secrets["api-key"].Reveal() != "canary" {
				t.Error("the secret is lost")
			}
			if g := list[1].Grants; len(g.Origins) > 0 || g.KV || g.Telemetry || len(list[1].Secrets) > 0 {
				t.Errorf("a plugin without grants has %+v", g)
			}
		})
	}
}

func TestDevDiffers(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{Dev: true})
	if c.Mail.Provider != config.MailSink || c.Log.Format != "text" {
		t.Errorf("mail %s, log %s", c.Mail.Provider, c.Log.Format)
	}
	c = load(t, config.Sources{Dev: true, File: write(t, "mail: {provider: smtp}")})
	if c.Mail.Provider != config.MailSMTP {
		t.Error("the file does not win over what dev differs in")
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{File: write(t, `
data_dir: /srv/usher
public_url: https://id.example.com/
link_url: https://go.example.com/
branding: {name: Example, logo_url: "https://cdn.example.com/logo.png", colour: "#4A1b52", support_url: "https://help.example.com/"}
http:
  trusted_proxies: [10.1.2.3/8, "::1"]
  idle_timeout: 0.5h
log:
  level: debug
mail:
  provider: smtp
  from: Ex Ample <post@example.com>
  smtp: {host: mail.example.com, username: u, password: p}
activation: {token_ttl: 1d12h, redirect_hosts: [app.example.com]}
secrets:
  keys:
    - `+keyA+`
    - `+keyB+`
database:
plugins:
  dir: /srv/plugins
  load:
    - name: domains
      file: domains.wasm
      hooks: [signup.validate]
      config:
        blocked: [a.example, b.example]
        "dotted.name": 1
    - {name: mails, file: /opt/mails.wasm}
telemetry:
  sample_ratio: 0.25
`)})
	first := c.Plugins.Load[0]
	for name, ok := range map[string]bool{
		"public_url":      c.PublicURL == "https://id.example.com",
		"link_url":        c.LinkURL == "https://go.example.com",
		"branding":        c.Branding.Name == "Example" && c.Branding.Colour == "#4A1b52" && c.Branding.SupportURL != "" && c.Branding.LogoURL != "",
		"issuer":          c.Session.Issuer == "https://id.example.com" && c.Session.Audience == c.Session.Issuer,
		"trusted_proxies": slices.Equal(c.HTTP.TrustedProxies, prefixes("10.0.0.0/8", "::1/128")),
		"idle_timeout":    c.HTTP.IdleTimeout == 30*time.Minute,
		"level":           c.Log.Level == slog.LevelDebug,
		"from":            c.Mail.From.Name == "Ex Ample" && c.Mail.From.Address == "post@example.com",
		"smtp":            c.Mail.SMTP.Password.Reveal() == "p",
		"token_ttl":       c.Activation.TokenTTL == 36*time.Hour,
		"redirect_hosts":  slices.Equal(c.Activation.RedirectHosts, []string{"app.example.com"}),
		"keys":            len(c.Secrets.Keys) == 2 && c.Secrets.Keys[0].ID == "a" && len(c.Secrets.Keys[1].Material.Reveal()) == 32,
		"token_file":      c.Operator.TokenFile == "/srv/usher/operator.token",
		"plugins":         len(c.Plugins.Load) == 2 && c.Plugins.Dir == "/srv/plugins" && first.File == "domains.wasm" && c.Plugins.Load[1].File == "/opt/mails.wasm",
		"plugin hooks":    slices.Equal(first.Hooks, []string{"signup.validate"}),
		"plugin config":   len(first.Config) == 2,
		"sample_ratio":    c.Telemetry.SampleRatio == 0.25,
	} {
		if !ok {
			t.Errorf("%s is wrong: %+v", name, c)
		}
	}
}

func TestMailProviders(t *testing.T) {
	t.Parallel()
	const file = `
mail:
  providers:
    - {name: api, kind: plugin, plugin: postman}
    - name: backup
      kind: smtp
      smtp: {host: mail.example, port: 465, tls: implicit, username: u, password: canary}
    - {name: kept, kind: sink}
plugins: {load: [{name: postman, file: /postman.wasm}]}
`
	c := load(t, config.Sources{File: write(t, file)})
	smtp := config.SMTP{
		Host: "mail.example", Port: 465, TLS: config.TLSImplicit, Username: "u", Password: "canary", Timeout: 10 * time.Second, Connections: 16,
	}
	want := []config.MailWay{
		{Name: "api", Kind: config.MailPlugin, Plugin: "postman"}, {Name: "backup", Kind: config.MailSMTP, SMTP: smtp}, {Name: "kept", Kind: config.MailSink},
	}
	if !slices.Equal(c.Mail.Ways(), want) {
		t.Errorf("got %+v", c.Mail.Ways())
	}
	out, err := c.Effective()
	if err != nil || strings.Contains(string(out), "canary") || !strings.Contains(string(out), "host: mail.example") {
		t.Errorf("shown as %s: %v", out, err)
	}
	one := load(t, config.Sources{File: write(t, "mail: {provider: sink, smtp: {host: x}}")}).Mail.Ways()
	if len(one) != 1 || one[0].Name != "sink" || one[0].Kind != config.MailSink {
		t.Errorf("without a list: %+v", one)
	}
	environ := []string{`USHER_MAIL_PROVIDERS=[{"name":"a","kind":"sink"}]`}
	if ways := load(t, config.Sources{Environ: environ}).Mail.Ways(); len(ways) != 1 || ways[0].Name != "a" {
		t.Errorf("from the environment: %+v", ways)
	}
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestEmptyFiles(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "# nothing\n", "---\n", "http:\n", "http: {}\nlog:\n  level:\n"} {
		load(t, config.Sources{File: write(t, content)})
	}
}

func TestNothingIsLeftFromAnEarlierLoad(t *testing.T) {
	t.Parallel()
	path := write(t, "http: {max_connections: 2048}")
	load(t, config.Sources{File: path})
	if err := os.WriteFile(path, []byte("log: {level: warn}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := load(t, config.Sources{File: path}); c.HTTP.MaxConnections != 16384 {
		t.Errorf("max_connections = %d after its line was taken out", c.HTTP.MaxConnections)
	}
}

func TestPrecedenceAndOrigin(t *testing.T) {
	t.Parallel()
	s := config.Sources{
		Preset:  map[string]string{"public_url": "http://127.0.0.1:1", "mail.workers": "1"},
		File:    write(t, "mail:\n  workers: 2\n  smtp: {connections: 2}\nhashing: {time: 2}"),
		Environ: []string{"USHER_MAIL_SMTP_CONNECTIONS=3", "USHER_HASHING_TIME=3", "PATH=/bin"},
		Flags:   flags(t, "--hashing.time", "4"),
	}
	c := load(t, s)
	for _, row := range []struct {
		key, origin string
		ok          bool
	}{
		{"public_url", "host", c.PublicURL == "http://127.0.0.1:1"},
		{"mail.workers", "file usher.yaml:2", c.Mail.Workers == 2},
		{"mail.smtp.connections", "env USHER_MAIL_SMTP_CONNECTIONS", c.Mail.SMTP.Connections == 3},
		{"hashing.time", "flag --hashing.time", c.Hashing.Time == 4},
		{"http.listen", "default", true},
	} {
		if got := c.Origin(row.key).String(); !row.ok || got != row.origin {
			t.Errorf("%s from %q, want %q (value right: %v)", row.key, got, row.origin, row.ok)
		}
	}
}

func TestKeysFile(t *testing.T) {
	t.Parallel()
	keys := write(t, "# newest first\n"+keyB+"\n\n"+keyA+"\n")
	c := load(t, config.Sources{Environ: []string{"USHER_SECRETS_KEYS_FILE=" + keys}})
	if len(c.Secrets.Keys) != 2 || c.Secrets.Keys[0].ID != "b" {
		t.Errorf("%d keys", len(c.Secrets.Keys))
	}
}

// TestProblems has a row for each way to be wrong; no message may hold a value.
func TestProblems(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		file string
		want string
	}{
		"unknown key":         {"http:\n  listn: x", "usher.yaml:2: http.listn: unknown key; did you mean http.listen?"},
		"unknown section":     {"htp: {listen: canary}", "htp.listen: unknown key; did you mean http.listen?"},
		"section as a value":  {"http: canary", "usher.yaml:1: http: is a section, not a value"},
		"value as a section":  {"data_dir: {x: canary}", "usher.yaml:1: data_dir: is one text, not a section"},
		"dotted key":          {"http.listen: canary", "usher.yaml:1: http.listen: has a dot in its name"},
		"number for text":     {"mail: {smtp: {password: 12345}}", "mail.smtp.password: wants text, has a whole number; put it in quotes"},
		"text for number":     {"mail: {workers: canary}", "mail.workers: wants a whole number, has text"},
		"quoted number":       {`mail: {workers: "4"}`, "mail.workers: wants a whole number, has text"},
		"fraction":            {"mail: {workers: 1.5}", "mail.workers: wants a whole number, has a number"},
		"number for duration": {"http: {read_timeout: 10}", "http.read_timeout: wants a duration with its unit, has a whole number; write one such as"},
		"bad duration":        {"http: {read_timeout: 10 canaries}", "http.read_timeout: wants a duration"},
		"too many days":       {"session: {refresh_ttl: 99999999999999d}", "session.refresh_ttl: wants a duration"},
		"text for list":       {"http: {trusted_proxies: canary}", "http.trusted_proxies: wants a list, has text"},
		"bad network":         {"http: {trusted_proxies: [canary]}", "item 1 is not a network"},
		"not in list":         {"mail: {provider: canary}", "mail.provider: is not one of its values; write sink or smtp"},
		"level":               {"log: {level: canary}", "log.level: is not a level; write debug, info, warn or error"},
		"below bounds":        {"activation: {password_min_length: 3}", "activation.password_min_length: is out of bounds; write something from 8 to 128"},
		"above bounds":        {"telemetry: {sample_ratio: 1.1}", "telemetry.sample_ratio: is out of bounds"},
		"not a number":        {"telemetry: {sample_ratio: .nan}", "telemetry.sample_ratio: wants a number"},
		"duration bounds":     {"http: {read_timeout: 11m}", "http.read_timeout: is out of bounds; write something from 100ms to 10m"},
		"address":             {"mail: {from: canary}", "mail.from: is not a mail address"},
		"listen":              {"http: {listen: canary}", "http.listen: is not an address to listen on"},
		"same listener":       {"operator: {listen: \"127.0.0.1:8080\"}", "operator.listen: is the address of http.listen"},
		"public url":          {"public_url: \"https://u:canary@h\"", "public_url: is not the URL of a site"},
		"link url":            {"link_url: \"https://go.example.com/?canary\"", "link_url: is not the URL of a site"},
		"link url's scheme":   {"link_url: \"javascript://canary\"", "link_url: is not the URL of a site"},
		"colour":              {"branding: {colour: canary}", "branding.colour: is not a colour; write it as #rrggbb"},
		"logo":                {"branding: {logo_url: \"http://canary.example.com/\"}", "branding.logo_url: is not an https address"},
		"logo's credentials":  {"branding: {logo_url: \"https://u:canary@cdn.example.com/\"}", "branding.logo_url: is not an https address"},
		"support":             {"branding: {support_url: \"javascript:canary\"}", "branding.support_url: is not an https address"},
		"brand's name":        {"branding: {name: \"canary\\r\\nBcc: x\"}", "branding.name: is longer than 120 characters"},
		"database url":        {"database: {url: \"mysql://canary\"}", "database.url: is not the address of a Postgres"},
		"collector":           {"telemetry: {otlp_endpoint: canary}", "telemetry.otlp_endpoint: is not the URL of a collector"},
		"header":              {"telemetry: {otlp_headers: [canary]}", "item 1 is not a header"},
		"ttl over its cap":    {"activation: {max_expires_in: 1h}", "activation.token_ttl: is longer than activation.max_expires_in"},
		"tls off":             {"mail: {smtp: {tls: \"off\", host: mail.example.com}}", "mail.smtp.tls: is off"},
		"user alone":          {"mail: {smtp: {username: canary}}", "mail.smtp.username: and mail.smtp.password go together"},
		"key without id":      {"secrets: {keys: [canary]}", "secrets.keys: item 1 has no id"},
		"key too short":       {"secrets: {keys: [\"a:Y2FuYXJ5\"]}", "secrets.keys: item 1 has 6 bytes, wants 32"},
		"key not random":      {"secrets: {keys: [\"a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]}", "secrets.keys: item 1 is not random"},
		"key id twice":        {"secrets: {keys: [\"" + keyA + "\", \"" + keyA + "\"]}", "secrets.keys: has two keys with one id"},
		"keys twice":          {"secrets: {keys: [\"" + keyA + "\"], keys_file: /dev/null}", "secrets.keys_file: is set, and secrets.keys is set too"},
		"no keys file":        {"secrets: {keys_file: /no/such}", "secrets.keys_file: names a file that cannot be read"},
		"redirect host":       {"activation: {redirect_hosts: [\"https://canary/\"]}", "activation.redirect_hosts: has an item that is not a host name"},
		"plugin key":          {"plugins: {load: [{name: a, fil: canary}]}", `plugin 1 has the unknown key "fil"; did you mean file?`},
		"plugin name":         {"plugins: {load: [{name: Canary, file: x}]}", "plugins.load: plugin 1 has no good name"},
		"plugin twice":        {"plugins: {load: [{name: a, file: x}, {name: a, file: y}]}", "plugin 2 has a name that an earlier one has"},
		"plugin as text":      {"plugins: {load: [canary]}", "plugin 1 wants name and file, has text"},
		"plugin grant":        {"plugins: {load: [{name: a, file: x, grants: {htp: 1}}]}", `plugin 1 grants has the unknown key "htp"; did you mean http?`},
		"plugin reuse":        {"plugins: {load: [{name: a, file: x, reuse: always}]}", "plugin 1 reuse wants tenant"},
		"plugin grant kind":   {"plugins: {load: [{name: a, file: x, grants: {kv: canary}}]}", "plugin 1 grants kv wants true or false, has text"},
		"plugin origins":      {"plugins: {load: [{name: a, file: x, grants: {http: [canary]}}]}", "plugin 1 grants http wants a section, has a list"},
		"plugin http grant":   {"plugins: {load: [{name: a, file: x, grants: {http: {hosts: []}}}]}", `plugin 1 grants http has the unknown key "hosts"`},
		"plugin secrets":      {"plugins: {load: [{name: a, file: x, secrets: [canary]}]}", "plugin 1 secrets wants a section, has a list"},
		"plugin secret":       {"plugins: {load: [{name: a, file: x, secrets: {key: 1234567}}]}", "plugin 1 secrets key wants text, has a whole number"},
		"plugin secret empty": {"plugins: {load: [{name: a, file: x, secrets: {key: ''}}]}", "plugin 1 secrets key has no value"},
		"identity key":        {"identity: {providers: [{name: a, plugin: b, callback_url: canary}]}", `identity.providers: item 1: has the unknown key "callback_url"; did you mean callback_urls?`},
		"identity name":       {"identity: {providers: [{name: A, plugin: b, callback_urls: [\"https://canary\"]}]}", "item 1: name is no good name"},
		"identity plugin":     {"identity: {providers: [{name: a, callback_urls: [\"https://canary\"]}]}", "item 1: plugin is missing"},
		"identity callback":   {"identity: {providers: [{name: a, plugin: b, callback_urls: [\"http://canary.example\"]}]}", "item 1: callback_urls has an item that is no https address"},
		"identity twice":      {"identity: {providers: [{name: a, plugin: b, callback_urls: [\"https://canary\"]}, {name: a, plugin: b, callback_urls: [\"https://canary\"]}]}", "item 2: name is one that an earlier one has"},
		"plugin config":       {"plugins: {load: [{name: a, file: x, config: {n: .inf}}]}", "plugin 1 config cannot be written as JSON"},
		"tenant key":          {"mail: {tenants: [{tenant: acme, provider: canary}]}", `mail.tenants: item 1: has the unknown key "provider"; did you mean providers?`},
		"tenant name":         {"mail: {tenants: [{tenant: Can ary, providers: [smtp]}]}", "mail.tenants: item 1: tenant is neither an id nor a slug"},
		"tenant of nothing":   {"mail: {tenants: [{tenant: acme}]}", "mail.tenants: item 1: has neither providers nor from"},
		"tenant's provider":   {"mail: {tenants: [{tenant: acme, providers: [canary]}]}", "mail.tenants: item 1: providers has a name that is not in mail.providers"},
		"all dedicated":       {"mail: {providers: [{name: a, kind: sink, dedicated: true}]}", "mail.providers: has dedicated ones alone"},
		"dkim file":           {"mail: {dkim: [{domain: example.com, selector: s}]}", "mail.dkim: item 1: key_file is missing"},
		"dkim domain":         {"mail: {dkim: [{domain: CANARY, selector: s, key_file: k}]}", "mail.dkim: item 1: domain is not the name of one"},
		"bounce address":      {"mail: {bounce: {address: canary-with-a-long-name@example.com}}", "mail.bounce.address: has more than 20 characters before the @"},
		"provider as text":    {"mail: {providers: [canary]}", "mail.providers: item 1: wants name and kind, has text"},
		"providers as text":   {"mail: {providers: canary}", "mail.providers: wants a list, has text"},
		"provider key":        {"mail: {providers: [{name: a, kind: sink, plugn: canary}]}", "mail.providers: item 1: plugn is an unknown key; did you mean plugin?"},
		"provider name":       {"mail: {providers: [{name: Can ary, kind: sink}]}", "mail.providers: item 1: name is no good name"},
		"provider twice":      {"mail: {providers: [{name: a, kind: sink}, {name: a, kind: smtp, smtp: {host: x}}]}", "mail.providers: item 2: name is one that an earlier one has"},
		"two sinks":           {"mail: {providers: [{name: a, kind: sink}, {name: b, kind: sink}]}", "mail.providers: item 2: kind is sink, and an earlier one is the sink"},
		"provider kind":       {"mail: {providers: [{name: a, kind: canary}]}", "mail.providers: item 1: kind is not one of its values; write smtp, sink or plugin"},
		"provider no plugin":  {"mail: {providers: [{name: a, kind: plugin}]}", "mail.providers: item 1: plugin and the kind plugin go together"},
		"provider not loaded": {"mail: {providers: [{name: a, kind: sink}, {name: b, kind: plugin, plugin: canary}]}", "mail.providers: item 2: plugin is not the name of one in plugins.load"},
		"provider with smtp":  {"mail: {providers: [{name: a, kind: sink, smtp: {host: canary}}]}", "mail.providers: item 1: smtp is set, and the kind is sink"},
		"provider no server":  {"mail: {providers: [{name: a, kind: smtp}]}", "mail.providers: item 1: smtp.host is missing"},
		"provider no host":    {"mail: {providers: [{name: a, kind: smtp, smtp: {port: 25}}]}", "mail.providers: item 1: smtp.host is empty"},
		"provider port":       {"mail: {providers: [{name: a, kind: smtp, smtp: {host: x, port: 99999}}]}", "mail.providers: item 1: smtp.port is out of bounds"},
		"provider port text":  {"mail: {providers: [{name: a, kind: smtp, smtp: {host: x, port: canary}}]}", "mail.providers: item 1: smtp.port wants a whole number, has text"},
		"provider smtp key":   {"mail: {providers: [{name: a, kind: smtp, smtp: {host: x, prot: 1}}]}", "mail.providers: item 1: smtp.prot is an unknown key; did you mean port?"},
		"provider in clear":   {"mail: {providers: [{name: a, kind: smtp, smtp: {host: canary, tls: 'off'}}]}", "mail.providers: item 1: smtp.tls is off, and host is not this machine itself"},
		"provider half known": {"mail: {providers: [{name: a, kind: smtp, smtp: {host: x, password: canary}}]}", "mail.providers: item 1: smtp.username and password go together"},
		"no map":              {"- canary", "usher.yaml: is not a map of keys"},
		"two documents":       {"log: {level: info}\n---\nlog: {level: warn}", "usher.yaml: has more than one YAML document"},
		"broken YAML":         {"log: {level: info\nhttp: [", "usher.yaml:"},
		"key twice in YAML":   {"log: {level: info}\nlog: {level: warn}", `usher.yaml:2: mapping key "log" already defined at line 1`},
		"not UTF-8":           {"log: {level: \xff\xfe}", "usher.yaml"},
		"too large":           {"# " + strings.Repeat("x", 1<<20), "is larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Sources{File: write(t, row.file)})
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v\nwants %s", err, row.want)
			}
			if strings.Contains(strings.ToLower(err.Error()), "canary") {
				t.Errorf("a value is in the error: %v", err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Sources{
		File:    write(t, "http: {listn: x, read_timeout: soon}\nmail: {provider: pigeon}"),
		Environ: []string{"USHER_HTTP_LISTN=x", "USHER_MAIL_WORKERS=0"},
		Flags:   flags(t, "--hashing.time=many"),
	})
	invalid, ok := errors.AsType[*config.Invalid](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	if len(invalid.Problems) != 6 {
		t.Errorf("%d problems, want 6: %v", len(invalid.Problems), err)
	}
	if !strings.HasPrefix(err.Error(), "the configuration has 6 problems:\n  ") {
		t.Errorf("error %v", err)
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Sources{File: "/no/such/usher.yaml"})
	if err == nil || !strings.Contains(err.Error(), "/no/such/usher.yaml: cannot be read") {
		t.Errorf("error %v", err)
	}
}

// FuzzFile looks for a file that makes loading panic.
func FuzzFile(f *testing.F) {
	f.Add("http: {listen: x}\nplugins: {load: [{name: a, file: b, config: {c: [1]}}]}")
	f.Add("a: &x {b: *x}")
	f.Add("<<: [1]\n? [a]\n: b")
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "usher.yaml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Sources{File: path})
		if (c == nil) == (err == nil) {
			t.Errorf("both or neither: %v, %v", c, err)
		}
	})
}
