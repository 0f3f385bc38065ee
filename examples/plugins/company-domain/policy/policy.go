// Package policy says who may sign up with which address. It is plain Go: the
// plugin beside it only wires it up.
package policy

import (
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/validator"
)

// Check refuses a signup whose address belongs to a free mail service. The
// operator may name other services as the config's free_mail_domains, and
// exceptions as allowed_domains.
func Check(call *sdk.Call, signup validator.Signup) (validator.Verdict, error) {
	if contains(call.ConfigTexts("allowed_domains", nil), signup.EmailDomain) {
		return validator.Accept(), nil
	}
	if !contains(call.ConfigTexts("free_mail_domains", freeMail()), signup.EmailDomain) {
		return validator.Accept(), nil
	}
	call.Info("denied a free mail domain")
	return validator.Deny(validator.FieldError{
		Field:   "email",
		Code:    "company_email_required",
		Message: message(signup.Locale),
	}), nil
}

func freeMail() []string {
	return []string{
		"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
		"aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com", "yandex.com",
	}
}

// contains tells whether a domain, or one above it, is in the list.
func contains(domains []string, domain string) bool {
	for _, d := range domains {
		if d == domain || hasParent(domain, d) {
			return true
		}
	}
	return false
}

func hasParent(domain, parent string) bool {
	cut := len(domain) - len(parent)
	return parent != "" && cut > 0 && domain[cut:] == parent && domain[cut-1] == '.'
}

func message(locale string) string {
	if len(locale) >= 2 && locale[:2] == "de" {
		return "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an."
	}
	return "Please sign up with your company e-mail address."
}
