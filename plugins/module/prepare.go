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
