package module

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/usher-id/usher/hostapi"
)

// Frozen says what of an instance becomes a module of its own.
type Frozen struct {
	Memory  []byte
	Globals []uint64 // the values of the mutable globals, in the order of [Prepared.Globals]
	// Exports are the functions that stay exported, beside the memory.
	Exports []string
	// Imports tells which functions of capabilities stay imported. In the place of another comes one that refuses,
	// as a host does that does not grant it: what a module imports is what it can do.
	Imports func(Import) bool
}

// Freeze gives a module that begins where an instance of m stands: nothing of its start is left to run. The same
// state gives the same bytes. The module must be one that [Module.Prepare] can take; what it names by custom sections
// is left out.
func (m *Module) Freeze(f Frozen) ([]byte, error) {
	z := freezer{m: m, f: f}
	if err := z.number(); err != nil {
		return nil, err
	}
	bodies := map[byte][]byte{}
	for _, s := range m.sections {
		bodies[s.id] = s.body
	}
	for _, id := range []byte{idCustom, idStart, idDataCount} {
		delete(bodies, id)
	}
	follow := numbering(z.function)
	bodies[idImport] = z.imports()
	bodies[idFunction] = z.functions(bodies[idFunction])
	bodies[idMemory] = z.memory(bodies[idMemory])
	bodies[idGlobal] = z.globals(follow.globals(bodies[idGlobal]))
	bodies[idExport] = z.exports()
	if elements, ok := bodies[idElement]; ok {
		bodies[idElement] = follow.elements(elements)
	}
	bodies[idCode] = z.code(bodies[idCode])
	bodies[idData] = appendSegments(filled(f.Memory))
	out := append(make([]byte, 0, m.size()+len(bodies[idData])), magic...)
	for _, id := range sectionOrder() {
		if body, ok := bodies[id]; ok && len(body) > 0 {
			out = appendSection(out, id, body)
		}
	}
	return out, nil
}

// freezer knows the numbers of the functions: those that stay imported, those of the module, and last those that
// refuse.
type freezer struct {
	m *Module
	f Frozen

	numbers []uint32 // of the imports
	refused []uint32 // the types of those that refuse
	kept    uint32
}

func (z *freezer) number() error {
	if z.m.memories != 1 || len(z.f.Memory)%pageSize != 0 || len(z.f.Memory) == 0 {
		return fmt.Errorf("%d bytes are no memory of a module with %d of them", len(z.f.Memory), z.m.memories)
	}
	mutable := 0
	for _, g := range z.m.globals {
		if g.mutable {
			mutable++
		}
	}
	if mutable != len(z.f.Globals) {
		return fmt.Errorf("%d values are not those of %d mutable globals", len(z.f.Globals), mutable)
	}
	for _, name := range z.f.Exports {
		if _, ok := z.m.Func(name); !ok {
			return fmt.Errorf("there is no function %s to export", name)
		}
	}
	for _, i := range z.m.Imports {
		if z.f.Imports(i) {
			z.kept++
		} else if !slices.Equal(i.Type.Results, hostapi.CapabilitySignature().Results) {
			return fmt.Errorf("the import %s.%s is no capability and cannot be left out", i.Module, i.Name)
		}
	}
	defined := uint32(len(z.m.funcs) - len(z.m.Imports)) //nolint:gosec // bounded by Limits
	next := uint32(0)
	for n, i := range z.m.Imports {
		if z.f.Imports(i) {
			z.numbers = append(z.numbers, next)
			next++
			continue
		}
		z.numbers = append(z.numbers, z.kept+defined+uint32(len(z.refused))) //nolint:gosec // bounded by Limits
		z.refused = append(z.refused, z.m.funcs[n])
	}
	return nil
}

func (z *freezer) function(index uint32) uint32 {
	if int(index) < len(z.numbers) {
		return z.numbers[index]
	}
	return index - uint32(len(z.refused)) //nolint:gosec // bounded by Limits
}

func (z *freezer) imports() []byte {
	out := appendU32(nil, z.kept)
	for n, i := range z.m.Imports {
		if z.f.Imports(i) {
			out = appendU32(append(appendName(appendName(out, i.Module), i.Name), byte(KindFunc)), z.m.funcs[n])
		}
	}
	return out
}

func (z *freezer) functions(body []byte) []byte {
	for _, t := range z.refused {
		body = appendItem(body, appendU32(nil, t))
	}
	return body
}

// memory sets the size at start and keeps the bound.
func (z *freezer) memory(body []byte) []byte {
	r := &reader{b: body, pos: 1}
	flags := r.byte()
	r.u32()
	out := appendU32([]byte{1, flags}, uint32(len(z.f.Memory)/pageSize)) //nolint:gosec // a memory has at most 65,536 pages
	return append(out, body[r.pos:]...)
}

// globals writes the values that mutable globals begin with.
func (z *freezer) globals(body []byte) []byte {
	if len(body) == 0 {
		return nil
	}
	r := &reader{b: body}
	n := r.u32()
	out := appendU32(nil, n)
	values := z.f.Globals
	for _, g := range z.m.globals {
		start := r.pos
		r.bytes(2)
		skipConstant(r)
		if !g.mutable {
			out = append(out, body[start:r.pos]...)
			continue
		}
		out = append(appendValue(append(out, g.valueType, 1), g.valueType, values[0]), opEnd)
		values = values[1:]
	}
	return out
}

func appendValue(b []byte, valueType byte, v uint64) []byte {
	switch valueType {
	case byte(hostapi.I32):
		return appendI32(append(b, opI32Const), int32(uint32(v))) //nolint:gosec // the lower half
	case byte(hostapi.I64):
		return appendI64(append(b, opI64Const), int64(v)) //nolint:gosec // the same bits
	case typeF32:
		return binary.LittleEndian.AppendUint32(append(b, opF32Const), uint32(v)) //nolint:gosec // the lower half
	default:
		return binary.LittleEndian.AppendUint64(append(b, opF64Const), v)
	}
}

func (z *freezer) exports() []byte {
	var out []byte
	n := uint32(0)
	for _, e := range z.m.Exports {
		switch {
		case e.Kind == KindMemory:
			out = appendU32(append(appendName(out, e.Name), byte(e.Kind)), e.Index)
		case e.Kind == KindFunc && slices.Contains(z.f.Exports, e.Name):
			out = appendU32(append(appendName(out, e.Name), byte(e.Kind)), z.function(e.Index))
		default:
			continue
		}
		n++
	}
	return append(appendU32(nil, n), out...)
}

// code follows the functions to their new numbers, and adds those that refuse.
func (z *freezer) code(section []byte) []byte {
	r := &reader{b: section}
	n := r.u32()
	out := appendU32(make([]byte, 0, len(section)), n+uint32(len(z.refused))) //nolint:gosec // bounded by Limits
	var body []byte
	for range n {
		body = z.body(body[:0], r.bytes(r.u32()))
		out = append(appendU32(out, uint32(len(body))), body...) //nolint:gosec // bounded by Limits.BodyBytes
	}
	refusal := append(appendI64([]byte{0, opI64Const}, int64(hostapi.NewResult(hostapi.StatusDenied, 0))), opEnd)
	for range z.refused {
		out = append(appendU32(out, uint32(len(refusal))), refusal...) //nolint:gosec // a few bytes
	}
	return out
}

func (z *freezer) body(out, body []byte) []byte {
	r := &reader{b: body}
	for range r.u32() { // locals
		r.u32()
		r.byte()
	}
	copied := 0
	walk(r, len(body), func(op byte, start int) {
		if op == opCall || op == opRefFunc {
			out = appendU32(append(append(out, body[copied:start]...), op), z.function(operand(body, start)))
			copied = r.pos
		}
	})
	return append(out, body[copied:]...)
}

// frozenGap is the longest run of zeros between two segments that is not worth a new one.
const frozenGap = 8

// filled finds what of a memory is not zero.
func filled(memory []byte) (segments []segment) {
	for at := 0; at < len(memory); at++ {
		if memory[at] == 0 {
			continue
		}
		start, end := at, at+1
		for next := end; next < len(memory) && next-end <= frozenGap; next++ {
			if memory[next] != 0 {
				end = next + 1
			}
		}
		segments = append(segments, segment{uint32(start), memory[start:end]})
		at = end
	}
	return segments
}
