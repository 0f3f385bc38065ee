package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/usher-id/usher/config"
)

// flags parses arguments as the command line does.
func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("usher", pflag.ContinueOnError)
	if err := config.BindFlags(fs); err != nil {
		t.Fatal(err)
	}
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{Environ: []string{
		"USHER_HTTP_LISTEN=127.0.0.1:0",
		"USHER_HTTP_TRUSTED_PROXIES=10.0.0.0/8, 192.168.0.0/16",
		"USHER_DATABASE_URL=postgres://u:p@h/d?a=b=c",
		"USHER_PG_BIN=/usr/lib/postgresql/15/bin",
		"USHER_SECRETS_KEYS=" + keyA + "," + keyB,
		"USHER_MAIL_SMTP_PORT=2525",
		"USHER_MAIL_SMTP_PASSWORD=12345", "USHER_MAIL_SMTP_USERNAME=u",
		"USHER_ACTIVATION_PASSWORD=off",
		"USHER_ACTIVATION_TOKEN_TTL=1d",
		"USHER_TELEMETRY_SAMPLE_RATIO=0.5",
		"USHER_TELEMETRY_OTLP_HEADERS=authorization=Basic x==",
		`USHER_PLUGINS_LOAD=[{"name":"a","file":"/a.wasm","config":{"n":1}}]`,
		"USHER_CONFIG=/not/read/by/Load",
		"USHERX=1", "broken",
	}})
	for name, ok := range map[string]bool{
		"listen":    c.HTTP.Listen == "127.0.0.1:0",
		"proxies":   len(c.HTTP.TrustedProxies) == 2,
		"database":  c.Database.URL.Reveal() == "postgres://u:p@h/d?a=b=c",
		"pg_bin":    c.Database.PGBin == "/usr/lib/postgresql/15/bin",
		"keys":      len(c.Secrets.Keys) == 2,
		"port":      c.Mail.SMTP.Port == 2525,
		"password":  c.Mail.SMTP.Password.Reveal() == "12345",
		"policy":    c.Activation.Password == config.PasswordOff,
		"token_ttl": c.Activation.TokenTTL == 24*time.Hour,
		"ratio":     c.Telemetry.SampleRatio == 0.5,
		"headers":   c.Telemetry.OTLPHeaders[0].Value.Reveal() == "Basic x==",
		"plugins":   len(c.Plugins.Load) == 1 && c.Plugins.Load[0].Name == "a",
	} {
		if !ok {
			t.Errorf("%s is wrong", name)
		}
	}
}

func TestBadEnvironment(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ variable, want string }{
		"unknown":       {"USHER_HTTP_LISTN=canary", "USHER_HTTP_LISTN: unknown variable; did you mean USHER_HTTP_LISTEN?"},
		"a typo in mid": {"USHER_MAIL_SMPT_PORT=25", "USHER_MAIL_SMPT_PORT: unknown variable; did you mean USHER_MAIL_SMTP_PORT?"},
		"empty number":  {"USHER_MAIL_WORKERS=", "USHER_MAIL_WORKERS: mail.workers: wants a whole number, has nothing"},
		"wrong kind":    {"USHER_HTTP_READ_TIMEOUT=canary", "USHER_HTTP_READ_TIMEOUT: http.read_timeout: wants a duration"},
		"plugins":       {"USHER_PLUGINS_LOAD={canary", "USHER_PLUGINS_LOAD: plugins.load: is neither JSON nor YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Sources{Environ: []string{row.variable}})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v\nwants %s", err, row.want)
			} else if strings.Contains(err.Error(), "canary") {
				t.Errorf("a value is in the error: %v", err)
			}
		})
	}
}

func TestAliasAndKeyTogether(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Sources{Environ: []string{"USHER_PG_BIN=/a", "USHER_DATABASE_PG_BIN=/b"}})
	if err == nil || !strings.Contains(err.Error(), "USHER_DATABASE_PG_BIN: database.pg_bin: is set by USHER_PG_BIN too") {
		t.Errorf("error %v", err)
	}
}

// TestServiceLinks has what Kubernetes sets when a Service is called usher or
// usher-http.
func TestServiceLinks(t *testing.T) {
	t.Parallel()
	load(t, config.Sources{Environ: []string{
		"USHER_SERVICE_HOST=10.0.0.1", "USHER_SERVICE_PORT=80", "USHER_SERVICE_PORT_HTTP=80",
		"USHER_PORT=tcp://10.0.0.1:80", "USHER_PORT_80_TCP=tcp://10.0.0.1:80", "USHER_PORT_80_TCP_PROTO=tcp",
		"USHER_PORT_80_TCP_PORT=80", "USHER_PORT_80_TCP_ADDR=10.0.0.1", "USHER_HTTP_SERVICE_HOST=10.0.0.2",
	}})
}

func TestFlags(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{Flags: flags(t,
		"--http.listen", "127.0.0.1:0", "--activation.redirect_hosts=a.example,b.example", "--session.access_ttl=5m")})
	if c.HTTP.Listen != "127.0.0.1:0" || len(c.Activation.RedirectHosts) != 2 || c.Session.AccessTTL != 5*time.Minute {
		t.Errorf("%+v", c)
	}
	_, err := config.Load(config.Sources{Flags: flags(t, "--mail.workers=canary")})
	if err == nil || !strings.Contains(err.Error(), "--mail.workers: mail.workers: wants a whole number") {
		t.Errorf("error %v", err)
	}
}

func TestFlagsSayWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	usage := flags(t).FlagUsages()
	for _, want := range []string{
		"--config file", "--http.listen text", "Address of the public listener", "(USHER_HTTP_LISTEN)",
		"(default 127.0.0.1:8080)", "--activation.token_ttl duration", "prefer the variable",
	} {
		if !strings.Contains(usage, want) {
			t.Errorf("no %q in\n%s", want, usage)
		}
	}
}

func TestProcess(t *testing.T) {
	path := write(t, "log: {level: warn}")
	t.Setenv("USHER_CONFIG", path)
	if got := config.Process(nil).File; got != path {
		t.Errorf("file %q", got)
	}
	s := config.Process(flags(t, "--config", "/other.yaml", "--mail.workers", "2"))
	if s.File != "/other.yaml" || s.Flags == nil || len(s.Environ) == 0 {
		t.Errorf("sources %+v", s)
	}
}
