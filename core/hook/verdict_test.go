package hook_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// validating asks each hook that may deny, about something that is in order.
func validating() map[hostapi.Hook]func(context.Context, *hook.Hooks) error {
	return map[hostapi.Hook]func(context.Context, *hook.Hooks) error{
		hostapi.HookSignupValidate: func(ctx context.Context, h *hook.Hooks) error {
			_, err := h.SignupValidate(ctx, core.SignupCheck{})
			return err
		},
		hostapi.HookInvitationValidate: func(ctx context.Context, h *hook.Hooks) error {
			_, err := h.InvitationValidate(ctx, invitation())
			return err
		},
		hostapi.HookActivationValidate: func(ctx context.Context, h *hook.Hooks) error {
			_, err := h.ActivationValidate(ctx, core.ActivationCheck{})
			return err
		},
		hostapi.HookPasswordCheck: func(ctx context.Context, h *hook.Hooks) error {
			return h.PasswordCheck(ctx, core.PasswordCheck{})
		},
	}
}

// TestVerdicts is what all hooks that may deny have in common.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	const ok = `{"outcome":"continue","data":{}}`
	said := func(field, code, message string) string {
		text, err := json.Marshal(hostapi.Output[struct{}]{Outcome: hostapi.Deny, Errors: []hostapi.FieldError{{Field: field, Code: code, Message: message}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	broken := map[string]plugins{
		"crashed":               {crash},
		"crashed after another": {ok, crash},
		"nonsense":              {`[]`},
		"no outcome":            {`{}`},
		"unknown outcome":       {`{"outcome":"maybe"}`},
		"a field of its own":    {`{"outcome":"continue","data":{"tenant_id":"x"}}`},
		"doubled field":         {`{"outcome":"deny","outcome":"continue"}`},
		"errors but no denial":  {`{"outcome":"continue","errors":[{"field":"password","code":"b","message":"c"}]}`},
		"malformed code":        {said("password", "B C", "c")},
		"nameless field":        {said("", "b", "c")},
		"wordless":              {said("password", "b", "")},
		"endless message":       {said("password", "b", strings.Repeat("x", 501))},
		"message of two lines":  {said("password", "b", "a\nb")},
		"message turned around": {said("password", "b", "a\u202eb")},
		"field of two lines":    {said("pass\nword", "b", "c")},
	}
	for at, ask := range validating() {
		open := func(p plugins) chain { return chain{outputs: p, onFailure: hook.Open} }
		for name, p := range broken {
			t.Run(string(at)+" "+name, func(t *testing.T) {
				t.Parallel()
				err := ask(t.Context(), hooks(t, p))
				e, ok := errors.AsType[*core.Error](err)
				if !ok || e.Code != core.Unavailable || e.Reason != "hook_failed" || e.RetryAfter == 0 {
					t.Errorf("closed: %v", err)
				}
				if err := ask(t.Context(), hooks(t, open(p))); err != nil {
					t.Errorf("open: %v", err)
				}
			})
		}
		t.Run(string(at)+" answers", func(t *testing.T) {
			t.Parallel()
			for name, p := range map[string]plugins{"nobody": nil, "accepted": {ok, ok}, "without data": {`{"outcome":"continue"}`}} {
				if err := ask(t.Context(), hooks(t, p)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			err := ask(t.Context(), hooks(t, open(plugins{ok, said("password", "no_way", "Nein \u2013 so\u00a0nicht."), crash})))
			e, is := errors.AsType[*core.Error](err)
			if !is || e.Code != core.ValidationFailed || e.Reason != "hook_denied" || len(e.Fields) != 1 || e.Fields[0].Code != "no_way" || e.Fields[0].Field != "password" {
				t.Errorf("denied with a field: %v", err)
			}
			err = ask(t.Context(), hooks(t, open(plugins{`{"outcome":"deny","data":{}}`, crash})))
			want := core.DeniedByPolicy
			if at == hostapi.HookPasswordCheck { // a form has to say which field it was
				want = core.ValidationFailed
			}
			if core.CodeOf(err) != want || core.ReasonOf(err) != "hook_denied" {
				t.Errorf("denied without a field: %v, want %s", err, want)
			}
		})
	}
}

func invitation() core.InvitationCheck {
	return core.InvitationCheck{
		RunID: core.NewID(time.Now()), TenantID: core.NewID(time.Now()), ActorID: core.NewID(time.Now()), InviterRole: core.RoleOwner,
		Email: "g@b.example", EmailDomain: "b.example", Role: core.RoleAdmin, Locale: "de", ExpiresIn: time.Hour, Metadata: map[string]string{"k": "v"},
	}
}

func TestInvitationPatch(t *testing.T) {
	t.Parallel()
	patch := func(data string) string { return `{"outcome":"continue","data":` + data + `}` }
	for name, tc := range map[string]struct {
		plugins plugins
		want    core.InvitationPatch
		broken  string // what the failure says
	}{
		"nothing": {plugins: plugins{patch(`{}`)}},
		"all": {
			plugins: plugins{patch(`{"expires_in":60,"role":"member","locale":"pt-br","metadata":{"a":"1"}}`)},
			want:    core.InvitationPatch{ExpiresIn: time.Minute, Role: core.RoleMember, Locale: "pt-BR", Metadata: map[string]string{"a": "1"}},
		},
		"the same": {
			plugins: plugins{patch(`{"expires_in":3600,"role":"admin"}`)},
			want:    core.InvitationPatch{ExpiresIn: time.Hour, Role: core.RoleAdmin},
		},
		"the shortest and the lowest hold": {
			plugins: plugins{patch(`{"expires_in":100,"role":"member","locale":"en"}`), patch(`{"expires_in":200,"role":"admin","locale":"fr"}`)},
			want:    core.InvitationPatch{ExpiresIn: 100 * time.Second, Role: core.RoleMember, Locale: "fr"},
		},
		"longer":            {plugins: plugins{patch(`{"expires_in":3601}`)}, broken: "expires_in is not between 60 and the 3600 seconds"},
		"too short":         {plugins: plugins{patch(`{"expires_in":59}`)}, broken: "expires_in is not between"},
		"overflowing":       {plugins: plugins{patch(`{"expires_in":9223372036854775807}`)}, broken: "expires_in is not between"},
		"below zero":        {plugins: plugins{patch(`{"expires_in":-9223372036854775808}`)}, broken: "expires_in is not between"},
		"higher":            {plugins: plugins{patch(`{"role":"owner"}`)}, broken: "higher than the role admin"},
		"no role":           {plugins: plugins{patch(`{"role":"king"}`)}, broken: "the role is none"},
		"no locale":         {plugins: plugins{patch(`{"locale":"english!"}`)}, broken: "no BCP 47 tag"},
		"long locale":       {plugins: plugins{patch(`{"locale":"` + strings.Repeat("en-", 12) + `"}`)}, broken: "longer than 35 bytes"},
		"long value":        {plugins: plugins{patch(`{"metadata":{"a":"` + strings.Repeat("x", 501) + `"}}`)}, broken: "metadata"},
		"nameless value":    {plugins: plugins{patch(`{"metadata":{"":"x"}}`)}, broken: "metadata"},
		"another address":   {plugins: plugins{patch(`{"email":"e@evil.example"}`)}, broken: "not of the hook's shape"},
		"good, then broken": {plugins: plugins{patch(`{"expires_in":60}`), patch(`{"expires_in":100,"role":"owner"}`)}, broken: "higher than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := hooks(t, tc.plugins).InvitationValidate(t.Context(), invitation())
			if tc.broken != "" {
				if core.CodeOf(err) != core.Unavailable || !strings.Contains(err.Error(), tc.broken) {
					t.Errorf("error %v, want one with %q", err, tc.broken)
				}
				return
			}
			if err != nil || got.ExpiresIn != tc.want.ExpiresIn || got.Role != tc.want.Role || got.Locale != tc.want.Locale || !maps.Equal(got.Metadata, tc.want.Metadata) {
				t.Errorf("got %+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
}

func TestActivationPatch(t *testing.T) {
	t.Parallel()
	patch := plugins{`{"outcome":"continue","data":{"display_name":" Grace ","locale":"de-at"}}`}
	got, err := hooks(t, patch).ActivationValidate(t.Context(), core.ActivationCheck{})
	if err != nil || got != (core.Profile{DisplayName: "Grace", Locale: "de-AT"}) {
		t.Errorf("a new account: %+v, %v", got, err)
	}
	got, err = hooks(t, patch).ActivationValidate(t.Context(), core.ActivationCheck{AccountExists: true})
	if err != nil || got != (core.Profile{}) {
		t.Errorf("an account that exists: %+v, %v", got, err)
	}
	for _, name := range []string{"", "  ", "a\u2028b", strings.Repeat("x", 121)} {
		text, err := json.Marshal(map[string]any{"outcome": "continue", "data": map[string]string{"display_name": name}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hooks(t, plugins{string(text)}).ActivationValidate(t.Context(), core.ActivationCheck{}); core.CodeOf(err) != core.Unavailable {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	denied := plugins{`{"outcome":"deny","errors":[{"field":"display_name","code":"a","message":"b"},{"field":"email","code":"a","message":"b"}]}`}
	_, err = hooks(t, denied).ActivationValidate(t.Context(), core.ActivationCheck{})
	e, ok := errors.AsType[*core.Error](err)
	if !ok || len(e.Fields) != 2 || e.Fields[0].Field != "profile.display_name" || e.Fields[1].Field != "email" {
		t.Errorf("the fields as the caller knows them: %v", err)
	}
}

// TestPasswordQuestion: a plugin is told facts; what is not in the question cannot leak.
func TestPasswordQuestion(t *testing.T) {
	t.Parallel()
	var asked hook.Question
	spy := runner(func(q hook.Question) (hook.Reply, error) { asked = q; return hook.Reply{}, nil })
	err := hooks(t, spy).PasswordCheck(t.Context(), core.PasswordCheck{
		RunID: core.NewID(time.Now()), Reset: true, Facts: core.PasswordFacts{Length: 3, Distinct: 2, Lower: 1, Digits: 2, ContainsOrg: true, SHA1Prefix: "ABCDE"},
	})
	want := `{"purpose":"reset","facts":{"length":3,"distinct":2,"lower":1,"upper":0,"digits":2,"other":0,"contains_user":false,"contains_org":true},"sha1_prefix":"ABCDE"}`
	if err != nil || string(asked.Data) != want {
		t.Errorf("asked %s, want %s: %v", asked.Data, want, err)
	}
	_, err = hooks(t, spy).InvitationValidate(t.Context(), invitation())
	if err != nil || asked.Actor.Kind != hostapi.ActorUser || asked.Actor.ID == "" || asked.TenantID == "" || !strings.Contains(string(asked.Data), `"expires_in":3600`) {
		t.Errorf("asked %+v %s: %v", asked, asked.Data, err)
	}
}

func TestPasswordDenialNamesThePassword(t *testing.T) {
	t.Parallel()
	p := plugins{`{"outcome":"deny","errors":[{"field":"email","code":"a","message":"b"}]}`}
	if err := hooks(t, p).PasswordCheck(t.Context(), core.PasswordCheck{}); core.CodeOf(err) != core.Unavailable {
		t.Errorf("another field: %v", err)
	}
}

func TestSessionClaims(t *testing.T) {
	t.Parallel()
	claims := func(value string) string { return `{"outcome":"continue","data":{"claims":` + value + `}}` }
	filler := func(n int) string { return `{"a":"` + strings.Repeat("x", n) + `"}` }
	room := hostapi.MaxClaims - len(`{"p":{"a":""}}`)
	for name, tc := range map[string]struct {
		plugins plugins
		want    string // with the policy open
		broken  string // with the policy closed
	}{
		"nobody":              {},
		"nothing to say":      {plugins: plugins{`{"outcome":"continue"}`, claims("null"), `{"outcome":"continue","data":{}}`}},
		"one":                 {plugins: plugins{claims(` { "plan" : "<gold>" } `)}, want: `{"p":{"plan":"<gold>"}}`},
		"side by side":        {plugins: plugins{claims(`{"sub":"x"}`), claims(`{"sub":"y"}`)}, want: `{"p":{"sub":"x"},"p1":{"sub":"y"}}`},
		"as much as there is": {plugins: plugins{claims(filler(room))}, want: `{"p":` + filler(room) + `}`},
		"too much":            {plugins: plugins{claims(filler(room + 1))}, broken: "longer than 4096 bytes together"},
		"too much together":   {plugins: plugins{claims(filler(room / 2)), claims(filler(room / 2))}, want: `{"p":` + filler(room/2) + `}`, broken: "longer than 4096 bytes together"},
		"no object":           {plugins: plugins{claims(`"owner"`)}, broken: "no JSON object"},
		"a list":              {plugins: plugins{claims(`[1]`)}, broken: "no JSON object"},
		"a name twice":        {plugins: plugins{claims(`{"a":1,"a":2}`)}, broken: "not of the hook's shape"},
		"half a character":    {plugins: plugins{claims(`{"a":"\ud800"}`)}, broken: "not of the hook's shape"},
		"denied":              {plugins: plugins{`{"outcome":"deny"}`}, broken: "cannot be denied"},
		"a claim of the host": {plugins: plugins{`{"outcome":"continue","data":{"role":"owner"}}`}, broken: "not of the hook's shape"},
		"crashed":             {plugins: plugins{claims(`{"a":1}`), crash}, want: `{"p":{"a":1}}`, broken: "crashed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := core.ClaimsCheck{SessionID: core.NewID(time.Now()), UserID: core.NewID(time.Now()), Role: core.RoleOwner}
			got, err := hooks(t, chain{outputs: tc.plugins, onFailure: hook.Open}).SessionClaims(t.Context(), check)
			if err != nil || string(got.JSON) != tc.want || got.For != check {
				t.Errorf("open: %s, %v, want %s", got.JSON, err, tc.want)
			}
			got, err = hooks(t, chain{outputs: tc.plugins, onFailure: hook.Closed}).SessionClaims(t.Context(), check)
			switch {
			case tc.broken == "" && (err != nil || string(got.JSON) != tc.want):
				t.Errorf("closed: %s, %v, want %s", got.JSON, err, tc.want)
			case tc.broken != "" && (core.CodeOf(err) != core.Unavailable || !strings.Contains(err.Error(), tc.broken)):
				t.Errorf("closed: %v, want an error with %q", err, tc.broken)
			}
		})
	}
}

// The most common case of a session must not even write an id.
func TestBoundCostsNothing(t *testing.T) { // not parallel: allocations are counted for the process
	h, tenant := hooks(t, plugins{}), core.NewID(time.Now())
	var bound bool
	if n := testing.AllocsPerRun(100, func() {
		bound = h.ClaimsBound(tenant) || h.PasswordBound(tenant) || h.InvitationBound(tenant)
	}); n != 0 || bound {
		t.Errorf("%v allocations, bound %t", n, bound)
	}
}
