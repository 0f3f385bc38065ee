package module

// shape bounds what the compiler has to keep track of in one function. The
// stack that the function takes grows with the values: the compiler gives each
// that it cannot keep in a register a slot of its own and shares none, so
// neither the locals nor the depth of the operand stack say how large a frame
// is. Its time and memory grow with the values, with what is alive where each
// piece of code begins, and with what each jump hands over.
type shape struct {
	made   int  // values that instructions make
	steps  int  // of the machine that instructions become, where they are many
	merges int  // places where control flow meets: heads of loops, ends of blocks
	locals int  // parameters included
	across int  // locals that are read on some way from such a place without being written first
	pieces int  // of code without a jump in or out
	alive  int  // operands where each piece begins, summed up
	jumps  int  // targets of tables counted one by one
	passed int  // the most values that one jump takes along
	turns  int  // the loops that each loop is in, itself included, summed up
	wide   bool // there are vectors, whose slots are twice as large
}

// memoryValues are the base and the length of the memory, which the compiler
// treats like locals that each call writes.
const memoryValues = 2

// values bounds how many there are. Where control flow meets, each local that
// lives on may become a new value.
func (s shape) values() int {
	return s.made + s.locals + s.merges*(s.across+memoryValues)
}

// work bounds what the compiler does, in values that it looks at: one takes it
// between half a microsecond in what compilers write and four in what is made to
// be slow, and up to 400 bytes.
func (s shape) work() int {
	return s.values() + s.steps + s.turns*s.across + s.alive + s.pieces*(s.across+memoryValues) + s.jumps*(s.passed+s.across+memoryValues)
}

// fixedFrame bounds what a frame holds beside its slots: the registers that it
// saves, its caller's address and frame, and what the compiler adds for the
// host's functions.
const fixedFrame = 512

// frame bounds the bytes of native stack that one call of the function takes,
// its parameters and results included.
func (s shape) frame(params, results int) int {
	slot := 8
	if s.wide {
		slot = 16
	}
	return fixedFrame + slot*(s.values()+params+results)
}

// How many values an instruction makes at most, those between its steps included.
const (
	plainValues  = 2
	accessValues = 4
	callValues   = 4
	bulkValues   = 12
)

// How many steps an instruction takes that checks what it is given first.
const (
	shortSteps = 8
	longSteps  = 32
)

// shaper finds the shape of one function after the other. A local that is
// always written before it is read between two merges lives across none.
type shaper struct {
	shape   shape
	heights heights
	number  int32   // of the function
	stretch int32   // numbers the stretches of code between merges, in all functions
	written []int32 // for each local, the last stretch that wrote it
	crosses []int32 // for each local, the last function that counted it in across
}

// begin turns to a function with that many parameters, results and locals.
func (s *shaper) begin(params, results, locals int, wide bool) {
	locals += params
	s.shape = shape{locals: locals, wide: wide, passed: results, pieces: 1}
	s.heights.begin(results)
	s.number++
	s.stretch++
	if n := locals - len(s.written); n > 0 {
		s.written = append(s.written, make([]int32, n)...)
		s.crosses = append(s.crosses, make([]int32, n)...)
	}
	for i := range locals { // parameters come from outside, the others are zero
		s.written[i] = s.stretch
	}
}

// visit counts one instruction.
func (s *shaper) visit(body []byte, op byte, start int) {
	if s.heights.dead && op != opElse && op != opEnd && op != opBlock && op != opLoop && op != opIf {
		return
	}
	s.heights.visit(body, op, start)
	switch op {
	case opNop, opDrop:
	case opBlock, opLoop, opIf:
		params, results := s.heights.module.blockArity(body, start)
		s.shape.passed = max(s.shape.passed, params, results)
		s.shape.made += params + results
		if op == opBlock {
			return
		}
		s.piece(op == opLoop)
		s.shape.jumps++
		s.shape.turns += s.heights.loops
	case opElse, opEnd:
		s.piece(true)
		s.shape.jumps++
	case opBr, opReturn:
		s.shape.jumps++
	case opBrIf:
		s.piece(false)
		s.shape.jumps++
	case opBrTable:
		targets := int(operand(body, start)) + 1
		s.shape.jumps += targets
		s.shape.pieces += targets
		s.shape.alive += targets * (s.heights.now + 1)
	case opLocalGet:
		s.read(operand(body, start))
	case opLocalSet, opLocalTee:
		if l := int64(operand(body, start)); l < int64(s.shape.locals) {
			s.written[l] = s.stretch
		}
	default:
		s.plain(body, op, start)
	}
}

// plain counts the values that an instruction makes, and its steps.
func (s *shaper) plain(body []byte, op byte, start int) {
	switch {
	case op == opCall || op == opCallIndirect:
		params, results := s.heights.module.callArity(body, op, start)
		s.shape.made += callValues + params + results
		s.shape.steps += params + results
		if op == opCallIndirect {
			s.shape.steps += longSteps
		}
	case op >= opLoad && op <= opMemoryGrow:
		s.shape.made += accessValues
		s.shape.steps += shortSteps
	case op == opMisc:
		s.shape.made += bulkValues
		s.shape.steps += longSteps
	case op == opVector:
		s.shape.wide = true
		s.shape.made += accessValues
		s.shape.steps += shortSteps
	default:
		s.shape.made += plainValues
		if isDivision(op) || op >= opTruncFirst && op <= opTruncLast {
			s.shape.steps += shortSteps
		}
	}
}

// isDivision tells whether an instruction divides integers.
func isDivision(op byte) bool { return op >= 0x6d && op <= 0x70 || op >= 0x7f && op <= 0x82 }

// piece begins a new piece of code, to which more than one way may lead.
func (s *shaper) piece(merge bool) {
	s.shape.pieces++
	s.shape.alive += s.heights.now
	if merge {
		s.stretch++
		s.shape.merges++
	}
}

func (s *shaper) read(local uint32) {
	if int64(local) >= int64(s.shape.locals) || s.written[local] == s.stretch || s.crosses[local] == s.number {
		return
	}
	s.crosses[local] = s.number
	s.shape.across++
}
