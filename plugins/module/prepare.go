package module

import (
	"strconv"
	"strings"
)

// reserved begins the names under which the host exports what it must reach.
const reserved = "usher.host."

func isReserved(name string) bool { return strings.HasPrefix(name, reserved) }

// Prepared is a module as the host compiles it.
type Prepared struct {
	Wasm []byte
	// Globals are the names under which each mutable global is exported, so that
	// a reset can restore it: memory alone is not the state of a guest.
	Globals []string
}

// Prepare exports every mutable global under a reserved name, joins data
// segments that lie close together, and leaves out custom sections. A Go guest
// has tens of thousands of segments, as its linker skips runs of zeros; joined,
// an instance is made in half the time.
func (m *Module) Prepare() Prepared {
	p := Prepared{Wasm: make([]byte, 0, m.size())}
	p.Wasm = append(p.Wasm, magic...)
	hasDataCount := m.has(idDataCount)
	for _, s := range m.sections {
		switch {
		case s.id == idCustom:
			continue
		case s.id == idExport:
			s.body, p.Globals = m.exportGlobals(s.body)
		case s.id == idData && !hasDataCount:
			s.body = mergeData(s.body)
		}
		p.Wasm = appendSection(p.Wasm, s.id, s.body)
	}
	return p
}

func (m *Module) has(id byte) bool {
	for _, s := range m.sections {
		if s.id == id {
			return true
		}
	}
	return false
}

func (m *Module) size() int {
	n := len(magic)
	for _, s := range m.sections {
		n += len(s.body) + 64
	}
	return n
}

func (m *Module) exportGlobals(body []byte) ([]byte, []string) {
	r := &reader{b: body}
	r.u32()
	var added []byte
	var names []string
	for i, g := range m.globals {
		if !g.mutable {
			continue
		}
		name := reserved + "global." + strconv.Itoa(i)
		names = append(names, name)
		added = append(appendName(added, name), byte(KindGlobal))
		added = appendU32(added, uint32(i))
	}
	out := appendU32(nil, uint32(len(m.Exports)+len(names))) //nolint:gosec // bounded by Limits
	out = append(out, body[r.pos:]...)
	return append(out, added...), names
}

// mergeGap is the longest run of zeros that is written out to join two segments.
const mergeGap = 64

// mergeData joins active segments that follow each other in memory. It gives the
// body unchanged when it meets anything but plain active segments in rising
// order, since joining would then change what the module means.
func mergeData(body []byte) []byte {
	r := &reader{b: body}
	n := r.u32()
	var out, run []byte
	var start, end, segments uint32
	flush := func() {
		out = append(appendI32(append(out, 0, opI32Const), int32(start)), opEnd) //nolint:gosec // the format writes offsets signed
		out = append(appendU32(out, uint32(len(run))), run...)                   //nolint:gosec // bounded by Limits.Bytes
		segments++
	}
	for i := range n {
		flags, op := r.byte(), r.byte()
		offset := uint32(r.i32()) //nolint:gosec // the format writes offsets signed
		endOp := r.byte()
		data := r.bytes(r.u32())
		if r.err != nil || flags != 0 || op != opI32Const || endOp != opEnd || uint64(offset)+uint64(len(data)) > 1<<32-1 {
			return body
		}
		switch gap := uint64(offset) - uint64(end); {
		case i == 0:
			start, run = offset, append(run[:0], data...)
		case offset < end:
			return body
		case gap <= mergeGap:
			run = append(run, make([]byte, gap)...)
			run = append(run, data...)
		default:
			flush()
			start, run = offset, append(run[:0], data...)
		}
		end = offset + uint32(len(data)) //nolint:gosec // checked above
	}
	if n == 0 || r.pos != len(body) {
		return body
	}
	flush()
	return append(appendU32(nil, segments), out...)
}
