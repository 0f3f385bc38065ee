package hook_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// plugins answers each question with these outputs, in order, as an engine would.
type plugins []string

var errCrash = errors.New("the guest crashed")

const crash = "crash"

func (p plugins) Ask(_ context.Context, q hook.Question) (hook.Reply, error) {
	reply := hook.Reply{}
	for i, output := range p {
		reply = hook.Reply{Bound: true, Plugin: "p", Version: "1.0.0"}
		if i > 0 {
			reply.Plugin += strconv.Itoa(i)
		}
		if output == crash {
			return reply, errCrash
		}
		outcome, err := q.Judge(reply.Plugin, []byte(output))
		if err != nil {
			return reply, err
		}
		if outcome == hostapi.Deny || q.First {
			break
		}
	}
	return reply, nil
}

func (p plugins) Bound(hostapi.Hook, string) bool { return len(p) > 0 }

func hooks(t *testing.T, p hook.Runner, c hook.Config) *hook.Hooks {
	t.Helper()
	h, err := hook.New(hook.Deps{Runner: p, Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")}, c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSignupValidate(t *testing.T) {
	t.Parallel()
	const ok = `{"outcome":"continue","data":{}}`
	for name, tc := range map[string]struct {
		plugins  plugins
		code     core.Code
		reason   string
		slug     string
		metadata map[string]string
		field    string
	}{
		"no plugin":               {},
		"accepted":                {plugins: plugins{ok}},
		"without data":            {plugins: plugins{`{"outcome":"continue"}`}},
		"patched":                 {plugins: plugins{`{"outcome":"continue","data":{"slug":"new","metadata":{"a":"1"}}}`}, slug: "new", metadata: map[string]string{"a": "1"}},
		"patched twice":           {plugins: plugins{`{"outcome":"continue","data":{"slug":"one","metadata":{"a":"1"}}}`, `{"outcome":"continue","data":{"slug":"two","metadata":{"b":"2"}}}`}, slug: "two", metadata: map[string]string{"a": "1", "b": "2"}},
		"denied with a field":     {plugins: plugins{ok, `{"outcome":"deny","errors":[{"field":"email","code":"no_way","message":"No."}]}`}, code: core.ValidationFailed, reason: "hook_denied", field: "email"},
		"denied without a field":  {plugins: plugins{`{"outcome":"deny","data":{}}`, crash}, code: core.DeniedByPolicy, reason: "hook_denied"},
		"crashed":                 {plugins: plugins{crash}, code: core.Unavailable, reason: "hook_failed"},
		"crashed after a patch":   {plugins: plugins{`{"outcome":"continue","data":{"slug":"new"}}`, crash}, code: core.Unavailable, reason: "hook_failed"},
		"nonsense":                {plugins: plugins{`[]`}, code: core.Unavailable, reason: "hook_failed"},
		"unknown outcome":         {plugins: plugins{`{"outcome":"maybe"}`}, code: core.Unavailable, reason: "hook_failed"},
		"no outcome":              {plugins: plugins{`{}`}, code: core.Unavailable, reason: "hook_failed"},
		"reserved field":          {plugins: plugins{`{"outcome":"continue","data":{"role":"owner"}}`}, code: core.Unavailable, reason: "hook_failed"},
		"unknown top-level field": {plugins: plugins{`{"outcome":"continue","tenant":"x"}`}, code: core.Unavailable, reason: "hook_failed"},
		"doubled field":           {plugins: plugins{`{"outcome":"deny","outcome":"continue"}`}, code: core.Unavailable, reason: "hook_failed"},
		"errors but no denial":    {plugins: plugins{`{"outcome":"continue","errors":[{"field":"a","code":"b","message":"c"}]}`}, code: core.Unavailable, reason: "hook_failed"},
		"malformed code":          {plugins: plugins{`{"outcome":"deny","errors":[{"field":"a","code":"B C","message":"c"}]}`}, code: core.Unavailable, reason: "hook_failed"},
		"nameless field":          {plugins: plugins{`{"outcome":"deny","errors":[{"field":"","code":"b","message":"c"}]}`}, code: core.Unavailable, reason: "hook_failed"},
		"endless message":         {plugins: plugins{`{"outcome":"deny","errors":[{"field":"a","code":"b","message":"` + strings.Repeat("x", 501) + `"}]}`}, code: core.Unavailable, reason: "hook_failed"},
		"endless slug":            {plugins: plugins{`{"outcome":"continue","data":{"slug":"` + strings.Repeat("x", 64) + `"}}`}, code: core.Unavailable, reason: "hook_failed"},
		"endless metadata":        {plugins: plugins{`{"outcome":"continue","data":{"metadata":{"a":"` + strings.Repeat("x", 9000) + `"}}}`}, code: core.Unavailable, reason: "hook_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patch, err := hooks(t, tc.plugins, hook.Config{}).SignupValidate(t.Context(), core.SignupCheck{Email: "a@b.example"})
			if core.CodeOf(err) != tc.code || core.ReasonOf(err) != tc.reason {
				t.Fatalf("code %q, reason %q, want %q, %q: %v", core.CodeOf(err), core.ReasonOf(err), tc.code, tc.reason, err)
			}
			if slug := deref(patch.Slug); slug != tc.slug || !maps.Equal(patch.Metadata, tc.metadata) {
				t.Errorf("patch %q %v, want %q %v", slug, patch.Metadata, tc.slug, tc.metadata)
			}
			if e, ok := errors.AsType[*core.Error](err); ok && tc.field != "" && (len(e.Fields) != 1 || e.Fields[0].Field != tc.field) {
				t.Errorf("fields %v, want %s", e.Fields, tc.field)
			}
			if e, ok := errors.AsType[*core.Error](err); ok && tc.code == core.Unavailable && e.RetryAfter == 0 {
				t.Error("nothing says when to try again")
			}
		})
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestSignupQuestion(t *testing.T) {
	t.Parallel()
	var asked hook.Question
	spy := runner(func(q hook.Question) (hook.Reply, error) { asked = q; return hook.Reply{}, nil })
	run := core.NewID(time.Now())
	_, err := hooks(t, spy, hook.Config{}).SignupValidate(t.Context(), core.SignupCheck{
		RunID: run, Email: "a@b.example", EmailDomain: "b.example", OrganizationName: "B", Slug: "b", DisplayName: "A", Locale: "de",
	})
	if err != nil || asked.RunID != run.String() || asked.Hook != hostapi.HookSignupValidate || asked.First {
		t.Fatalf("asked %+v: %v", asked, err)
	}
	var data hostapi.SignupValidate
	if err := json.Unmarshal(asked.Data, &data, json.RejectUnknownMembers(true)); err != nil || data.EmailDomain != "b.example" || data.Locale != "de" {
		t.Errorf("data %s: %v", asked.Data, err)
	}
}

type runner func(hook.Question) (hook.Reply, error)

func (r runner) Ask(_ context.Context, q hook.Question) (hook.Reply, error) { return r(q) }

func (r runner) Bound(hostapi.Hook, string) bool { return true }

func TestMessageRender(t *testing.T) {
	t.Parallel()
	const link = core.LinkPlaceholder
	mail := func(subject, html, text string) plugins {
		b, err := json.Marshal(hostapi.Output[hostapi.RenderedMessage]{Outcome: hostapi.Continue, Data: hostapi.RenderedMessage{Subject: subject, HTML: html, Text: text}})
		if err != nil {
			t.Fatal(err)
		}
		return plugins{string(b)}
	}
	for name, tc := range map[string]struct {
		plugins  plugins
		link     string
		rendered bool
	}{
		"no plugin":             {link: link},
		"good":                  {mail("Hi", "<a href='"+link+"'>", "Go to "+link), link, true},
		"good without link":     {mail("Hi", "<p>", "Text"), "", true},
		"link missing in html":  {mail("Hi", "<p>", link), link, false},
		"link missing in text":  {mail("Hi", link, "Text"), link, false},
		"line break in subject": {mail("Hi\r\nBcc: x", link, link), link, false},
		"empty subject":         {mail(" ", link, link), link, false},
		"long subject":          {mail(strings.Repeat("x", 301), link, link), link, false},
		"empty text":            {mail("Hi", link, ""), "", false},
		"long html":             {mail("Hi", link+strings.Repeat("x", hostapi.MaxBodyPart), link), link, false},
		"denied":                {plugins{`{"outcome":"deny"}`}, link, false},
		"to another address":    {plugins{`{"outcome":"continue","data":{"subject":"a","html":"b","text":"c","to":"d"}}`}, "", false},
		"crashed":               {plugins{crash}, link, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view := core.MessageView{Kind: core.MessageInvitation, Link: tc.link, ExpiresAt: time.Now()}
			got, rendered, err := hooks(t, tc.plugins, hook.Config{}).MessageRender(t.Context(), view)
			if err != nil || rendered != tc.rendered {
				t.Fatalf("rendered %v, want %v: %v", rendered, tc.rendered, err)
			}
			if rendered && (got.By != "p 1.0.0" || got.Subject != "Hi") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	open := hooks(t, plugins{crash}, hook.Config{OnFailure: map[hostapi.Hook]hook.OnFailure{
		hostapi.HookSignupValidate: hook.Open, hostapi.HookMessageRender: hook.Retry,
	}})
	if _, err := open.SignupValidate(t.Context(), core.SignupCheck{}); err != nil {
		t.Errorf("open: %v", err)
	}
	if _, _, err := open.MessageRender(t.Context(), core.MessageView{}); !errors.Is(err, errCrash) {
		t.Errorf("retry: %v", err)
	}
	for name, wanted := range map[string]map[hostapi.Hook]hook.OnFailure{
		"not a choice": {hostapi.HookSignupValidate: hook.Native},
		"no such hook": {"no.such": hook.Open},
	} {
		d := hook.Deps{Runner: plugins{}, Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")}
		if _, err := hook.New(d, hook.Config{OnFailure: wanted}); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := hook.New(hook.Deps{}, hook.Config{}); err == nil {
		t.Error("missing deps are accepted")
	}
}
