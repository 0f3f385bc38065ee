package module

import "github.com/usher-id/usher/hostapi"

// rewrite adds to the sections of a guest what metering needs, and follows its
// functions to their new numbers. Exports are written elsewhere.
func (t *meter) rewrite(bodies map[byte][]byte) {
	for _, v := range []byte{byte(hostapi.I64), byte(hostapi.I32)} { // of tick and of charge
		bodies[idType] = appendItem(bodies[idType], []byte{formFunc, 1, v, 1, v})
	}
	tick := append(appendName(appendName(nil, MeterModule), MeterTick), byte(KindFunc))
	bodies[idImport] = appendItem(bodies[idImport], appendU32(tick, t.types))
	bodies[idFunction] = appendItem(bodies[idFunction], appendU32(nil, t.types+1))
	gauge := append(appendI64([]byte{byte(hostapi.I64), 1, opI64Const}, int64(Full)), opEnd)
	bodies[idGlobal] = appendItem(t.globals(bodies[idGlobal]), gauge)
	if elements, ok := bodies[idElement]; ok {
		bodies[idElement] = t.elements(elements)
	}
	if bodies[idCode] == nil {
		bodies[idCode] = []byte{0}
	}
	bodies[idCode] = t.meterCode(bodies[idCode])
}

// appendItem adds one to a vector, which is empty when there is no section yet.
func appendItem(vector, item []byte) []byte {
	r := &reader{b: vector}
	var n uint32
	if len(vector) > 0 {
		n = r.u32()
	}
	out := append(appendU32(make([]byte, 0, len(vector)+len(item)+5), n+1), vector[r.pos:]...)
	return append(out, item...)
}

// globals rewrites the functions that globals begin with.
func (t *meter) globals(body []byte) []byte {
	if len(body) == 0 {
		return nil
	}
	r := &reader{b: body}
	n := r.u32()
	out := appendU32(nil, n)
	for range n {
		out = append(out, r.bytes(2)...)
		out = t.appendConstant(out, r)
	}
	return out
}

// appendConstant copies a constant expression.
func (t *meter) appendConstant(out []byte, r *reader) []byte {
	start := r.pos
	skipConstant(r)
	if r.err == nil && r.b[start] == opRefFunc {
		return append(appendU32(append(out, opRefFunc), t.function(operand(r.b, start))), opEnd)
	}
	return append(out, r.b[start:r.pos]...)
}

// elements rewrites the functions that tables are filled with.
func (t *meter) elements(body []byte) []byte {
	r := &reader{b: body}
	n := r.u32()
	out := appendU32(nil, n)
	for range n {
		out = t.appendElements(out, r)
	}
	return out
}

func (t *meter) appendElements(out []byte, r *reader) []byte {
	start := r.pos
	expressions := readElementsHead(r)
	n := r.u32()
	out = append(out, r.b[start:r.pos]...)
	for range n {
		if expressions {
			out = t.appendConstant(out, r)
		} else {
			out = appendU32(out, t.function(r.u32()))
		}
	}
	return out
}
