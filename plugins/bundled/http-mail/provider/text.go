package provider

import (
	"github.com/usher-id/usher/hostapi"
)

// mailbox writes who a mail is from in the form of a mail's header.
func mailbox(from hostapi.MailAddress) string {
	if from.Name == "" {
		return from.Email
	}
	b := []byte{'"'}
	for _, c := range []byte(oneLine(from.Name)) {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return string(b) + `" <` + from.Email + ">"
}

// oneLine turns control characters into spaces.
func oneLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < 0x20 || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

// fill puts values, encoded, in the place of a template's marks: a dollar sign and a name of
// small letters and underscores.
func fill(template string, encode func([]byte, string) []byte, value func(mark string) string) string {
	b := make([]byte, 0, len(template)+1024)
	for i := 0; i < len(template); {
		if template[i] != '$' {
			b = append(b, template[i])
			i++
			continue
		}
		end := i + 1
		for end < len(template) && (template[end] >= 'a' && template[end] <= 'z' || template[end] == '_') {
			end++
		}
		b = encode(b, value(template[i+1:end]))
		i = end
	}
	return string(b)
}

// word makes a reason of what a provider calls something: HardBounce and "hard bounce" are
// hard_bounce. It has at most hostapi.MaxSendReason bytes.
func word(s string) string {
	var b []byte
	for i, c := range []byte(s) {
		upper := c >= 'A' && c <= 'Z'
		switch {
		case upper && i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z':
			b = append(b, '_', c|0x20)
		case upper:
			b = append(b, c|0x20)
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && len(b) > 0:
			b = append(b, c)
		case len(b) > 0 && b[len(b)-1] != '_':
			b = append(b, '_')
		}
	}
	b = b[:min(len(b), hostapi.MaxSendReason)]
	for len(b) > 0 && b[len(b)-1] == '_' {
		b = b[:len(b)-1]
	}
	return string(b)
}

// fromBase64 decodes standard base64 (RFC 4648); false for anything else.
func fromBase64(s string) (string, bool) {
	for range 2 {
		if len(s) > 0 && s[len(s)-1] == '=' {
			s = s[:len(s)-1]
		}
	}
	var b []byte
	bits, held := uint32(0), 0
	for _, c := range []byte(s) {
		v, ok := sextet(c)
		if !ok {
			return "", false
		}
		bits, held = bits<<6|uint32(v), held+6
		if held >= 8 {
			held -= 8
			b = append(b, byte(bits>>held)) //nolint:gosec // the bits above are written already
		}
	}
	return string(b), held < 6
}

func sextet(c byte) (byte, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A', true
	case c >= 'a' && c <= 'z':
		return c - 'a' + 26, true
	case c >= '0' && c <= '9':
		return c - '0' + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}
