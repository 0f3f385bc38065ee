package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/usher-id/usher/core"
)

// Limits of RFC 5321 §4.5.3.1, in octets. Length is checked before anything looks inside.
const (
	maxAddress = 254
	maxLocal   = 64
	maxDomain  = 253
)

// domains follows the rules for look-ups and refuses what a host name cannot hold.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// Parse reads an address for the field of that name. The error is a
// [core.ValidationFailed] that says what is wrong with the field.
func Parse(field, s string) (core.Address, error) {
	s = strings.Trim(s, " ")
	if s == "" {
		return core.Address{}, refuse(field, "required", "An e-mail address is needed.")
	}
	if len(s) > maxAddress || !utf8.ValidString(s) {
		return core.Address{}, refuse(field, "invalid", "This is not an e-mail address of at most 254 characters.")
	}
	at := strings.IndexByte(s, '@')
	if at <= 0 || at != strings.LastIndexByte(s, '@') {
		return core.Address{}, refuse(field, "invalid", "An e-mail address has the form name@example.com.")
	}
	local, host := norm.NFC.String(s[:at]), s[at+1:]
	if !dotString(local) {
		return core.Address{}, refuse(field, "invalid", "The part before the @ has a character that is not accepted.")
	}
	domain, ok := hostName(host)
	if !ok {
		return core.Address{}, refuse(field, "invalid", "The part behind the @ is not a domain name.")
	}
	return core.Address{Email: local + "@" + domain, Key: strings.ToLower(local) + "@" + domain, Domain: domain}, nil
}

func refuse(field, code, message string) error {
	return core.Invalid(core.FieldError{Field: field, Code: code, Message: message})
}

// dotString tells whether the local part is a dot-string of RFC 5321, with letters and
// digits of any script as in RFC 6531.
func dotString(local string) bool {
	if len(local) > maxLocal || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		if !atext(r) {
			return false
		}
	}
	return true
}

func atext(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r)
}

// hostName gives the ASCII form of a domain with at least two labels and a last
// one that is not a number.
func hostName(host string) (string, bool) {
	if len(host) > maxDomain || strings.HasSuffix(host, ".") {
		return "", false
	}
	ascii, err := domains.ToASCII(host)
	if err != nil || len(ascii) > maxDomain {
		return "", false
	}
	// A label that claims to be encoded but decodes to plain ASCII is a second name for
	// the same host (CVE-2026-39821): the round trip must give the same name.
	unicodeForm, err := domains.ToUnicode(ascii)
	if err != nil {
		return "", false
	}
	if again, err := domains.ToASCII(unicodeForm); err != nil || again != ascii {
		return "", false
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if last == ascii || strings.IndexFunc(last, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
		return "", false
	}
	return ascii, true
}
