package codec

import "unicode/utf8"

// Reader walks over one JSON value. After the first thing it cannot read
// everything is empty and OK gives false.
type Reader struct {
	b   []byte
	pos int
	bad bool
}

// NewReader reads b, which must not change meanwhile.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// OK tells whether everything so far was readable.
func (r *Reader) OK() bool { return !r.bad }

// Object walks over an object; null has no members. member is called after each
// name and must read, or [Reader.Skip], the value.
func (r *Reader) Object(member func(name string)) {
	if r.null() || !r.expect('{') || r.accept('}') {
		return
	}
	for {
		name := r.String()
		if !r.expect(':') {
			return
		}
		member(name)
		if r.bad || r.accept('}') {
			return
		}
		if !r.expect(',') {
			return
		}
	}
}

// Array walks over an array; null has no elements. element must read, or
// [Reader.Skip], one value.
func (r *Reader) Array(element func()) {
	if r.null() || !r.expect('[') || r.accept(']') {
		return
	}
	for {
		element()
		if r.bad || r.accept(']') {
			return
		}
		if !r.expect(',') {
			return
		}
	}
}

// String reads a string; null is empty.
func (r *Reader) String() string {
	if r.null() || !r.expect('"') {
		return ""
	}
	start := r.pos
	for r.pos < len(r.b) {
		switch c := r.b[r.pos]; {
		case c == '"':
			r.pos++
			return string(r.b[start : r.pos-1])
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
	out := append([]byte(nil), r.b[start:r.pos]...)
	for r.pos < len(r.b) {
		c := r.b[r.pos]
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
	if r.pos >= len(r.b) {
		r.bad = true
		return out
	}
	c := r.b[r.pos]
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
	if high < 0xdc00 && r.pos+6 <= len(r.b) && r.b[r.pos] == '\\' && r.b[r.pos+1] == 'u' {
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
	if r.pos+4 > len(r.b) {
		r.bad = true
		return utf8.RuneError
	}
	var v rune
	for _, c := range r.b[r.pos : r.pos+4] {
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

// Strings reads an array of strings.
func (r *Reader) Strings() []string {
	var list []string
	r.Array(func() { list = append(list, r.String()) })
	return list
}

// StringMap reads an object whose members are strings; null is nil.
func (r *Reader) StringMap() map[string]string {
	if r.null() {
		return nil
	}
	m := map[string]string{}
	r.Object(func(name string) { m[name] = r.String() })
	return m
}

// Bool reads a boolean; null is false.
func (r *Reader) Bool() bool {
	if r.null() || r.literal("false") {
		return false
	}
	if !r.literal("true") {
		r.bad = true
	}
	return !r.bad
}

// Raw gives the bytes of the next value; they are part of what is read.
func (r *Reader) Raw() []byte {
	r.space()
	start := r.pos
	r.Skip()
	if r.bad {
		return nil
	}
	return r.b[start:r.pos]
}

// Skip passes over one value of any kind.
func (r *Reader) Skip() {
	depth := 0
	for !r.bad {
		r.space()
		if r.pos >= len(r.b) {
			r.bad = true
			return
		}
		switch c := r.b[r.pos]; c {
		case '"':
			r.skipString()
		case '{', '[':
			depth++
			r.pos++
		case '}', ']':
			depth--
			r.pos++
		case ',', ':':
			r.pos++
		default:
			r.skipScalar()
		}
		if depth < 0 {
			r.bad = true
		}
		if depth == 0 {
			return
		}
	}
}

func (r *Reader) skipString() {
	for r.pos++; r.pos < len(r.b); r.pos++ {
		switch r.b[r.pos] {
		case '\\':
			r.pos++
		case '"':
			r.pos++
			return
		}
	}
	r.bad = true
}

func (r *Reader) skipScalar() {
	start := r.pos
	for r.pos < len(r.b) {
		switch r.b[r.pos] {
		case ',', ':', '}', ']', '"', '{', '[', ' ', '\t', '\n', '\r':
			r.bad = r.bad || r.pos == start
			return
		}
		r.pos++
	}
}

func (r *Reader) null() bool { return r.literal("null") }

func (r *Reader) literal(word string) bool {
	r.space()
	if r.bad || len(r.b)-r.pos < len(word) || string(r.b[r.pos:r.pos+len(word)]) != word {
		return false
	}
	r.pos += len(word)
	return true
}

func (r *Reader) expect(c byte) bool {
	if !r.accept(c) {
		r.bad = true
		return false
	}
	return true
}

func (r *Reader) accept(c byte) bool {
	r.space()
	if r.bad || r.pos >= len(r.b) || r.b[r.pos] != c {
		return false
	}
	r.pos++
	return true
}

func (r *Reader) space() {
	for r.pos < len(r.b) {
		switch r.b[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}
