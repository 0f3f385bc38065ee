package policy

import (
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/validator"
)

// code is that of the field error; programs that call the API know the refusal by it.
const code = "disposable_address"

// CheckSignup refuses a signup by a disposable address.
func CheckSignup(c *sdk.Call, s validator.Signup) (validator.Verdict, error) {
	if !disposable(c, s.EmailDomain) {
		return validator.Accept(), nil
	}
	return validator.Deny(validator.FieldError{Field: "email", Code: code, Message: signupWords.in(s.Locale)}), nil
}

// CheckInvitation refuses an invitation to a disposable address.
func CheckInvitation(c *sdk.Call, i invitation.Invitation) (invitation.Verdict, error) {
	if !disposable(c, i.EmailDomain) {
		return invitation.Accept(), nil
	}
	return invitation.Deny(invitation.FieldError{Field: "email", Code: code, Message: invitationWords.in(i.Locale)}), nil
}

// disposable judges a domain by the nearest word on it: its own or that of the domain above, and so on up. Where
// one domain is both allowed and blocked it is allowed.
func disposable(c *sdk.Call, domain string) bool {
	blocked, allowed := folded(c.ConfigTexts("blocked_domains", nil)), folded(c.ConfigTexts("allowed_domains", nil))
	builtIn := c.ConfigFlag("built_in_list", true)
	for at := fold(domain); at != ""; at = parent(at) {
		switch {
		case contains(allowed, at):
			return false
		case contains(blocked, at) || builtIn && listed(at):
			c.Info("denied an address below " + at)
			return true
		}
	}
	return false
}

// fold gives a domain the one form in which domains are compared. Usher hands over lower case ASCII, and so the
// xn-- form of what was written in other letters; operators write as they like.
func fold(domain string) string { return strings.TrimSuffix(strings.ToLower(domain), ".") }

func folded(domains []string) []string {
	for i, d := range domains {
		domains[i] = fold(d)
	}
	return domains
}

// parent is the domain above, empty at the end.
func parent(domain string) string {
	_, above, _ := strings.Cut(domain, ".")
	return above
}

func contains(domains []string, domain string) bool {
	for _, d := range domains {
		if d == domain {
			return true
		}
	}
	return false
}
