package activation

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// slugOf makes a slug from an organization's name: accents dropped, everything
// that is not a letter or digit a hyphen. A name in a script without Latin letters
// becomes "org", which the random suffix then tells apart.
func slugOf(name string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFKD.String(name) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9', 'A' <= r && r <= 'Z':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(unicode.ToLower(r))
		case unicode.Is(unicode.Mn, r):
		default:
			hyphen = true
		}
		if b.Len() >= maxSlug-8 {
			break
		}
	}
	if b.Len() < 2 {
		return "org"
	}
	return b.String()
}
