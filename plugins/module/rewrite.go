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
	follow := numbering(t.function)
	bodies[idGlobal] = appendItem(follow.globals(bodies[idGlobal]), gauge)
	if elements, ok := bodies[idElement]; ok {
		bodies[idElement] = follow.elements(elements)
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
