package module

import "github.com/usher-id/usher/hostapi"

// The instructions that this package must tell apart.
const (
	opUnreachable   = 0x00
	opNop           = 0x01
	opBlock         = 0x02
	opLoop          = 0x03
	opIf            = 0x04
	opElse          = 0x05
	opEnd           = 0x0b
	opBr            = 0x0c
	opBrIf          = 0x0d
	opBrTable       = 0x0e
	opReturn        = 0x0f
	opCall          = 0x10
	opCallIndirect  = 0x11
	opDrop          = 0x1a
	opSelect        = 0x1b
	opSelectTyped   = 0x1c
	opLocalGet      = 0x20
	opLocalSet      = 0x21
	opLocalTee      = 0x22
	opGlobalGet     = 0x23
	opGlobalSet     = 0x24
	opTableGet      = 0x25
	opTableSet      = 0x26
	opLoad          = 0x28 // the first of the loads and stores
	opMemorySize    = 0x3f
	opMemoryGrow    = 0x40
	opI32Const      = 0x41
	opI64Const      = 0x42
	opF32Const      = 0x43
	opF64Const      = 0x44
	opI32Eqz        = 0x45
	opI32LtS        = 0x48
	opI64Eqz        = 0x50
	opI64Ne         = 0x52
	opI32Sub        = 0x6b
	opI32ShrU       = 0x76
	opI64Sub        = 0x7d
	opI64And        = 0x83
	opI32WrapI64    = 0xa7
	opTruncFirst    = 0xa8
	opTruncLast     = 0xb1
	opI64ExtendI32U = 0xad
	opRefNull       = 0xd0
	opRefFunc       = 0xd2
	opMisc          = 0xfc
	opVector        = 0xfd

	typeVector = 0x7b
	typeF32    = 0x7d

	pageSize = 64 << 10 // of a memory, in bytes

	blockVoid = 0x40 // the type of a block without parameters and results
)

// readCode walks over every instruction of every body.
func (m *Module) readCode(r *reader, limits Limits) {
	m.bodies = r.count("function bodies", limits.Functions)
	m.frames = make([]int, m.bodies)
	s := &shaper{heights: heights{module: m}}
	work := 0
	for i := range m.bodies {
		size := r.count("bytes in one function", limits.BodyBytes)
		body := &reader{b: r.bytes(uint32(size))} //nolint:gosec // bounded
		if r.err != nil {
			return
		}
		t := m.typeOf(i)
		m.readBody(body, t, s, limits)
		if body.err != nil {
			r.fail("function %d: %w", len(m.Imports)+i, body.err)
			return
		}
		m.frames[i] = s.shape.frame(len(t.Params), len(t.Results))
		if work += s.shape.work(); work > limits.TotalWork {
			r.fail("%d values in all functions for the compiler to look at are more than the limit of %d", work, limits.TotalWork)
			return
		}
	}
}

// readBody walks over the instructions of one body and finds its shape.
func (m *Module) readBody(r *reader, t hostapi.Signature, s *shaper, limits Limits) {
	locals, wide := readLocals(r, limits)
	s.begin(len(t.Params), len(t.Results), locals, wide)
	loops := 0
	walk(r, limits.Depth, func(op byte, start int) {
		if op == opLoop {
			loops++
		}
		m.checkNumbers(r, op, start)
		s.visit(r.b, op, start)
	})
	if loops > limits.Loops {
		r.fail("%d loops are more than the limit of %d", loops, limits.Loops)
	}
	if pieces := s.shape.pieces; pieces > limits.Pieces {
		r.fail("%d pieces of code between jumps are more than the limit of %d", pieces, limits.Pieces)
	}
	if work := s.shape.work(); work > limits.Work {
		r.fail("%d values for the compiler to look at are more than the limit of %d", work, limits.Work)
	}
}

// checkNumbers looks at the functions, globals and types that an instruction
// names. The compiler does so too, but it knows of those that metering adds.
func (m *Module) checkNumbers(r *reader, op byte, start int) {
	if r.err != nil {
		return
	}
	switch op {
	case opCall:
		m.checkFunction(r, operand(r.b, start))
	case opRefFunc:
		m.checkReference(r, operand(r.b, start))
	case opCallIndirect:
		if index := operand(r.b, start); int64(index) >= int64(len(m.types)) {
			r.fail("there is no type %d", index)
		}
	case opGlobalGet, opGlobalSet:
		m.checkGlobal(r, operand(r.b, start))
	}
}

func (m *Module) checkFunction(r *reader, index uint32) {
	if r.err == nil && int64(index) >= int64(len(m.funcs)) {
		r.fail("there is no function %d", index)
	}
}

// checkReference looks at a function that is put where it can be called from
// without being named.
func (m *Module) checkReference(r *reader, index uint32) {
	m.checkFunction(r, index)
	m.hostInTable = m.hostInTable || int64(index) < int64(len(m.Imports))
}

func (m *Module) checkGlobal(r *reader, index uint32) {
	if r.err == nil && int64(index) >= int64(len(m.globals)) {
		r.fail("there is no global %d", index)
	}
}

// operand is the first number after an opcode.
func operand(body []byte, start int) uint32 {
	r := &reader{b: body, pos: start + 1}
	return r.u32()
}

// readLocals gives how many locals a body declares, and whether some are vectors.
func readLocals(r *reader, limits Limits) (n int, wide bool) {
	var sum uint64
	for range r.count("groups of locals", limits.Locals) {
		sum += uint64(r.u32())
		wide = r.byte() == typeVector || wide
		if sum > uint64(max(limits.Locals, 0)) {
			r.fail("%d locals are more than the limit of %d", sum, limits.Locals)
		}
		if r.err != nil {
			return 0, false
		}
	}
	return int(sum), wide
}

// typeOf is the type of a defined function; empty when there is none, which is
// found out later.
func (m *Module) typeOf(body int) hostapi.Signature {
	if i := len(m.Imports) + body; i < len(m.funcs) {
		return m.types[m.funcs[i]]
	}
	return hostapi.Signature{}
}

// walk goes over the instructions of a body, whose last must close it. Each is
// shown with the place where it starts when the reader is behind it.
func walk(r *reader, most int, visit func(op byte, start int)) {
	depth := 1
	for r.more() {
		start := r.pos
		op := r.byte()
		switch op {
		case opBlock, opLoop, opIf:
			depth++
		case opEnd:
			depth--
		}
		if depth > most {
			r.fail("blocks are nested more than %d deep", most)
		}
		if depth == 0 && r.pos != len(r.b) {
			r.fail("instructions follow the end of the body")
		}
		skipImmediates(r, op)
		if r.err == nil {
			visit(op, start)
		}
	}
	if r.err == nil && depth != 0 {
		r.err = errTruncated
	}
}

// skipImmediates passes over what follows an opcode.
func skipImmediates(r *reader, op byte) {
	switch {
	case op <= opNop, op == opElse, op == opEnd, op == opReturn, op == opDrop, op == opSelect, op >= opI32Eqz && op <= 0xc4, op == 0xd1:
	case op == opBlock, op == opLoop, op == opIf:
		r.skipLEB(5)
	case op == opBr, op == opBrIf, op == opCall, op >= opLocalGet && op <= opTableGet, op == opRefFunc:
		r.u32()
	case op == opBrTable:
		for range r.count("branches", len(r.b)) {
			r.u32()
			if r.err != nil {
				return
			}
		}
		r.u32()
	case op == opCallIndirect:
		r.u32()
		r.u32()
	case op == opSelectTyped:
		r.bytes(r.u32())
	case op == opTableSet:
		r.fail("table.set changes a table, which a reset could not undo")
	case op >= opLoad && op < opMemorySize:
		skipMemArg(r)
	case op == opMemorySize, op == opMemoryGrow, op == opRefNull:
		r.byte()
	case op == opI32Const:
		r.skipLEB(5)
	case op == opI64Const:
		r.skipLEB(10)
	case op == opF32Const:
		r.bytes(4)
	case op == opF64Const:
		r.bytes(8)
	case op == opMisc:
		skipMisc(r)
	case op == opVector:
		skipVector(r)
	default:
		r.fail("instruction %#x is not supported", op)
	}
}

func skipMemArg(r *reader) {
	r.u32() // alignment
	r.u32() // offset
}

// skipMisc passes over saturating conversions and bulk memory. Instructions
// that change tables or drop segments are refused: a reset could not undo them.
func skipMisc(r *reader) {
	switch sub := r.u32(); sub {
	case 0, 1, 2, 3, 4, 5, 6, 7: // trunc_sat
	case 8: // memory.init
		r.u32()
		r.byte()
	case 10: // memory.copy
		r.bytes(2)
	case 11: // memory.fill
		r.byte()
	case 16: // table.size
		r.u32()
	case 9, 13:
		r.fail("data.drop and elem.drop cannot be undone by a reset")
	case 12, 14, 15, 17:
		r.fail("table.init, copy, grow and fill change a table, which a reset could not undo")
	default:
		r.fail("instruction 0xfc %d is not supported", sub)
	}
}

func skipVector(r *reader) {
	switch sub := r.u32(); {
	case sub <= 11, sub == 92, sub == 93: // loads and stores
		skipMemArg(r)
	case sub == 12, sub == 13: // v128.const, i8x16.shuffle
		r.bytes(16)
	case sub >= 21 && sub <= 34: // lanes
		r.byte()
	case sub >= 84 && sub <= 91: // loads and stores of a lane
		skipMemArg(r)
		r.byte()
	case sub > 255:
		r.fail("instruction 0xfd %d is not supported", sub)
	}
}
