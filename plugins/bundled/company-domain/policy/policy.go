package policy

import (
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/validator"
)

// The codes of the field error.
const (
	codeFreeMail = "company_email_required"
	codeBlocked  = "email_domain_blocked"
)

// CheckSignup refuses a signup whose address is not a company's, or is of a domain that
// the operator blocks.
func CheckSignup(call *sdk.Call, s validator.Signup) (validator.Verdict, error) {
	code := judge(call, s.EmailDomain)
	if code == "" {
		return validator.Accept(), nil
	}
	return validator.Deny(validator.FieldError{Field: "email", Code: code, Message: say(s.Locale, signupWords[code])}), nil
}

// CheckInvitation refuses an invitation for the same reasons.
func CheckInvitation(call *sdk.Call, i invitation.Invitation) (invitation.Verdict, error) {
	code := judge(call, i.EmailDomain)
	if code == "" {
		return invitation.Accept(), nil
	}
	return invitation.Deny(invitation.FieldError{Field: "email", Code: code, Message: say(i.Locale, invitationWords[code])}), nil
}

// judge gives the code of what is wrong with a domain, or nothing. The operator's
// allowed_domains are exceptions to both lists.
func judge(call *sdk.Call, domain string) string {
	if contains(call.ConfigTexts("allowed_domains", nil), domain) {
		return ""
	}
	if contains(call.ConfigTexts("blocked_domains", nil), domain) {
		call.Info("denied a blocked domain")
		return codeBlocked
	}
	if contains(call.ConfigTexts("free_mail_domains", freeMail), domain) {
		call.Info("denied a free mail domain")
		return codeFreeMail
	}
	return ""
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
