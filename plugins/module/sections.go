package module

import "github.com/usher-id/usher/hostapi"

// read takes from one section what the host must know of it.
func (m *Module) read(s section, limits Limits) error {
	r := &reader{b: s.body}
	switch s.id {
	case idType:
		m.readTypes(r, limits)
	case idImport:
		m.readImports(r, limits)
	case idFunction:
		m.readFunctions(r, limits)
	case idTable:
		m.readTables(r, limits)
	case idMemory:
		m.readMemories(r, limits)
	case idGlobal:
		m.readGlobals(r, limits)
	case idExport:
		m.readExports(r, limits)
	case idStart:
		m.readStart(r)
	case idElement:
		m.readElements(r, limits)
	case idDataCount:
		r.u32()
	case idCode:
		m.readCode(r, limits)
	case idData:
		r.count("data segments", limits.Segments)
		return r.err
	default:
		return nil
	}
	if r.err == nil && r.pos != len(r.b) {
		r.fail("%d bytes are left over", len(r.b)-r.pos)
	}
	return r.err
}

// readStart reads which function runs at start. It becomes an export, so the
// compiler no longer looks at its type.
func (m *Module) readStart(r *reader) {
	m.start, m.starts = r.u32(), true
	m.checkFunction(r, m.start)
	if r.err != nil {
		return
	}
	if int64(m.start) < int64(len(m.Imports)) {
		r.fail("the start function is imported")
	}
	if t := m.types[m.funcs[m.start]]; len(t.Params)+len(t.Results) > 0 {
		r.fail("the start function takes or gives values")
	}
}

func (m *Module) readTypes(r *reader, limits Limits) {
	values := 0
	for range r.count("types", limits.Types) {
		if form := r.byte(); r.err == nil && form != formFunc {
			r.fail("type form %#x is not supported", form)
		}
		t := hostapi.Signature{Params: readValueTypes(r), Results: readValueTypes(r)}
		if values += len(t.Params) + len(t.Results); values > limits.TypeValues {
			r.fail("%d values in all types are more than the limit of %d", values, limits.TypeValues)
		}
		if r.err != nil {
			return
		}
		m.types = append(m.types, t)
	}
}

func readValueTypes(r *reader) []hostapi.ValueType {
	b := r.bytes(uint32(r.count("values", 1000))) //nolint:gosec // bounded
	if len(b) == 0 {
		return nil
	}
	types := make([]hostapi.ValueType, len(b))
	for i, c := range b {
		types[i] = hostapi.ValueType(c)
	}
	return types
}

func (m *Module) readImports(r *reader, limits Limits) {
	for range r.count("imports", limits.Imports) {
		imp := Import{Module: r.name(), Name: r.name()}
		kind := Kind(r.byte())
		if r.err == nil && imp.Module == MeterModule {
			r.fail("the module %s is reserved for the host", imp.Module)
		}
		if r.err == nil && kind != KindFunc {
			r.fail("%s.%s is no function; a host lends functions only", imp.Module, imp.Name)
		}
		index := m.typeIndex(r)
		if r.err != nil {
			return
		}
		imp.Type = m.types[index]
		m.Imports = append(m.Imports, imp)
		m.funcs = append(m.funcs, index)
	}
}

func (m *Module) readFunctions(r *reader, limits Limits) {
	for range r.count("functions", limits.Functions) {
		index := m.typeIndex(r)
		if r.err != nil {
			return
		}
		m.funcs = append(m.funcs, index)
	}
}

func (m *Module) typeIndex(r *reader) uint32 {
	index := r.u32()
	if r.err == nil && int64(index) >= int64(len(m.types)) {
		r.fail("there is no type %d", index)
	}
	return index
}

func (m *Module) readTables(r *reader, limits Limits) {
	for range r.count("tables", limits.Tables) {
		r.byte() // element type
		least, _ := readLimits(r)
		m.entries += uint64(least)
		if m.entries > uint64(max(limits.TableEntries, 0)) {
			r.fail("%d table entries are more than the limit of %d", m.entries, limits.TableEntries)
		}
	}
}

func (m *Module) readMemories(r *reader, limits Limits) {
	m.memories = r.count("memories", 1)
	for range m.memories {
		least, flags := readLimits(r)
		if flags > 1 {
			r.fail("shared and 64-bit memories are not supported")
		}
		if uint64(least) > uint64(max(limits.MemoryPages, 0)) {
			r.fail("%d pages of memory at start are more than the limit of %d", least, limits.MemoryPages)
		}
		m.MemoryPages = least
	}
}

// readLimits passes over the limits of a table or memory and gives the lower one.
func readLimits(r *reader) (least uint32, flags byte) {
	flags = r.byte()
	least = r.u32()
	if flags&1 != 0 {
		r.u32()
	}
	return least, flags
}

func (m *Module) readGlobals(r *reader, limits Limits) {
	for range r.count("globals", limits.Globals) {
		g := global{valueType: r.byte(), mutable: r.byte() == 1}
		m.readConstant(r)
		if r.err != nil {
			return
		}
		m.globals = append(m.globals, g)
	}
}

func (m *Module) readExports(r *reader, limits Limits) {
	for range r.count("exports", limits.Exports) {
		e := Export{Name: r.name(), Kind: Kind(r.byte()), Index: r.u32()}
		if r.err == nil && isReserved(e.Name) {
			r.fail("the name %q is reserved for the host", e.Name)
		}
		switch e.Kind {
		case KindFunc:
			m.checkFunction(r, e.Index)
		case KindGlobal:
			m.checkGlobal(r, e.Index)
		}
		if r.err != nil {
			return
		}
		m.Exports = append(m.Exports, e)
	}
}

// readConstant passes over a constant expression and checks what it names.
func (m *Module) readConstant(r *reader) {
	start := r.pos
	skipConstant(r)
	if r.err == nil {
		m.checkNumbers(r, r.b[start], start)
	}
}

// skipConstant passes over a constant expression: one instruction and its end.
func skipConstant(r *reader) {
	switch op := r.byte(); op {
	case opI32Const:
		r.skipLEB(5)
	case opI64Const:
		r.skipLEB(10)
	case opF32Const:
		r.bytes(4)
	case opF64Const:
		r.bytes(8)
	case opGlobalGet, opRefFunc:
		r.u32()
	case opRefNull:
		r.byte()
	case opVector:
		r.u32()
		r.bytes(16)
	default:
		r.fail("%#x is no constant expression", op)
	}
	if end := r.byte(); r.err == nil && end != opEnd {
		r.fail("a constant expression has more than one instruction")
	}
}
