package compare_test

import (
	"encoding/json"
	"strings"

	"github.com/usher-id/usher/hostapi"
)

// freeMail is the list of plugins/bundled/company-domain/policy, whose rules these are.
var freeMail = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
	"aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com", "yandex.com",
}

// check are the rules with the encoding that a Go service would use.
func check(data []byte) ([]byte, verdict, error) {
	var s hostapi.SignupValidate
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, verdict{}, err
	}
	v := verdict{Outcome: hostapi.Continue}
	if isFreeMail(s.EmailDomain) {
		v = verdict{Outcome: hostapi.Deny, Errors: []hostapi.FieldError{{Field: "email", Code: "company_email_required", Message: message(s.Locale)}}}
	}
	b, err := json.Marshal(v)
	return b, v, err
}

func isFreeMail(domain string) bool {
	for _, d := range freeMail {
		if above, ok := strings.CutSuffix(domain, d); ok && (above == "" || strings.HasSuffix(above, ".")) {
			return true
		}
	}
	return false
}

func message(locale string) string {
	if strings.HasPrefix(locale, "de") {
		return "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an."
	}
	return "Please sign up with your company e-mail address."
}
