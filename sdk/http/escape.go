package http

// AppendEscaped appends text so that it means itself in any part of a URL, and in a form: all
// but letters, digits and -._~ is percent-encoded (RFC 3986). The host finds the
// placeholder of a link in this form too.
func AppendEscaped(b []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&0x0f])
		}
	}
	return b
}

// Escape gives text so that it means itself in any part of a URL; see [AppendEscaped].
func Escape(text string) string { return string(AppendEscaped(nil, text)) }
