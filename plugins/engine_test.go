package plugins_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newEngine(t testing.TB, c plugins.Config) *plugins.Engine {
	t.Helper()
	return newEngineWith(t, plugins.Deps{}, c)
}

func newEngineWith(t testing.TB, d plugins.Deps, c plugins.Config) *plugins.Engine {
	t.Helper()
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Tracer == nil {
		d.Tracer = noop.NewTracerProvider().Tracer("")
	}
	if c.LoadTimeout == 0 {
		c.LoadTimeout = 5 * time.Minute // the race detector makes the compiler very slow
	}
	e, err := plugins.New(d, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

func load(t testing.TB, e *plugins.Engine, sources ...plugins.Source) {
	t.Helper()
	if err := e.Load(context.Background(), sources); err != nil {
		t.Fatalf("load: %v", err)
	}
}

// signup is a call of signup.validate.
func signup(t testing.TB, domain string) plugins.Call {
	t.Helper()
	data, err := json.Marshal(hostapi.SignupValidate{
		Email: "someone@" + domain, EmailDomain: domain, OrganizationName: "Acme", Slug: "acme", DisplayName: "Someone", Locale: "en",
		Metadata: map[string]string{"plan": "pro"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return plugins.Call{Hook: hostapi.HookSignupValidate, RunID: "run", TenantID: "", Data: data, Judge: judgeSignup}
}

func judgeSignup(_ string, output []byte) (hostapi.Outcome, error) {
	var o hostapi.Output[hostapi.SignupPatch]
	err := json.Unmarshal(output, &o, json.RejectUnknownMembers(true))
	return o.Outcome, err
}

func TestExamplesAnswer(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 60_000}})
	load(t, e,
		plugins.Source{Name: "company-domain", Wasm: companyDomain(t), Config: []byte(`{"allowed_domains":["aol.com"]}`)},
		plugins.Source{Name: "mail-templates", Wasm: welcomeMail(t)},
	)
	for domain, want := range map[string]hostapi.Outcome{
		"acme.example": hostapi.Continue, "gmail.com": hostapi.Deny, "aol.com": hostapi.Continue,
	} {
		answer, err := e.Call(t.Context(), signup(t, domain))
		if err != nil || answer.Outcome != want || !answer.Bound || answer.Plugin != "company-domain" || len(answer.Digest) != 64 {
			t.Errorf("%s: %+v, %v; want %s", domain, answer, err, want)
		}
	}
	data, _ := json.Marshal(hostapi.MessageRender{Kind: hostapi.MessageSignIn, Link: "https://link.usher.invalid/"})
	answer, err := e.Call(t.Context(), plugins.Call{Hook: hostapi.HookMessageRender, Data: data, First: true})
	if err != nil || answer.Plugin != "mail-templates" {
		t.Errorf("%+v, %v", answer, err)
	}
	var mail hostapi.Output[hostapi.RenderedMessage]
	if err := json.Unmarshal(answer.Output, &mail, json.RejectUnknownMembers(true)); err != nil || mail.Data.Subject == "" {
		t.Errorf("the mail %s: %v", answer.Output, err)
	}
}
