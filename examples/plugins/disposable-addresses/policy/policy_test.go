package policy_test

import (
	"disposable-addresses/policy"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/validator"
)

const operator = `{
	"blocked_domains": ["Throwaway.Example", "xn--mll-hoa.example", "bad.friends.example"],
	"allowed_domains": ["friends.example", "kept.throwaway.example", "YOPMAIL.com."]
}`

func TestCheckSignup(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config, domain string
		refused        bool
	}{
		"a company's":                      {"", "engines.example", false},
		"on the list":                      {"", "mailinator.com", true},
		"the first of the list":            {"", "0-mail.com", true},
		"the last of the list":             {"", "zoemail.org", true},
		"before the list":                  {"", "0.com", false},
		"after the list":                   {"", "zz.org", false},
		"below one of the list":            {"", "a.b.mailinator.com", true},
		"only ends like one":               {"", "notmailinator.com", false},
		"above one of the list":            {"", "fr.nf", false},
		"in capitals, with a dot":          {"", "MailInator.COM.", true},
		"without a domain":                 {"", "", false},
		"only dots":                        {"", "..", false},
		"the operator's":                   {operator, "mail.throwaway.example", true},
		"the operator's in other letters":  {operator, "xn--mll-hoa.example", true},
		"the list beside it":               {operator, "grr.la", true},
		"an exception of the list":         {operator, "mail.yopmail.com", false},
		"an exception of the operator's":   {operator, "kept.throwaway.example", false},
		"blocked again below an exception": {operator, "bad.friends.example", true},
		"beside that":                      {operator, "good.friends.example", false},
		"the operator's alone":             {`{"built_in_list": false, "blocked_domains": ["a.example"]}`, "a.example", true},
		"not the list":                     {`{"built_in_list": false}`, "mailinator.com", false},
		"both":                             {`{"blocked_domains": ["a.example"], "allowed_domains": ["a.example"]}`, "a.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sdktest.Ask(t, validator.New(policy.CheckSignup), sdktest.Setting{Config: tc.config}, validator.Signup{EmailDomain: tc.domain})
			if refused := got.Output.Outcome == hostapi.Deny; refused != tc.refused || got.Failure != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestCheckInvitation(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"":      "Please invite people by an address that they will keep: mail to this one is thrown away.",
		"de-CH": "Bitte laden Sie mit einer Adresse ein, die behalten wird: Post an diese wird weggeworfen.",
		"fr":    "Veuillez inviter avec une adresse durable : les messages envoyés à celle-ci sont jetés.",
	} {
		got := sdktest.Ask(t, invitation.New(policy.CheckInvitation), sdktest.Setting{}, invitation.Invitation{EmailDomain: "grr.la", Locale: locale})
		if e := got.Output.Errors; len(e) != 1 || e[0] != (hostapi.FieldError{Field: "email", Code: "disposable_address", Message: want}) {
			t.Errorf("%q: %+v", locale, got)
		}
		if len(got.Lines) != 1 || got.Lines[0] != "denied an address below grr.la" {
			t.Errorf("it logged %q", got.Lines)
		}
	}
	if got := sdktest.Ask(t, invitation.New(policy.CheckInvitation), sdktest.Setting{}, invitation.Invitation{EmailDomain: "engines.example"}); got.Output.Outcome != hostapi.Continue {
		t.Errorf("%+v", got)
	}
}
