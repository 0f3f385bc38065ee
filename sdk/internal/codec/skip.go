package codec

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
