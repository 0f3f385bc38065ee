package codec

import "unicode/utf8"

// String reads a string; null is empty.
func (r *Reader) String() string {
	if r.null() {
		return ""
	}
	return r.quoted()
}

func (r *Reader) quoted() string {
	if !r.expect('"') {
		return ""
	}
	start := r.pos
	for r.pos < len(r.s) {
		switch c := r.s[r.pos]; {
		case c == '"':
			r.pos++
			return r.s[start : r.pos-1]
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			r.bad = true
			return ""
		}
		r.pos++
	}
	r.bad = true
	return ""
}

// escaped reads the rest of a string that has an escape in it.
func (r *Reader) escaped(start int) string {
	out := append([]byte(nil), r.s[start:r.pos]...)
	for r.pos < len(r.s) {
		c := r.s[r.pos]
		r.pos++
		switch {
		case c == '"':
			return string(out)
		case c < 0x20:
			r.bad = true
			return ""
		case c != '\\':
			out = append(out, c)
		default:
			out = r.escape(out)
		}
	}
	r.bad = true
	return ""
}

func (r *Reader) escape(out []byte) []byte {
	if r.pos >= len(r.s) {
		r.bad = true
		return out
	}
	c := r.s[r.pos]
	r.pos++
	switch c {
	case '"', '\\', '/':
		return append(out, c)
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'u':
		return utf8.AppendRune(out, r.unicode())
	}
	r.bad = true
	return out
}

// unicode reads the digits of an escape, and those of its second half when the
// first is a surrogate.
func (r *Reader) unicode() rune {
	high := r.hex4()
	if high < 0xd800 || high >= 0xe000 {
		return high
	}
	if high < 0xdc00 && r.pos+6 <= len(r.s) && r.s[r.pos] == '\\' && r.s[r.pos+1] == 'u' {
		back := r.pos
		r.pos += 2
		if low := r.hex4(); low >= 0xdc00 && low < 0xe000 {
			return (high-0xd800)<<10 + (low - 0xdc00) + 0x10000
		}
		r.pos = back
	}
	return utf8.RuneError
}

func (r *Reader) hex4() rune {
	if r.pos+4 > len(r.s) {
		r.bad = true
		return utf8.RuneError
	}
	var v rune
	for _, c := range []byte(r.s[r.pos : r.pos+4]) {
		v <<= 4
		switch {
		case c >= '0' && c <= '9':
			v |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			v |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			v |= rune(c-'A') + 10
		default:
			r.bad = true
			return utf8.RuneError
		}
	}
	r.pos += 4
	return v
}
