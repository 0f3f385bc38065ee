package module

// numbering gives the new number of each function when some come or go.
type numbering func(uint32) uint32

// globals rewrites the functions that globals begin with.
func (f numbering) globals(body []byte) []byte {
	if len(body) == 0 {
		return nil
	}
	r := &reader{b: body}
	n := r.u32()
	out := appendU32(nil, n)
	for range n {
		out = append(out, r.bytes(2)...)
		out = f.appendConstant(out, r)
	}
	return out
}

// appendConstant copies a constant expression.
func (f numbering) appendConstant(out []byte, r *reader) []byte {
	start := r.pos
	skipConstant(r)
	if r.err == nil && r.b[start] == opRefFunc {
		return append(appendU32(append(out, opRefFunc), f(operand(r.b, start))), opEnd)
	}
	return append(out, r.b[start:r.pos]...)
}

// elements rewrites the functions that tables are filled with.
func (f numbering) elements(body []byte) []byte {
	r := &reader{b: body}
	n := r.u32()
	out := appendU32(nil, n)
	for range n {
		out = f.appendElements(out, r)
	}
	return out
}

func (f numbering) appendElements(out []byte, r *reader) []byte {
	start := r.pos
	expressions := readElementsHead(r)
	n := r.u32()
	out = append(out, r.b[start:r.pos]...)
	for range n {
		if expressions {
			out = f.appendConstant(out, r)
		} else {
			out = appendU32(out, f(r.u32()))
		}
	}
	return out
}
