package module

// shape bounds how many values the compiler keeps track of in one function. Its
// time, its memory, and the stack that the function takes grow with them: the
// compiler gives each value that it cannot keep in a register a slot of its own
// and shares none, so neither the locals nor the depth of the operand stack say
// how large a frame is.
type shape struct {
	made   int  // values that instructions make
	merges int  // places where control flow meets: heads of loops, ends of blocks
	locals int  // parameters included
	across int  // locals that are read on some way from such a place without being written first
	wide   bool // there are vectors, whose slots are twice as large
}

// memoryValues are the base and the length of the memory, which the compiler
// treats like locals that each call writes.
const memoryValues = 2

// values is the bound. Where control flow meets, each local that lives on may
// become a new value.
func (s shape) values() int {
	return s.made + s.locals + s.merges*(s.across+memoryValues)
}

// fixedFrame bounds what a frame holds beside its slots: the registers that it
// saves, its caller's address and frame, and what the compiler adds for the
// host's functions.
const fixedFrame = 512

// frame bounds the bytes of native stack that one call of the function takes,
// the parameters and results that are passed included.
func (s shape) frame(passed int) int {
	slot := 8
	if s.wide {
		slot = 16
	}
	return fixedFrame + slot*(s.values()+passed)
}

// shaper finds the shape of one function after the other. A local that is
// always written before it is read between two merges lives across none.
type shaper struct {
	shape   shape
	stretch int32   // numbers the stretches of code between merges, in all functions
	written []int32 // for each local, the last stretch that wrote it
	crosses []int32 // for each local, the function that counted it in across
	number  int32
}

// begin turns to a function with that many locals.
func (s *shaper) begin(locals int, wide bool) {
	s.shape = shape{locals: locals, wide: wide}
	s.stretch++
	s.number++
	if n := locals - len(s.written); n > 0 {
		s.written = append(s.written, make([]int32, n)...)
		s.crosses = append(s.crosses, make([]int32, n)...)
	}
	for i := range locals { // parameters come from outside, the others are zero: written at the entry
		s.written[i] = s.stretch
	}
}

// visit counts one instruction. Its results are at most the given number.
func (s *shaper) visit(body []byte, op byte, start, results int) {
	switch {
	case op == opLoop || op == opElse || op == opEnd:
		s.stretch++
		s.shape.merges++
		s.shape.made += results
	case op == opLocalGet:
		s.read(operand(body, start))
	case op == opLocalSet || op == opLocalTee:
		if l := int64(operand(body, start)); l < int64(s.shape.locals) {
			s.written[l] = s.stretch
		}
	case op == opCall || op == opCallIndirect:
		s.shape.made += callValues + results
	case op >= 0x28 && op <= opMemoryGrow:
		s.shape.made += memoryAccessValues
	case op == opMisc:
		s.shape.made += bulkValues
	case op == opVector:
		s.shape.wide = true
		s.shape.made += memoryAccessValues
	case op > opNop && op != opBlock && op != 0x0c && op != 0x0f && op != 0x1a:
		s.shape.made += 2
	}
}

// How many values an instruction makes at most, those between its steps included.
const (
	callValues         = 4
	memoryAccessValues = 4
	bulkValues         = 12
)

func (s *shaper) read(local uint32) {
	if int64(local) >= int64(s.shape.locals) || s.written[local] == s.stretch || s.crosses[local] == s.number {
		return
	}
	s.crosses[local] = s.number
	s.shape.across++
}
