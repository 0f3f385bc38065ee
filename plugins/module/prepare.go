package module

import (
	"fmt"
	"strconv"
	"strings"
)

// reserved begins the names under which the host exports what it must reach.
const reserved = "usher.host."

func isReserved(name string) bool { return strings.HasPrefix(name, reserved) }

// Prepared is a module as the host compiles it.
type Prepared struct {
	Wasm []byte
	// Globals are the names under which each mutable global of the guest is
	// exported, so that a reset can restore it: memory alone is not its state.
	Globals []string
	// Gauge is the name of the global, an i64 that begins as [Full], that says what
	// the guest has left; empty when it is not metered.
	Gauge string
	// Start is the name of the guest's start function, which the host calls
	// itself; empty when there is none.
	Start string
}

// Prepare exports every mutable global under a reserved name, joins data
// segments that lie close together, and leaves out custom sections. The start
// function becomes an export: making an instance runs nothing of the guest, whose
// start is a call like others, with a deadline and a bound. A Go guest
// has tens of thousands of segments, as its linker skips runs of zeros; joined,
// an instance is made in half the time.
func (m *Module) Prepare() Prepared { return m.assemble(nil) }

// Meter does what [Module.Prepare] does and charges fuel at the head of every
// loop, at the entry of every function that calls or is long, and for bulk
// instructions by length; and a bound of its frame at the entry of every function
// that calls. When one of them is below zero the guest calls [MeterTick] of
// [MeterModule], an (i64) -> i64 that is shown the gauge and gives the one to go
// on with, which is where the host looks at the clock and at the stack. It fails when the checks would make the module too large.
func (m *Module) Meter(limits Limits) (Prepared, error) {
	p := m.assemble(m.newMeter())
	if len(p.Wasm) > limits.MeteredBytes {
		return Prepared{}, fmt.Errorf("%d bytes with metering are more than the limit of %d", len(p.Wasm), limits.MeteredBytes)
	}
	return p, nil
}

// assemble writes the sections in the order of the format.
func (m *Module) assemble(t *meter) Prepared {
	bodies := make(map[byte][]byte, len(m.sections))
	for _, s := range m.sections {
		bodies[s.id] = s.body
	}
	delete(bodies, idCustom)
	delete(bodies, idStart)
	if _, counted := bodies[idDataCount]; !counted && bodies[idData] != nil {
		bodies[idData] = mergeData(bodies[idData])
	}
	p := Prepared{Wasm: append(make([]byte, 0, m.size()), magic...)}
	if t != nil {
		t.rewrite(bodies)
		p.Gauge = t.exported
	}
	bodies[idExport] = m.exports(&p, t)
	for _, id := range sectionOrder() {
		if body, ok := bodies[id]; ok {
			p.Wasm = appendSection(p.Wasm, id, body)
		}
	}
	return p
}

func (m *Module) size() int {
	n := len(magic)
	for _, s := range m.sections {
		n += len(s.body) + len(s.body)/4 + 64
	}
	return n
}

// exports writes the guest's exports and those of what the host must reach, whose names it notes.
func (m *Module) exports(p *Prepared, t *meter) []byte {
	var out []byte
	n := uint32(0)
	add := func(name string, kind Kind, index uint32) {
		if kind == KindFunc {
			index = t.function(index)
		}
		out = appendU32(append(appendName(out, name), byte(kind)), index)
		n++
	}
	for _, e := range m.Exports {
		add(e.Name, e.Kind, e.Index)
	}
	for i, g := range m.globals {
		if g.mutable {
			name := reserved + "global." + strconv.Itoa(i)
			p.Globals = append(p.Globals, name)
			add(name, KindGlobal, uint32(i))
		}
	}
	if m.starts {
		p.Start = reserved + "start"
		add(p.Start, KindFunc, m.start)
	}
	if t != nil {
		add(p.Gauge, KindGlobal, t.gauge)
	}
	return append(appendU32(nil, n), out...)
}
