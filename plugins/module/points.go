package module

// point is a place in a body where fuel is charged: its entry or the head of a
// loop. It pays for the code that runs at most once each time it is passed: all
// of the body or loop but for the loops inside.
type point struct {
	at    int // where the check goes, in bytes from the start of the body
	bytes int
	extra int
	frame int // bytes of stack that are taken at most

	guards bool // the stack is looked at too
	silent bool // the next point follows at once and looks for both
}

func (p point) cost() int32 {
	if p.silent {
		return 0
	}
	return costOf(p.bytes, p.extra)
}

// points finds where a body is charged while its instructions are walked over.
type points struct {
	meter  *meter
	list   []point // the entry first
	owners []int   // of each open block, the point that pays for it
	calls  bool
	before bool // nothing but blocks and plain values came so far
	merged bool // the entry leads straight to a loop, which pays for both
}

// findPoints walks over the instructions of a body that [Parse] let through. A
// function that calls nothing takes no more stack than its one frame.
func (t *meter) findPoints(body []byte, code, frame int) []point {
	p := &points{meter: t, list: []point{{at: code}}, owners: []int{0}, before: true}
	r := &reader{b: body, pos: code}
	walk(r, len(body), func(op byte, start int) { p.visit(r, op, start) })
	entry := &p.list[0]
	if p.calls {
		entry.frame, entry.guards = min(frame, maxFrame), true
	}
	switch {
	case p.merged:
		head := &p.list[1]
		head.bytes += entry.bytes
		head.extra += entry.extra
		entry.silent, head.guards = true, entry.guards
		if !p.calls {
			return p.list[1:]
		}
	case !p.calls && entry.extra == 0 && len(body)-code <= freeBytes:
		return p.list[1:]
	}
	return p.list
}

func (p *points) visit(r *reader, op byte, start int) {
	owner := p.owners[len(p.owners)-1]
	p.list[owner].bytes += r.pos - start
	switch op {
	case opBlock, opIf:
		p.owners = append(p.owners, owner)
	case opLoop:
		p.merged = p.merged || p.before
		p.list = append(p.list, point{at: r.pos})
		p.owners = append(p.owners, len(p.list)-1)
	case opEnd:
		p.owners = p.owners[:max(1, len(p.owners)-1)]
	case opCall, opCallIndirect:
		p.calls = true
		if p.callsHost(r.b, op, start) {
			p.list[owner].extra += hostCall
		}
	case opMemoryGrow:
		p.list[owner].extra = min(p.list[owner].extra+Slice, maxCost) // growing may copy all of the memory
	}
	p.before = p.before && (op == opBlock || op == opNop)
}

func (p *points) callsHost(body []byte, op byte, start int) bool {
	if op == opCallIndirect {
		return p.meter.indirect
	}
	return operand(body, start) < p.meter.imports
}
