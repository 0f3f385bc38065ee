package activation

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
)

// The bounds of what a caller may send, in characters or entries.
const (
	maxSlug     = 48
	maxRedirect = 500
)

// fields collects what is wrong with a request, so that a caller hears it all at once.
type fields []core.FieldError

func (f *fields) add(field, code, message string) {
	*f = append(*f, core.FieldError{Field: field, Code: code, Message: message})
}

func (f fields) err() error {
	if len(f) == 0 {
		return nil
	}
	return core.Invalid(f...)
}

func (f *fields) address(field, s string) core.Address {
	a, err := address.Parse(field, s)
	if e, ok := errors.AsType[*core.Error](err); ok {
		*f = append(*f, e.Fields...)
	}
	return a
}

// text accepts one line of printing characters of any script.
func (f *fields) text(field, s string, least, most int) string {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case n < least:
		f.add(field, "required", "This field is needed.")
	case n > most:
		f.add(field, "too_long", fmt.Sprintf("Use at most %d characters.", most))
	case strings.Contains(s, "://") || strings.Contains(strings.ToLower(s), "www."):
		// It stands in mails to people who did not ask for them, and mail readers make links of it.
		f.add(field, "invalid", "A name is not an address on the web.")
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }):
		f.add(field, "invalid", "Use one line of printing characters.")
	}
	return s
}

// locale accepts a BCP 47 tag and gives its canonical form.
func (f *fields) locale(field, s string) string {
	if s == "" {
		return ""
	}
	if len(s) > 35 {
		f.add(field, "too_long", "A language tag has at most 35 characters.")
		return ""
	}
	tag, err := language.Parse(s)
	if err != nil {
		f.add(field, "invalid", `This is not a language tag like "en" or "pt-BR".`)
		return ""
	}
	return tag.String()
}

func (f *fields) slug(field, s string) {
	if len(s) < 2 || len(s) > maxSlug || s != slugSafe(s) || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		f.add(field, "invalid", fmt.Sprintf("Use 2 to %d of a-z, 0-9 and single hyphens inside.", maxSlug))
	}
}

func (f *fields) metadata(field string, m map[string]string) {
	if len(m) > core.MaxMetadata {
		f.add(field, "too_many", fmt.Sprintf("Use at most %d entries.", core.MaxMetadata))
		return
	}
	for k, v := range m {
		if k == "" || utf8.RuneCountInString(k) > core.MaxMetadataKey || utf8.RuneCountInString(v) > core.MaxMetadataText || strings.ContainsRune(k+v, 0) {
			f.add(field, "invalid", fmt.Sprintf("Keys have 1 to %d characters, values at most %d.", core.MaxMetadataKey, core.MaxMetadataText))
			return
		}
	}
}

// redirect accepts an https URL whose host is on the list, exactly; http on the list's
// loopback hosts, for development.
func (f *fields) redirect(field, s string, hosts []string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case len(s) > maxRedirect || err != nil || u.User != nil || u.Host == "" || u.Opaque != "" || strings.ContainsAny(s, "\\\t\r\n "):
		f.add(field, "invalid", "This is not an absolute URL that may be used here.")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		f.add(field, "invalid", "The URL must start with https.")
	case !slices.Contains(hosts, strings.ToLower(u.Host)):
		f.add(field, "not_allowed", "The host of this URL is not on the list that the operator keeps.")
	}
	return s
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// slugSafe keeps the letters, digits and hyphens of a slug.
func slugSafe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r + ('a' - 'A')
		}
		return -1
	}, s)
}
