package codec

// Reader walks over one JSON value. After the first thing it cannot read
// everything is empty and OK gives false.
//
//	for more := r.Object(); more; more = r.Member() {
//		switch r.Name() {
//		case "slug":
//			slug = r.String()
//		default:
//			r.Skip()
//		}
//	}
type Reader struct {
	s    string
	pos  int
	name string
	bad  bool
}

// NewReader reads s. The strings that it gives are parts of s where they can be.
func NewReader(s string) *Reader { return &Reader{s: s} }

// OK tells whether everything so far was readable.
func (r *Reader) OK() bool { return !r.bad }

// Object enters an object and tells whether it has a member, whose value must be
// read, or passed over with [Reader.Skip], before [Reader.Member]. null has none.
func (r *Reader) Object() bool {
	return !r.null() && r.expect('{') && !r.accept('}') && r.member()
}

// Member goes on to the next member, and leaves the object when there is none.
func (r *Reader) Member() bool {
	return !r.accept('}') && r.expect(',') && r.member()
}

// Name is the name of the member that was come to last; it changes when an object
// within it is read.
func (r *Reader) Name() string { return r.name }

func (r *Reader) member() bool {
	r.name = r.quoted()
	return r.expect(':')
}

// Array enters an array and tells whether it has an element, which must be read, or
// passed over with [Reader.Skip], before [Reader.Element]. null has none.
func (r *Reader) Array() bool {
	return !r.null() && r.expect('[') && !r.accept(']')
}

// Element goes on to the next element, and leaves the array when there is none.
func (r *Reader) Element() bool { return !r.accept(']') && r.expect(',') }

// Strings reads an array of strings; null is nil.
func (r *Reader) Strings() []string {
	var list []string
	for more := r.Array(); more; more = r.Element() {
		list = append(list, r.String())
	}
	return list
}

// StringMap reads an object whose members are strings; null is nil.
func (r *Reader) StringMap() map[string]string {
	if r.null() {
		return nil
	}
	m := map[string]string{}
	for more := r.Object(); more; more = r.Member() {
		name := r.name
		m[name] = r.String()
	}
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

// Int reads a whole number of at most 64 bits without a fraction or an exponent;
// null is 0.
func (r *Reader) Int() int64 {
	if r.null() {
		return 0
	}
	negative := r.accept('-')
	start := r.pos
	var v uint64
	for r.pos < len(r.s) && r.s[r.pos]-'0' <= 9 {
		v = v*10 + uint64(r.s[r.pos]-'0')
		r.pos++
	}
	digits := r.pos - start
	switch most := uint64(1) << 63; {
	case r.bad, digits == 0, digits > 19, digits > 1 && r.s[start] == '0', v > most, v == most && !negative:
		r.bad = true
		return 0
	}
	if negative {
		return -int64(v)
	}
	return int64(v)
}

func (r *Reader) null() bool {
	r.space()
	return r.pos < len(r.s) && r.s[r.pos] == 'n' && r.literal("null")
}

func (r *Reader) literal(word string) bool {
	r.space()
	if r.bad || len(r.s)-r.pos < len(word) || r.s[r.pos:r.pos+len(word)] != word {
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

// accept passes over c. Once something was not readable nothing is acceptable.
func (r *Reader) accept(c byte) bool {
	r.space()
	if r.bad || r.pos >= len(r.s) || r.s[r.pos] != c {
		return false
	}
	r.pos++
	return true
}

func (r *Reader) space() {
	for r.pos < len(r.s) && r.s[r.pos] <= ' ' {
		switch r.s[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}
