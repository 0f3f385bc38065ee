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
	return chain{outputs: p, onFailure: hook.Choices(q.Hook)[0]}.ask(q)
}

// chain are plugins whose failures have one meaning.
type chain struct {
	outputs   plugins
	onFailure hook.OnFailure
	shown     *[]string // what each was shown
}

func (c chain) Ask(_ context.Context, q hook.Question) (hook.Reply, error) { return c.ask(q) }

func (c chain) ask(q hook.Question) (hook.Reply, error) {
	reply := hook.Reply{}
	for i, output := range c.outputs {
		if c.shown != nil {
			*c.shown = append(*c.shown, string(q.Data))
		}
		asked := hook.Reply{Bound: true, Plugin: "p", Version: "1.0.0", OnFailure: c.onFailure}
		if i > 0 {
			asked.Plugin += strconv.Itoa(i)
		}
		outcome, err := hostapi.Outcome(""), errCrash
		if output != crash {
			outcome, err = q.Judge(asked.Plugin, []byte(output))
		}
		if err != nil {
			if c.onFailure.GoesOn() {
				continue
			}
			return asked, err
		}
		reply = asked
		if outcome == hostapi.Deny || q.First {
			break
		}
		if q.Next == nil {
			continue
		}
		data, err := q.Next()
		if err != nil {
			return reply, err
		}
		if data != nil {
			q.Data = data
		}
	}
	return reply, nil
}

func (p plugins) Bound(hostapi.Hook, string) bool { return len(p) > 0 }

func (plugins) Release() int64 { return 0 }

func (c chain) Bound(hostapi.Hook, string) bool { return len(c.outputs) > 0 }

func (chain) Release() int64 { return 0 }

func hooks(t *testing.T, p hook.Runner) *hook.Hooks {
	t.Helper()
	h, err := hook.New(hook.Deps{Runner: p, Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")})
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
		"patched twice":           {plugins: plugins{`{"outcome":"continue","data":{"slug":"one","metadata":{"a":"1"}}}`, `{"outcome":"continue","data":{"slug":"two","metadata":{"b":"2"}}}`}, slug: "two", metadata: map[string]string{"b": "2"}},
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
			patch, err := hooks(t, tc.plugins).SignupValidate(t.Context(), core.SignupCheck{Email: "a@b.example"})
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
	_, err := hooks(t, spy).SignupValidate(t.Context(), core.SignupCheck{
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

func (runner) Release() int64 { return 0 }

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
			got, rendered, err := hooks(t, tc.plugins).MessageRender(t.Context(), view)
			if err != nil || rendered != tc.rendered {
				t.Fatalf("rendered %v, want %v: %v", rendered, tc.rendered, err)
			}
			if rendered && (got.By != "p 1.0.0" || got.Subject != "Hi") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A failure that may be passed over leaves nothing of its answer behind.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	const one = `{"outcome":"continue","data":{"slug":"one"}}`
	for name, tc := range map[string]struct {
		plugins plugins
		slug    string
		code    core.Code
	}{
		"alone":                      {plugins{crash}, "", ""},
		"between":                    {plugins{one, crash, `{"outcome":"continue","data":{"metadata":{"a":"b"}}}`}, "one", ""},
		"a patch half good":          {plugins{one, `{"outcome":"continue","data":{"slug":"half","metadata":{"a":"` + strings.Repeat("x", 9000) + `"}}}`}, "one", ""},
		"a denial half good":         {plugins{`{"outcome":"deny","errors":[{"field":"","code":"b","message":"c"}]}`, one}, "one", ""},
		"another denies nonetheless": {plugins{crash, `{"outcome":"deny"}`}, "", core.DeniedByPolicy},
	} {
		patch, err := hooks(t, chain{outputs: tc.plugins, onFailure: hook.Open}).SignupValidate(t.Context(), core.SignupCheck{})
		if core.CodeOf(err) != tc.code || deref(patch.Slug) != tc.slug {
			t.Errorf("%s: slug %q, %v", name, deref(patch.Slug), err)
		}
	}
	view := core.MessageView{}
	got, rendered, err := hooks(t, plugins{crash, `{"outcome":"continue","data":{"subject":"a","html":"b","text":"c"}}`}).MessageRender(t.Context(), view)
	if err != nil || !rendered || got.Subject != "a" {
		t.Errorf("the second renders %v, %+v, %v", rendered, got, err)
	}
	if _, _, err := hooks(t, chain{outputs: plugins{crash}, onFailure: hook.Retry}).MessageRender(t.Context(), view); !errors.Is(err, errCrash) {
		t.Errorf("retry: %v", err)
	}
}

// Each plugin sees the signup as those before it changed it.
func TestPatchesAreShown(t *testing.T) {
	t.Parallel()
	var shown []string
	c := chain{shown: &shown, outputs: plugins{
		`{"outcome":"continue"}`, `{"outcome":"continue","data":{"slug":"new"}}`, `{"outcome":"continue","data":{"metadata":{"b":"2"}}}`, `{"outcome":"continue"}`,
	}}
	_, err := hooks(t, c).SignupValidate(t.Context(), core.SignupCheck{Email: "a@b.example", Slug: "old", Metadata: map[string]string{"a": "1"}})
	if err != nil || len(shown) != 4 {
		t.Fatalf("shown %v: %v", shown, err)
	}
	for i, want := range []hostapi.SignupValidate{
		{Slug: "old", Metadata: map[string]string{"a": "1"}},
		{Slug: "old", Metadata: map[string]string{"a": "1"}},
		{Slug: "new", Metadata: map[string]string{"a": "1"}},
		{Slug: "new", Metadata: map[string]string{"b": "2"}},
	} {
		var got hostapi.SignupValidate
		if err := json.Unmarshal([]byte(shown[i]), &got); err != nil || got.Slug != want.Slug || !maps.Equal(got.Metadata, want.Metadata) || got.Email != "a@b.example" {
			t.Errorf("plugin %d is shown %s: %v", i+1, shown[i], err)
		}
	}
}

// What safe mode switched off is skipped where the host can do without.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	off := hooks(t, runner(func(hook.Question) (hook.Reply, error) { return hook.Reply{Off: true}, nil }))
	if patch, err := off.SignupValidate(t.Context(), core.SignupCheck{}); err != nil || patch.Slug != nil {
		t.Errorf("signup.validate: %v", err)
	}
	if _, rendered, err := off.MessageRender(t.Context(), core.MessageView{}); err != nil || rendered {
		t.Errorf("message.render: %v, %v", rendered, err)
	}
}

// Each hook has a default and knows whether calls can be for a tenant.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, h := range hostapi.Hooks() {
		if len(hook.Choices(h)) == 0 {
			t.Errorf("%s has no policy", h)
		}
	}
	for h, tenants := range map[hostapi.Hook]bool{
		hostapi.HookSignupValidate: false, hostapi.HookMessageStatus: false, hostapi.HookIdentityBegin: false, hostapi.HookIdentityFinish: false,
		hostapi.HookInvitationValidate: true, hostapi.HookMessageRender: true, hostapi.HookEventDeliver: true, "no.such": false,
	} {
		if hook.Tenants(h) != tenants {
			t.Errorf("%s with tenants: %v", h, !tenants)
		}
	}
	for f, goesOn := range map[hook.OnFailure]bool{hook.Open: true, hook.Native: true, hook.Closed: false, hook.Retry: false} {
		if f.GoesOn() != goesOn {
			t.Errorf("%s goes on: %v", f, !goesOn)
		}
	}
	if _, err := hook.New(hook.Deps{}); err == nil {
		t.Error("missing deps are accepted")
	}
}
