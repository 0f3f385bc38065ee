package module

import "math"

// The module and function that a metered guest calls when its fuel or its stack
// allowance runs out. No guest may import them by itself.
const (
	MeterModule = "usher:meter"
	MeterTick   = "tick"
)

// Slice is how much fuel a guest is given at a time. A turn of a small loop
// costs one, so a slice lasts for some 20 µs, and under a few milliseconds in
// code made to get the most out of it.
const Slice = 10_000

// StackSlice is how many bytes of native stack a guest may take by the worst
// account before the host looks how much it really has. The account is never
// given back, and real frames are a thirtieth of it, so this is no bound of the
// stack: it bounds how far a guest gets beyond the bound between two looks.
const StackSlice = 512 << 10

// Full is the gauge of a guest that has just been filled up: its fuel in the
// lower half, its stack allowance in the upper.
const Full uint64 = StackSlice<<32 | Slice

// Spent is how much of a slice of fuel is gone by the gauge: more than a slice
// when the last charge was large.
func Spent(gauge uint64) int64 {
	return Slice - int64(int32(gauge)) //nolint:gosec // the lower half, which may be below zero
}

// exhausted are the signs of both halves of the gauge.
const exhausted = -1<<63 | 1<<31

// bytesPerFuel is how much code, or memory of a bulk instruction, one unit pays for.
const (
	bytesPerFuel = 1 << shiftPerFuel
	shiftPerFuel = 8
)

// freeBytes is the longest function without loops and calls that costs nothing
// to enter.
const freeBytes = 32

// hostCall is what a call of the host costs: it may take as long as thousands of
// instructions, whatever it is given.
const hostCall = 100

// maxCost bounds one charge so that the 32-bit counter cannot wrap around.
const maxCost = 1 << 20

// maxFrame bounds one charge of the stack likewise.
const maxFrame = 1 << 30

// meter knows the numbers of what metering adds to a module: an imported
// function (tick), a function (charge), a global (gauge) and their types. Those
// of the guest are checked by [Parse], so it cannot name any of these.
type meter struct {
	imports  uint32 // functions that the guest imports; tick comes after them
	charge   uint32
	gauge    uint32
	types    uint32 // (i64) -> i64 of tick; the next one is (i32) -> i32 of charge
	exported string
	indirect bool // a table may hold functions of the host
	frames   []int
}

func (m *Module) newMeter() *meter {
	return &meter{
		imports:  uint32(len(m.Imports)),   //nolint:gosec // bounded by Limits
		charge:   uint32(len(m.funcs)) + 1, //nolint:gosec // bounded by Limits
		gauge:    uint32(len(m.globals)),   //nolint:gosec // bounded by Limits
		types:    uint32(len(m.types)),     //nolint:gosec // bounded by Limits
		exported: reserved + "gauge",
		indirect: m.hostInTable,
		frames:   m.frames,
	}
}

// function gives the number that a function of the guest has after tick was put
// behind its imports.
func (t *meter) function(index uint32) uint32 {
	if t == nil || index < t.imports {
		return index
	}
	return index + 1
}

// appendCheck writes the instructions of a point: charge, and call the host when
// something ran out. Labels outside keep their depth, for the block is whole.
func (t *meter) appendCheck(b []byte, p point) []byte {
	b = appendU32(append(b, opGlobalGet), t.gauge)
	b = append(appendI64(append(b, opI64Const), int64(p.frame)<<32+int64(p.cost())), opI64Sub)
	b = appendU32(append(b, opGlobalSet), t.gauge)
	switch {
	case p.silent:
		return b
	case p.guards:
		b = appendU32(append(b, opGlobalGet), t.gauge)
		b = append(appendI64(append(b, opI64Const), exhausted), opI64And, opI64Const, 0, opI64Ne)
		return t.appendRefill(b)
	}
	return t.appendRefill(t.appendFuelTest(b))
}

// appendFuelTest writes: fuel < 0. Where no frame was charged the other half
// cannot have run out.
func (t *meter) appendFuelTest(b []byte) []byte {
	b = appendU32(append(b, opGlobalGet), t.gauge)
	return append(b, opI32WrapI64, opI32Const, 0, opI32LtS)
}

// appendRefill writes: if so { gauge = tick(gauge) }.
func (t *meter) appendRefill(b []byte) []byte {
	b = appendU32(append(b, opIf, blockVoid, opGlobalGet), t.gauge)
	b = appendU32(append(b, opCall), t.imports)
	b = appendU32(append(b, opGlobalSet), t.gauge)
	return append(b, opEnd)
}

// chargeBody is the function that pays for a bulk instruction: it takes the
// number of bytes, charges for them, and gives it back.
func (t *meter) chargeBody() []byte {
	b := []byte{0} // no locals
	b = appendU32(append(b, opGlobalGet), t.gauge)
	b = append(b, opLocalGet, 0, opI32Const, shiftPerFuel, opI32ShrU, opI64ExtendI32U, opI64Sub, opI64Const, 1, opI64Sub)
	b = t.appendRefill(t.appendFuelTest(appendU32(append(b, opGlobalSet), t.gauge)))
	return append(b, opLocalGet, 0, opEnd)
}

// costOf is what code of that many bytes costs, with extra for what it holds.
func costOf(bytes, extra int) int32 {
	return int32(min(1+bytes/bytesPerFuel+extra, maxCost, math.MaxInt32)) //nolint:gosec // bounded here
}
