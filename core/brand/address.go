package brand

import (
	"net/url"
	"strings"
)

// MaxAddress bounds an address, in bytes.
const MaxAddress = 2048

// Address is the address of a page or an image as it may stand in a mail, in a page and in a
// header: https with a host, without credentials, and of nothing but the characters that need
// no escape there. It is false for every other scheme, and for what is not an address.
func Address(s string) (string, bool) {
	if len(s) > MaxAddress || strings.ContainsFunc(s, unfit) {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	written := quotes.Replace(u.String())
	return written, len(written) <= MaxAddress
}

// unfit are characters that no address has as they are (RFC 3986 §2), and those that a browser
// would read as others.
func unfit(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) }

// quotes could end an attribute or a url() of CSS; html/template writes them so too.
var quotes = strings.NewReplacer("'", "%27", "(", "%28", ")", "%29")
