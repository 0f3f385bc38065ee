package policy_test

import (
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/bundled/company-domain/policy"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/validator"
)

func TestCheckSignup(t *testing.T) {
	t.Parallel()
	const blocking = `{"blocked_domains":["rival.example"],"allowed_domains":["friends.rival.example"]}`
	const own = `{"free_mail_domains":["freemail.example"],"allowed_domains":["good.freemail.example"]}`
	for name, tc := range map[string]struct {
		config, domain, locale string
		want                   hostapi.Outcome
		message                string
	}{
		"company":                                {domain: "acme.example", want: hostapi.Continue},
		"free mail":                              {domain: "gmail.com", want: hostapi.Deny, message: "Please sign up with your company e-mail address."},
		"below free mail":                        {domain: "mail.gmail.com", want: hostapi.Deny, message: "Please sign up with your company e-mail address."},
		"only looks like it":                     {domain: "notgmail.com", want: hostapi.Continue},
		"in German":                              {domain: "web.de", locale: "de-AT", want: hostapi.Deny, message: "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an."},
		"operator's list":                        {config: own, domain: "freemail.example", want: hostapi.Deny, message: "Please sign up with your company e-mail address."},
		"not on that list":                       {config: own, domain: "gmail.com", want: hostapi.Continue},
		"operator's exception":                   {config: own, domain: "good.freemail.example", want: hostapi.Continue},
		"the built-in list beside a blocked one": {config: blocking, domain: "gmail.com", want: hostapi.Deny, message: "Please sign up with your company e-mail address."},
		"exception to a blocked one":             {config: blocking, domain: "friends.rival.example", want: hostapi.Continue},
		"no domain":                              {want: hostapi.Continue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sdktest.Ask(t, validator.New(policy.CheckSignup), sdktest.Setting{Config: tc.config}, validator.Signup{
				Email: "someone@" + tc.domain, EmailDomain: tc.domain, Locale: tc.locale,
			})
			if got.Output.Outcome != tc.want {
				t.Fatalf("outcome %q, want %q (failure %q)", got.Output.Outcome, tc.want, got.Failure)
			}
			if tc.want == hostapi.Continue {
				return
			}
			want := hostapi.FieldError{Field: "email", Code: "company_email_required", Message: tc.message}
			if len(got.Output.Errors) != 1 || got.Output.Errors[0] != want {
				t.Errorf("errors %+v, want %+v", got.Output.Errors, want)
			}
		})
	}
}

func TestCheckInvitation(t *testing.T) {
	t.Parallel()
	const blocking = `{"blocked_domains":["rival.example"],"allowed_domains":["friends.rival.example","aol.com"]}`
	for name, tc := range map[string]struct {
		domain, locale, code, message string
	}{
		"company":           {domain: "acme.example"},
		"free mail":         {domain: "gmail.com", code: "company_email_required", message: "Please invite people by their company e-mail address."},
		"free but allowed":  {domain: "aol.com"},
		"blocked":           {domain: "mail.rival.example", code: "email_domain_blocked", message: "Addresses of this domain cannot be invited."},
		"blocked, German":   {domain: "rival.example", locale: "de", code: "email_domain_blocked", message: "Adressen dieser Domain können nicht eingeladen werden."},
		"blocked but named": {domain: "friends.rival.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sdktest.Ask(t, invitation.New(policy.CheckInvitation), sdktest.Setting{Config: blocking}, invitation.Invitation{
				EmailDomain: tc.domain, Locale: tc.locale,
			}).Output
			if tc.code == "" {
				if got.Outcome != hostapi.Continue {
					t.Errorf("%+v", got)
				}
				return
			}
			want := hostapi.FieldError{Field: "email", Code: tc.code, Message: tc.message}
			if got.Outcome != hostapi.Deny || len(got.Errors) != 1 || got.Errors[0] != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
