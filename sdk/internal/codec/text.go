package codec

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

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
	r.pos = plain(r.s, start)
	switch {
	case r.pos == len(r.s) || r.s[r.pos] < ' ':
		r.bad = true
		return ""
	case r.s[r.pos] == '\\':
		return r.escaped(start)
	}
	r.pos++
	return r.s[start : r.pos-1]
}

// escaped reads the rest of a string that has an escape in it. What is between two escapes is
// copied as one.
func (r *Reader) escaped(start int) string {
	out := make([]byte, 0, r.pos-start+escapedRoom)
	for {
		out = append(out, r.s[start:r.pos]...)
		if r.pos == len(r.s) || r.s[r.pos] < ' ' {
			r.bad = true
			return ""
		}
		c := r.s[r.pos]
		r.pos++
		if c == '"' {
			return unsafe.String(unsafe.SliceData(out), len(out)) //nolint:gosec // nobody writes to out any more
		}
		out = r.escape(out)
		start = r.pos
		r.pos = plain(r.s, start)
	}
}

// escapedRoom is for what follows the first escape of a string.
const escapedRoom = 64

// plain gives where the first quote, backslash or control character is from i on, or the end.
// Eight bytes are looked at together: in a guest each step of a loop is dear.
func plain(s string, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		w := s[i : i+8]
		x := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 | uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		quote, slash := x^'"'*ones, x^'\\'*ones
		// A byte's highest bit is set here when it is below a space, or no other than the one sought
		// (Warren, Hacker's Delight, §6-1); the lowest that is set is right.
		if found := ((x-' '*ones)&^x | (quote-ones)&^quote | (slash-ones)&^slash) & highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' {
		i++
	}
	return i
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
