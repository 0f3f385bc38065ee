package module

// meterCode rewrites every body: it charges fuel and stack, and follows the functions to
// their new numbers. The function that pays for bulk instructions comes last.
func (t *meter) meterCode(section []byte) []byte {
	r := &reader{b: section}
	n := r.u32()
	out := appendU32(make([]byte, 0, len(section)+len(section)/4), n+1)
	var body []byte
	for i := range n {
		body = t.appendBody(body[:0], r.bytes(r.u32()), t.frames[i])
		out = append(appendU32(out, uint32(len(body))), body...) //nolint:gosec // bounded by Limits.MeteredBytes
	}
	charge := t.chargeBody()
	return append(appendU32(out, uint32(len(charge))), charge...) //nolint:gosec // a few bytes
}

// appendBody writes a body with its checks. One call of it takes at most frame bytes of stack.
func (t *meter) appendBody(out, body []byte, frame int) []byte {
	r := &reader{b: body}
	for range r.u32() { // locals
		r.u32()
		r.byte()
	}
	checks := t.findPoints(body, r.pos, frame)
	copied := 0
	insert := func(at int) {
		out = append(out, body[copied:at]...)
		copied = at
	}
	check := func() {
		for len(checks) > 0 && checks[0].at == r.pos {
			insert(r.pos)
			out = t.appendCheck(out, checks[0])
			checks = checks[1:]
		}
	}
	check()
	walk(r, len(body), func(op byte, start int) {
		switch {
		case op == opCall || op == opRefFunc:
			insert(start)
			out = appendU32(append(out, op), t.function(operand(body, start)))
			copied = r.pos
		case op == opMisc && isBulk(operand(body, start)):
			insert(start)
			out = appendU32(append(out, opCall), t.charge)
		}
		check()
	})
	return append(out, body[copied:]...)
}

func isBulk(sub uint32) bool { return sub == 8 || sub == 10 || sub == 11 }
