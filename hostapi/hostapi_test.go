package hostapi_test

import (
	"encoding/json"
	"testing"

	"github.com/usher-id/usher/hostapi"
)

func TestHookExport(t *testing.T) {
	t.Parallel()
	for hook, want := range map[hostapi.Hook]string{
		hostapi.HookSignupValidate: "usher_signup_validate",
		hostapi.HookMessageRender:  "usher_message_render",
	} {
		if got := hook.Export(); got != want {
			t.Errorf("%s exports %s, want %s", hook, got, want)
		}
		if !hook.Known() {
			t.Errorf("%s is not known", hook)
		}
	}
	if hostapi.Hook("no.such").Known() {
		t.Error("no.such is known")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	got := hostapi.Limits{WallMS: 7}.Or(hostapi.DefaultLimits())
	if got.WallMS != 7 || got.MemoryPages != hostapi.DefaultLimits().MemoryPages {
		t.Errorf("Or gives %+v", got)
	}
	for name, tc := range map[string]struct {
		limits hostapi.Limits
		within bool
	}{
		"zero":     {hostapi.Limits{}, true},
		"default":  {hostapi.DefaultLimits(), true},
		"greatest": {hostapi.MaxLimits(), true},
		"negative": {hostapi.Limits{WallMS: -1}, false},
		"too much": {hostapi.Limits{MemoryPages: 4096}, false},
	} {
		if tc.limits.Within(hostapi.MaxLimits()) != tc.within {
			t.Errorf("%s: Within is %v", name, !tc.within)
		}
	}
}

// The JSON of the contract is fixed: guests are built against it.
func TestShapesOnTheWire(t *testing.T) {
	t.Parallel()
	slug := "acme"
	for name, tc := range map[string]struct {
		value any
		want  string
	}{
		"envelope": {
			hostapi.Envelope[hostapi.SignupValidate]{
				ABI: hostapi.ABI, Hook: hostapi.HookSignupValidate, CallID: "c", RunID: "r",
				Actor: hostapi.Actor{Kind: hostapi.ActorAnonymous}, Config: hostapi.RawJSON(`{"a":1}`),
				Data: hostapi.SignupValidate{Email: "a@b.example", EmailDomain: "b.example"},
			},
			`{"abi":"usher/v1","hook":"signup.validate","call_id":"c","run_id":"r","tenant":"","actor":{"kind":"anonymous"},"traceparent":"",` +
				`"config":{"a":1},"data":{"email":"a@b.example","email_domain":"b.example","organization_name":"","slug":"","display_name":"",` +
				`"locale":"","metadata":null}}`,
		},
		"answer": {
			hostapi.Output[hostapi.SignupPatch]{Outcome: hostapi.Continue, Data: hostapi.SignupPatch{Slug: &slug}},
			`{"outcome":"continue","data":{"slug":"acme"}}`,
		},
		"denial": {
			hostapi.Output[hostapi.SignupPatch]{Outcome: hostapi.Deny, Errors: []hostapi.FieldError{{Field: "email", Code: "c", Message: "m"}}},
			`{"outcome":"deny","errors":[{"field":"email","code":"c","message":"m"}]}`,
		},
		"no config": {hostapi.RawJSON(nil), `null`},
	} {
		got, err := json.Marshal(tc.value)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, tc.want)
		}
	}
	var raw struct{ Config hostapi.RawJSON }
	if err := json.Unmarshal([]byte(`{"Config":{"x":[1]}}`), &raw); err != nil || string(raw.Config) != `{"x":[1]}` {
		t.Errorf("RawJSON reads %q, %v", raw.Config, err)
	}
}
