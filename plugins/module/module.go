package module

import (
	"fmt"

	"github.com/usher-id/usher/hostapi"
)

// Kind is what an import or export is, as the binary format encodes it.
type Kind byte

// The kinds.
const (
	KindFunc   Kind = 0
	KindTable  Kind = 1
	KindMemory Kind = 2
	KindGlobal Kind = 3
)

// Import is a function that a module wants from its host; [Parse] refuses other imports.
type Import struct {
	Module, Name string
	Type         hostapi.Signature
}

// Export is what a module shows its host.
type Export struct {
	Name  string
	Kind  Kind
	Index uint32
}

// Module is a binary that passed [Parse]. It keeps the bytes it was given.
type Module struct {
	Imports []Import
	Exports []Export
	// MemoryPages is the size of the memory at start, in pages of 64 KiB.
	MemoryPages uint32

	sections []section
	types    []hostapi.Signature
	funcs    []uint32 // type index of each function, imported ones first
	globals  []global
	memories int
	bodies   int
	frames   []int  // bound of the stack that each defined function takes, in bytes
	entries  uint64 // of all tables

	start  uint32 // the function that runs at start
	starts bool   // there is one

	hostInTable bool // an imported function is referred to, so a table may hold it
}

type section struct {
	id   byte
	body []byte
}

type global struct {
	valueType byte
	mutable   bool
}

// The ids of the sections.
const (
	idCustom = iota
	idType
	idImport
	idFunction
	idTable
	idMemory
	idGlobal
	idExport
	idStart
	idElement
	idCode
	idData
	idDataCount
)

// formFunc begins the type of a function.
const formFunc = 0x60

const magic = "\x00asm\x01\x00\x00\x00"

// Parse reads a module. The error says in one sentence what is wrong with it.
func Parse(wasm []byte, limits Limits) (*Module, error) {
	if len(wasm) > limits.Bytes {
		return nil, fmt.Errorf("%d bytes are more than the limit of %d", len(wasm), limits.Bytes)
	}
	if len(wasm) < len(magic) || string(wasm[:len(magic)]) != magic {
		return nil, fmt.Errorf("this is no core WebAssembly module of version 1")
	}
	m := &Module{}
	r := &reader{b: wasm, pos: len(magic)}
	last := 0
	for r.more() {
		s := section{id: r.byte()}
		s.body = r.bytes(r.u32())
		if s.id != idCustom {
			rank := sectionRank(s.id)
			if rank <= last {
				r.fail("section %d is unknown, doubled or out of order", s.id)
			}
			last = rank
		}
		if r.err != nil {
			return nil, r.err
		}
		if err := m.read(s, limits); err != nil {
			return nil, fmt.Errorf("%s section: %w", sectionName(s.id), err)
		}
		m.sections = append(m.sections, s)
	}
	return m, m.check()
}

// check looks at what only the whole module shows.
func (m *Module) check() error {
	if defined := len(m.funcs) - len(m.Imports); m.bodies != defined {
		return fmt.Errorf("%d functions are declared but %d have a body", defined, m.bodies)
	}
	for i, g := range m.globals {
		if g.mutable && !isNumber(g.valueType) {
			return fmt.Errorf("global %d is mutable and neither an integer nor a float, so a reset could not restore it", i)
		}
	}
	return nil
}

// Custom gives the body of the first custom section of that name.
func (m *Module) Custom(name string) ([]byte, bool) {
	for _, s := range m.sections {
		if s.id != idCustom {
			continue
		}
		r := &reader{b: s.body}
		if r.name() == name && r.err == nil {
			return s.body[r.pos:], true
		}
	}
	return nil, false
}

// Func gives the type of the exported function of that name.
func (m *Module) Func(name string) (hostapi.Signature, bool) {
	for _, e := range m.Exports {
		if e.Name == name && e.Kind == KindFunc && int(e.Index) < len(m.funcs) {
			return m.types[m.funcs[e.Index]], true
		}
	}
	return hostapi.Signature{}, false
}

// HasMemory tells whether the module has a memory of its own and exports it under the name.
func (m *Module) HasMemory(name string) bool {
	for _, e := range m.Exports {
		if e.Name == name && e.Kind == KindMemory {
			return m.memories == 1
		}
	}
	return false
}

// sectionRank is the place of a section in the order that the format wants; 0 is unknown.
func sectionRank(id byte) int {
	switch {
	case id == idDataCount:
		return 2*idElement + 1
	case id >= idType && id <= idData:
		return 2 * int(id)
	}
	return 0
}

// sectionOrder lists the sections as the format wants them.
func sectionOrder() []byte {
	return []byte{
		idType, idImport, idFunction, idTable, idMemory, idGlobal, idExport, idStart, idElement, idDataCount, idCode, idData,
	}
}

func sectionName(id byte) string {
	names := [...]string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"}
	if int(id) < len(names) {
		return names[id]
	}
	return "unknown"
}

func isNumber(valueType byte) bool { return valueType >= 0x7c && valueType <= 0x7f }
