package module

import (
	"errors"
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
	// Fuel is the name of the global, an i32, that says what is left of the
	// [Slice] that the guest was given; empty when it is not metered.
	Fuel string
}

// Prepare exports every mutable global under a reserved name, joins data
// segments that lie close together, and leaves out custom sections. A Go guest
// has tens of thousands of segments, as its linker skips runs of zeros; joined,
// an instance is made in half the time.
func (m *Module) Prepare() Prepared { return m.assemble(nil) }

// Meter does what [Module.Prepare] does and charges fuel at the head of every
// loop, at the entry of every function that calls or is long, and for bulk
// instructions by length. When fuel is below zero the guest calls [MeterTick]
// of [MeterModule], an (i32) -> i32 that is shown what is left and gives what to
// go on with. It fails when the checks would make the module too large.
func (m *Module) Meter(limits Limits) (Prepared, error) {
	p := m.assemble(m.newMeter())
	if len(p.Wasm) > limits.MeteredBytes {
		return Prepared{}, fmt.Errorf("%d bytes with metering are more than the limit of %d", len(p.Wasm), limits.MeteredBytes)
	}
	if p.Fuel == "" {
		return Prepared{}, errors.New("the module cannot be metered")
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
	if _, counted := bodies[idDataCount]; !counted && bodies[idData] != nil {
		bodies[idData] = mergeData(bodies[idData])
	}
	p := Prepared{Wasm: append(make([]byte, 0, m.size()), magic...)}
	if t != nil {
		t.rewrite(bodies)
		p.Fuel = t.exported
	}
	bodies[idExport], p.Globals = m.exports(t)
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

// exports writes the guest's exports, those of its mutable globals, and that of the fuel.
func (m *Module) exports(t *meter) ([]byte, []string) {
	var out []byte
	add := func(name string, kind Kind, index uint32) {
		out = appendU32(append(appendName(out, name), byte(kind)), index)
	}
	for _, e := range m.Exports {
		if e.Kind == KindFunc {
			e.Index = t.function(e.Index)
		}
		add(e.Name, e.Kind, e.Index)
	}
	var names []string
	for i, g := range m.globals {
		if g.mutable {
			name := reserved + "global." + strconv.Itoa(i)
			names = append(names, name)
			add(name, KindGlobal, uint32(i))
		}
	}
	n := len(m.Exports) + len(names)
	if t != nil {
		add(t.exported, KindGlobal, t.fuel)
		n++
	}
	return append(appendU32(nil, uint32(n)), out...), names //nolint:gosec // bounded by Limits
}
