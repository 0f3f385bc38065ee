package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestCommandLine is what an operator sees of each command, and its exit code.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	bad := file(t, "bad.yaml", "http:\n  listn: 127.0.0.1:8080\nlog:\n  level: loud\n")
	good := file(t, "good.yaml", "log:\n  level: warn\n")
	binding := file(t, "binding.yaml", "plugins:\n  load:\n    - {name: domains, file: domains.wasm}\n  bindings:\n"+
		"    - {hook: signup.validate, plugin: domains}\n    - {hook: message.render, plugin: letters}\n"+
		"    - {hook: signup.validate, plugin: domains, on_failure: native, tenants: [acme]}\n")
	secret := by(production("postgres://usher:very-secret-word@db.example/usher"), map[string]string{
		"mail.smtp.username": "usher", "mail.smtp.password": "smtp-secret-word", "config": good,
	})
	for _, row := range []struct {
		name     string
		args     string
		settings map[string]string
		code     int
		says     []string // on stdout for code 0, else on stderr
		never    []string
	}{
		{"nothing", "", nil, 0, []string{"Usage:", "dev", "serve", "migrate", "config", "version"}, nil},
		{"help", "--help", nil, 0, []string{"Start with \"usher dev\"", "Available Commands:"}, []string{"completion"}},
		{"help of dev", "dev --help", nil, 0, []string{"private Postgres", "Examples:", "--http.listen", "USHER_HTTP_LISTEN"}, nil},
		{"help of serve", "serve --help", nil, 0, []string{"SIGTERM", "SIGHUP", "Examples:", "--database.url", "prefer the variable"}, nil},
		{"help of migrate", "migrate --help", nil, 0, []string{"Migrations only add", "Examples:"}, nil},
		{"help of config", "config --help", nil, 0, []string{"check", "show", "USHER_CONFIG"}, nil},
		{"help of config check", "config check --help", nil, 0, []string{"Exit code 1", "Examples:"}, nil},
		{"help of config show", "config show --help", nil, 0, []string{"Secrets are redacted", "Examples:"}, nil},
		{"version", "version", nil, 0, []string{"usher ", "go1."}, nil},
		{"unknown command", "srve", nil, 2, []string{`no command "usher srve"`, "usher --help"}, nil},
		{"unknown command below config", "config chek", nil, 2, []string{`no command "usher config chek"`, "usher --help"}, nil},
		{"argument too many", "dev now", nil, 2, []string{`"now"`}, nil},
		{"argument of version", "version now", nil, 2, []string{`"now"`}, nil},
		{"unknown flag", "dev --http.listn x", nil, 2, []string{"--http.listn"}, nil},
		{"bad configuration", "config check", map[string]string{"config": bad}, 1, []string{
			"bad.yaml:2", "http.listn", "http.listen", "bad.yaml:4", "log.level",
		}, nil},
		{"bad bindings", "config check", map[string]string{"config": binding}, 1, []string{
			"binding.yaml:6: plugins.bindings[1].plugin: names a plugin that is not loaded",
			`binding.yaml:7: plugins.bindings[2].on_failure: "native" is no choice of signup.validate; write closed or open`,
			"plugins.bindings[2].tenants: item 1 is not the id of a tenant", "plugins.bindings[2]: binds the same plugin to the same hook",
		}, nil},
		{"unknown variable", "config check", map[string]string{"htp.listen": "x"}, 1, []string{"USHER_HTP_LISTEN", "USHER_HTTP_LISTEN"}, nil},
		{"unknown file", "config check", map[string]string{"config": "nowhere.yaml"}, 1, []string{"nowhere.yaml", "cannot be read"}, nil},
		{"not ready for production", "config check", nil, 1, []string{
			"database.url", "USHER_DATABASE_URL", "public_url", "USHER_PUBLIC_URL", "secrets.keys", "USHER_SECRETS_KEYS",
		}, nil},
		{"good configuration", "config check", secret, 0, []string{"good"}, nil},
		{"shown", "config show", secret, 0, []string{"level: warn", "file good.yaml:2", "env USHER_DATABASE_URL", "[redacted]"}, []string{
			"very-secret-word", "smtp-secret-word", strings.TrimPrefix(secret["secrets.keys"], "k1:"),
		}},
		{"serve without settings", "serve", nil, 1, []string{
			"database.url", "USHER_DATABASE_URL", "public_url", "USHER_PUBLIC_URL", "secrets.keys", "USHER_SECRETS_KEYS",
		}, nil},
		{"serve over plain http", "serve", by(secret, map[string]string{"public_url": "http://id.example.com"}), 1, []string{"public_url", "https"}, []string{"very-secret-word"}},
		{"migrate without a database", "migrate", nil, 1, []string{"USHER_DATABASE_URL"}, nil},
		{"address in use", "dev", map[string]string{"http.listen": "192.0.2.1:80"}, 1, []string{"http.listen", "192.0.2.1:80"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			result := hosttest.Run(t, t.TempDir(), row.settings, strings.Fields(row.args)...)
			said := result.Stderr
			if row.code == 0 {
				said = result.Stdout
				equal(t, "stderr", result.Stderr, "")
			}
			equal(t, "exit code", result.Code, row.code)
			for _, word := range row.says {
				if !strings.Contains(said, word) {
					t.Errorf("%q is not said:\n%s", word, said)
				}
			}
			for _, word := range row.never {
				if strings.Contains(result.Stdout+result.Stderr, word) {
					t.Errorf("%q is said:\n%s", word, said)
				}
			}
		})
	}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMigrateThenServe is how an operator brings up a new installation.
func TestMigrateThenServe(t *testing.T) {
	t.Parallel()
	settings := by(production(emptyDatabase(t)), map[string]string{"mail.provider": "sink"})
	early := hosttest.Run(t, t.TempDir(), by(settings, map[string]string{"http.listen": "127.0.0.1:0", "operator.listen": "127.0.0.1:0"}), "serve")
	if early.Code != 1 || !strings.Contains(early.Stderr, "usher migrate") {
		t.Errorf("serve without a schema ends with %d: %s", early.Code, early.Stderr)
	}
	first := hosttest.Run(t, t.TempDir(), settings, "migrate")
	if first.Code != 0 || !strings.Contains(first.Stdout, "Applied") {
		t.Fatalf("migrate ends with %d: %s%s", first.Code, first.Stdout, first.Stderr)
	}
	second := hosttest.Run(t, t.TempDir(), settings, "migrate")
	if second.Code != 0 || !strings.Contains(second.Stdout, "up to date") {
		t.Errorf("migrate again ends with %d: %s%s", second.Code, second.Stdout, second.Stderr)
	}
	h := hosttest.Start(t, hosttest.Options{Command: "serve", Settings: settings})
	x := newTenant(t, h)
	if link := h.Mails(t, x.owner.User.Email)[0].Link(); !strings.HasPrefix(link, settings["public_url"]+"/a/") {
		t.Error("links do not begin with public_url")
	}
}

// emptyDatabase is one without a schema.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	url := pgtest.New(t)
	name := one[string](t, connect(t, url), "SELECT current_database()")
	db := connect(t, strings.Replace(url, "/"+name, "/postgres", 1))
	if _, err := db.Exec(t.Context(), "CREATE DATABASE "+name+"_empty TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(url, "/"+name, "/"+name+"_empty", 1)
}
