package assemble

import "github.com/usher-id/usher/hostapi"

// The instructions that the test guests are made of.
const (
	Unreachable  = 0x00
	Block        = 0x02
	Loop         = 0x03
	If           = 0x04
	Void         = 0x40
	End          = 0x0b
	Br           = 0x0c
	BrIf         = 0x0d
	Return       = 0x0f
	Call         = 0x10
	CallIndirect = 0x11
	Drop         = 0x1a
	LocalGet     = 0x20
	LocalSet     = 0x21
	GlobalGet    = 0x23
	GlobalSet    = 0x24
	TableSet     = 0x26
	I32Load8     = 0x2d
	I32Store8    = 0x3a
	MemoryGrow   = 0x40
	I32Const     = 0x41
	I64Const     = 0x42
	I32Eqz       = 0x45
	I32Ne        = 0x47
	I32LtS       = 0x48
	I32Add       = 0x6a
	I32DivS      = 0x6d
	I64ShrU      = 0x88
	I32WrapI64   = 0xa7
	RefNull      = 0xd0
	RefFunc      = 0xd2
	Misc         = 0xfc // memory.init is 8, memory.copy 10, memory.fill 11
	FuncRef      = 0x70
)

// Module is a module in the making. Functions and globals are numbered in the
// order in which they are added, imports first.
type Module struct {
	types, imports, funcs, tables, globals, exports, elements, bodies, data, custom []byte

	nTypes, nImports, nFuncs, nTables, nGlobals, nExports, nElements, nData int

	memory []byte
	start  []byte
}

// Import adds an imported function and gives its index. Imports come before functions.
func (m *Module) Import(module, name string, s hostapi.Signature) byte {
	m.imports = number(append(text(text(m.imports, module), name), 0), m.typeOf(s))
	m.nImports++
	return byte(m.nImports - 1)
}

// Core imports a function of the core module and gives its index.
func (m *Module) Core(name string) byte {
	return m.Import(hostapi.ModuleCore, name, hostapi.CoreFunctions()[name])
}

// Func adds a function with i32 locals and gives its index. The body is closed here.
func (m *Module) Func(s hostapi.Signature, locals int, body ...byte) byte {
	m.funcs = number(m.funcs, m.typeOf(s))
	m.nFuncs++
	code := []byte{0}
	if locals > 0 {
		code = append(number([]byte{1}, locals), byte(hostapi.I32))
	}
	code = append(append(code, body...), End)
	m.bodies = append(number(m.bodies, len(code)), code...)
	return byte(m.nImports + m.nFuncs - 1)
}

// Export shows a function to the host.
func (m *Module) Export(name string, function byte) *Module {
	m.exports = append(text(m.exports, name), 0, function)
	m.nExports++
	return m
}

// Hook adds the function that serves a hook.
func (m *Module) Hook(h hostapi.Hook, locals int, body ...byte) *Module {
	return m.Export(h.Export(), m.Func(hostapi.HookSignature(), locals, body...))
}

// Memory adds the memory, with that many pages at start, and exports it.
func (m *Module) Memory(pages int) *Module {
	m.memory = number([]byte{1, 0}, pages)
	m.exports = append(text(m.exports, hostapi.ExportMemory), 2, 0)
	m.nExports++
	return m
}

// Global adds a mutable i32 global of value 0 and gives its index.
func (m *Module) Global() byte {
	m.GlobalOf(byte(hostapi.I32), I32Const, 0)
	return byte(m.nGlobals - 1)
}

// GlobalOf adds a mutable global of that type with that initial expression.
func (m *Module) GlobalOf(valueType byte, init ...byte) {
	m.globals = append(append(append(m.globals, valueType, 1), init...), End)
	m.nGlobals++
}

// Constant adds a global that cannot change, of that type with that initial expression.
func (m *Module) Constant(valueType byte, init ...byte) {
	m.globals = append(append(append(m.globals, valueType, 0), init...), End)
	m.nGlobals++
}

// Table adds a table of functions.
func (m *Module) Table(entries int) *Module {
	m.tables = number(append(m.tables, FuncRef, 0), entries)
	m.nTables++
	return m
}

// Elements fills the first table from its start.
func (m *Module) Elements(functions ...byte) *Module {
	m.elements = append(number(append(m.elements, 0, I32Const, 0, End), len(functions)), functions...)
	m.nElements++
	return m
}

// ElementSegment adds a segment of functions as it is.
func (m *Module) ElementSegment(b ...byte) *Module {
	m.elements = append(m.elements, b...)
	m.nElements++
	return m
}

// Data puts bytes into the memory at start.
func (m *Module) Data(offset int, b []byte) *Module {
	m.data = append(append(signed(append(m.data, 0, I32Const), offset), End), number(nil, len(b))...)
	m.data = append(m.data, b...)
	m.nData++
	return m
}

// Start makes a function run at start.
func (m *Module) Start(function byte) *Module {
	m.start = []byte{function}
	return m
}

// Custom adds a custom section at the end.
func (m *Module) Custom(name string, b []byte) *Module {
	m.custom = section(m.custom, 0, append(text(nil, name), b...))
	return m
}

// Wasm gives the module as bytes.
func (m *Module) Wasm() []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = vector(b, 1, m.nTypes, m.types)
	b = vector(b, 2, m.nImports, m.imports)
	b = vector(b, 3, m.nFuncs, m.funcs)
	b = vector(b, 4, m.nTables, m.tables)
	if m.memory != nil {
		b = section(b, 5, m.memory)
	}
	b = vector(b, 6, m.nGlobals, m.globals)
	b = vector(b, 7, m.nExports, m.exports)
	if m.start != nil {
		b = section(b, 8, m.start)
	}
	b = vector(b, 9, m.nElements, m.elements)
	b = vector(b, 10, m.nFuncs, m.bodies)
	b = vector(b, 11, m.nData, m.data)
	return append(b, m.custom...)
}

// Int gives the instruction that pushes an i32.
func Int(v int) []byte { return signed([]byte{I32Const}, v) }

// Code joins instructions.
func Code(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// Local gives an instruction on a local of any number.
func Local(op byte, index int) []byte { return number([]byte{op}, index) }

// Table gives a jump through a table of labels, the last of which is taken
// beyond its end.
func Table(labels ...byte) []byte {
	return append(number([]byte{0x0e}, len(labels)-1), labels...)
}

// Op gives an instruction with its immediates.
func Op(b ...byte) []byte { return b }

// Type adds the type of a function or block that takes and gives that many i32
// and gives its index.
func (m *Module) Type(params, results int) byte {
	s := hostapi.Signature{Params: make([]hostapi.ValueType, params), Results: make([]hostapi.ValueType, results)}
	for _, values := range [][]hostapi.ValueType{s.Params, s.Results} {
		for i := range values {
			values[i] = hostapi.I32
		}
	}
	return byte(m.typeOf(s))
}

func (m *Module) typeOf(s hostapi.Signature) int {
	m.types = number(append(m.types, 0x60), len(s.Params))
	for _, t := range s.Params {
		m.types = append(m.types, byte(t))
	}
	m.types = number(m.types, len(s.Results))
	for _, t := range s.Results {
		m.types = append(m.types, byte(t))
	}
	m.nTypes++
	return m.nTypes - 1
}

func vector(b []byte, id byte, n int, items []byte) []byte {
	if n == 0 {
		return b
	}
	return section(b, id, append(number(nil, n), items...))
}

func section(b []byte, id byte, body []byte) []byte {
	return append(number(append(b, id), len(body)), body...)
}

func text(b []byte, s string) []byte { return append(number(b, len(s)), s...) }

func number(b []byte, v int) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func signed(b []byte, v int) []byte {
	for {
		c := byte(v) & 0x7f
		v >>= 7
		if (v == 0 && c&0x40 == 0) || (v == -1 && c&0x40 != 0) {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
