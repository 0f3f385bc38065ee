package codec

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
