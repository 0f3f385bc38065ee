package module

// heights follows the operand stack of one body: it is what the compiler keeps
// alive from one piece of code to the next, beside the locals. It is exact for
// plain instructions and never too low for vectors. Code that cannot be reached is
// not followed; the compiler leaves it out.
type heights struct {
	module *Module
	now    int
	open   []openBlock
	loops  int  // around what comes next
	dead   bool // behind a jump that is always taken
}

type openBlock struct {
	base    int // the height below its parameters
	params  int
	results int
	loop    bool
	dead    bool // it began in dead code
}

// begin turns to a body with that many results.
func (h *heights) begin(results int) {
	h.now, h.loops, h.dead = 0, 0, false
	h.open = append(h.open[:0], openBlock{results: results})
}

// visit follows one instruction.
func (h *heights) visit(body []byte, op byte, start int) {
	switch op {
	case opBlock, opLoop, opIf:
		h.enter(body, op, start)
	case opElse:
		b := h.open[len(h.open)-1]
		h.now, h.dead = b.base+b.params, b.dead
	case opEnd:
		b := h.open[len(h.open)-1]
		if len(h.open) > 1 {
			h.open = h.open[:len(h.open)-1]
		}
		if b.loop {
			h.loops--
		}
		h.now, h.dead = b.base+b.results, b.dead
	case opUnreachable, opBr, opBrTable, opReturn:
		h.dead = true
	default:
		if !h.dead {
			h.now = max(0, h.now+h.change(body, op, start))
		}
	}
}

func (h *heights) enter(body []byte, op byte, start int) {
	if op == opIf && !h.dead {
		h.now = max(0, h.now-1)
	}
	b := openBlock{loop: op == opLoop, dead: h.dead}
	if b.loop {
		h.loops++
	}
	b.params, b.results = h.module.blockArity(body, start)
	b.base = max(0, h.now-b.params)
	h.open = append(h.open, b)
}

// change is by how much a plain instruction makes the stack higher.
func (h *heights) change(body []byte, op byte, start int) int {
	switch {
	case op == opCall, op == opCallIndirect:
		params, results := h.module.callArity(body, op, start)
		if op == opCallIndirect {
			params++
		}
		return results - params
	case op == opLocalGet, op == opGlobalGet, op == opTableGet, op == opMemorySize, op >= opI32Const && op <= opF64Const, op == opRefNull, op == opRefFunc:
		if op == opTableGet {
			return 0
		}
		return 1
	case op == opSelect, op == opSelectTyped, op >= 0x36 && op <= 0x3e: // stores
		return -2
	case op == opDrop, op == opBrIf, op == opLocalSet, op == opGlobalSet, isBinary(op):
		return -1
	case op == opMisc:
		return miscChange(operand(body, start))
	case op == opVector:
		return vectorChange(operand(body, start))
	}
	return 0
}

// isBinary tells whether an instruction takes two numbers and gives one.
func isBinary(op byte) bool {
	switch {
	case op == opI32Eqz, op == opI64Eqz, op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b, op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f:
		return false
	}
	return op >= opI32Eqz && op <= 0xa6
}

func miscChange(sub uint32) int {
	switch {
	case isBulk(sub):
		return -3
	case sub == 16: // table.size
		return 1
	}
	return 0
}

// vectorChange knows the instructions that change the height by more than one,
// and takes comparisons and arithmetic for ones that leave it.
func vectorChange(sub uint32) int {
	switch {
	case sub == 12: // v128.const
		return 1
	case sub == 11, sub >= 88 && sub <= 91, sub == 82: // stores, bitselect
		return -2
	case sub == 13, sub >= 35 && sub <= 76: // shuffle, comparisons
		return -1
	}
	return 0
}

// callArity is how many values a call takes and gives.
func (m *Module) callArity(body []byte, op byte, start int) (params, results int) {
	index := operand(body, start)
	if op == opCall {
		if int64(index) >= int64(len(m.funcs)) {
			return 0, 0
		}
		index = m.funcs[index]
	}
	return m.arity(int64(index))
}

// blockArity is how many values a block takes and gives.
func (m *Module) blockArity(body []byte, start int) (params, results int) {
	r := &reader{b: body, pos: start + 1}
	if c := body[start+1]; c == blockVoid {
		return 0, 0
	} else if c&0xc0 == 0x40 { // a value type
		return 0, 1
	}
	return m.arity(int64(r.i32()))
}

func (m *Module) arity(index int64) (params, results int) {
	if index < 0 || index >= int64(len(m.types)) {
		return 0, 0
	}
	t := m.types[index]
	return len(t.Params), len(t.Results)
}
