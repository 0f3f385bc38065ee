package codec

// Raw gives the text of the next value, which is part of what is read.
func (r *Reader) Raw() string {
	r.space()
	start := r.pos
	r.Skip()
	if r.bad {
		return ""
	}
	return r.s[start:r.pos]
}

// Skip passes over one value of any kind.
func (r *Reader) Skip() {
	depth := 0
	for !r.bad {
		r.space()
		if r.pos >= len(r.s) {
			r.bad = true
			return
		}
		switch c := r.s[r.pos]; c {
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
	for r.pos = plain(r.s, r.pos+1); r.pos < len(r.s); r.pos = plain(r.s, r.pos) {
		switch r.s[r.pos] {
		case '"':
			r.pos++
			return
		case '\\':
			r.pos += 2
		default: // a control character; what is passed over need not be right
			r.pos++
		}
	}
	r.bad = true
}

func (r *Reader) skipScalar() {
	start := r.pos
	for r.pos < len(r.s) {
		switch r.s[r.pos] {
		case ',', ':', '}', ']', '"', '{', '[', ' ', '\t', '\n', '\r':
			r.bad = r.bad || r.pos == start
			return
		}
		r.pos++
	}
}
