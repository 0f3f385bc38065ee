package plugins_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/bundled/company-domain/policy"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/validator"
	"github.com/usher-id/usher/tests/cguest"
)

func companyDomainInC(t testing.TB) []byte { return cguest.Build(t, "testdata/c/validator.c") }

// A guest in C gives the same verdicts as the logic in Go, natively: to questions of
// 1.5 KB, mutated, under each config. What a strict decoder of Go refuses it refuses too.
func TestGuestInCGivesTheVerdictsOfGo(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"own lists": `{}`, "the operator's": `{"free_mail_domains":["freemail.example","acme.example"],"allowed_domains":["good\u002efreemail.example"]}`,
		"no lists": `{"free_mail_domains":null,"x":[{"y":-1.5e3},true]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, plugins.Config{Breaker: plugins.BreakerConfig{Failures: 1 << 30}, Limits: hostapi.Limits{WallMS: 60_000}})
			load(t, e, plugins.Source{Name: "c", Wasm: companyDomainInC(t), Config: []byte(config)})
			plugin, chance, seen := validator.New(policy.CheckSignup), rand.New(rand.NewPCG(3, 4)), map[hostapi.Outcome]int{}
			for n := range 4000 {
				data := mutate(chance, question(t, n), n/8)
				want, readable := native(t, plugin, config, data)
				got, err := e.Call(t.Context(), plugins.Call{Hook: validate, RunID: "run", Data: data})
				if !readable {
					if kindOf(err) != plugins.Failed || detailOf(err) != "the envelope is not readable" {
						t.Fatalf("%q: got %s, %v; Go refuses it", data, got.Output, err)
					}
					seen["unreadable"]++
					continue
				}
				var verdict validator.Verdict
				if err == nil {
					err = json.Unmarshal(got.Output, &verdict, json.RejectUnknownMembers(true))
				}
				if err != nil || verdict.Outcome != want.Outcome || !slices.Equal(verdict.Errors, want.Errors) {
					t.Fatalf("%q: got %s, %v; want %+v", data, got.Output, err, want)
				}
				seen[verdict.Outcome]++
			}
			if seen["unreadable"] < 100 || seen[hostapi.Continue] < 100 || (name != "no lists" && seen[hostapi.Deny] < 100) {
				t.Errorf("the questions are too much alike: %v", seen)
			}
		})
	}
}

// native is the verdict of the same rules without a sandbox, and whether the question is readable.
func native(t *testing.T, p *validator.Plugin, config string, data []byte) (validator.Verdict, bool) {
	var s validator.Signup
	if json.Unmarshal(data, &s, jsontext.AllowDuplicateNames(true)) != nil {
		return validator.Verdict{}, false
	}
	return sdktest.Ask(t, p, sdktest.Setting{Config: config}, s).Output, true
}

// question is the n-th of a round of 1.5 KB questions.
func question(t testing.TB, n int) []byte {
	domains := []string{"acme.example", "gmail.com", "mail.web.de", "freemail.example", "good.freemail.example", "", "me.com", "notme.com"}
	domain := domains[n%len(domains)]
	data, err := json.Marshal(hostapi.SignupValidate{
		Email: "someone@" + domain, EmailDomain: domain, OrganizationName: "Acme \"Söhne\" & Co. 🜁", Slug: "acme", DisplayName: "Some\tOne",
		Locale: []string{"en", "de-CH", "d", ""}[n/3%4],
		Metadata: map[string]string{
			"plan": "pro", "referrer": strings.Repeat("https://www.example.com/pricing?utm_source=news&", 8), "campaign": strings.Repeat("spring ", 75),
			"note": strings.Repeat("line\n", 50), "size": "250", "country": "de", "industry": "engineering",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What is JSON and what is not, to the byte: the strict reader agrees with Go's.
func TestGuestInCReadsStrictly(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Breaker: plugins.BreakerConfig{Failures: 1 << 30}, Limits: hostapi.Limits{WallMS: 60_000}})
	load(t, e, plugins.Source{Name: "c", Wasm: companyDomainInC(t)})
	for _, value := range []string{
		`0`, `-0`, `01`, `-`, `1.`, `.5`, `1.5e+3`, `1e`, `1E-2`, `+1`, `true`, `tru`, `null`, `nul`, `[]`, `[1,]`, `[,]`, `[1 2]`, `{}`, `{"a"}`,
		`{"a":1,}`, `{"a":1 "b":2}`, `{1:2}`, `[[[{"a":[]}]]]`, `[}`, `{]`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`, `"\u00g0"`, `"\x"`,
		"\"\x1f\"", "\"\x7f\"", "\"\xc0\xaf\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf0\x9f\x9c\x81\"", "\"\xe2\x82\"", `"`, `"\"`,
		"\u00a0 1", "\v1", " \t\r\n1 ", "'a'", `NaN`, `1,"b":2`,
	} {
		data := fmt.Sprintf(`{"other":%s,"locale":"de","email_domain":"gm\u0061il.com"}`, value)
		var s validator.Signup
		readable := json.Unmarshal([]byte(data), &s) == nil
		_, err := e.Call(t.Context(), plugins.Call{Hook: validate, RunID: "run", Data: []byte(data)})
		if (err == nil) != readable {
			t.Errorf("%q: got %v, Go reads it: %v", data, err, readable)
		}
	}
}
