package module

import "math"

// The module and function that a metered guest calls when its fuel runs out. No
// guest may import them by itself.
const (
	MeterModule = "usher:meter"
	MeterTick   = "tick"
)

// Slice is how much fuel a guest is given at a time. A turn of a small loop
// costs one, so a slice lasts for some 20 µs, and under a few milliseconds in
// code made to get the most out of it.
const Slice = 10_000

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

// meter knows the numbers of what metering adds to a module: an imported
// function (tick), a function (charge), a global (fuel) and their types. Those
// of the guest are checked by [Parse], so it cannot name any of these.
type meter struct {
	imports  uint32 // functions that the guest imports; tick comes after them
	charge   uint32
	fuel     uint32
	typeOf   uint32 // (i32) -> i32, of tick and charge
	exported string
	indirect bool // a table may hold functions of the host
}

func (m *Module) newMeter() *meter {
	return &meter{
		imports:  uint32(len(m.Imports)),   //nolint:gosec // bounded by Limits
		charge:   uint32(len(m.funcs)) + 1, //nolint:gosec // bounded by Limits
		fuel:     uint32(len(m.globals)),   //nolint:gosec // bounded by Limits
		typeOf:   uint32(len(m.types)),     //nolint:gosec // bounded by Limits
		exported: reserved + "fuel",
		indirect: m.hostInTable,
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

// appendCheck writes the instructions that charge a cost and call the host when
// fuel ran out. Labels outside keep their depth, for the block is whole.
func (t *meter) appendCheck(b []byte, cost int32) []byte {
	b = appendU32(append(b, opGlobalGet), t.fuel)
	b = append(appendI32(append(b, opI32Const), cost), opI32Sub)
	return t.appendRefill(appendU32(append(b, opGlobalSet), t.fuel))
}

// appendRefill writes: if fuel < 0 { fuel = tick(fuel) }.
func (t *meter) appendRefill(b []byte) []byte {
	b = appendU32(append(b, opGlobalGet), t.fuel)
	b = append(b, opI32Const, 0, opI32LtS, opIf, blockVoid)
	b = appendU32(append(b, opGlobalGet), t.fuel)
	b = appendU32(append(b, opCall), t.imports)
	b = appendU32(append(b, opGlobalSet), t.fuel)
	return append(b, opEnd)
}

// chargeBody is the function that pays for a bulk instruction: it takes the
// number of bytes, charges for them, and gives it back.
func (t *meter) chargeBody() []byte {
	b := []byte{0} // no locals
	b = appendU32(append(b, opGlobalGet), t.fuel)
	b = append(b, opLocalGet, 0, opI32Const, shiftPerFuel, opI32ShrU, opI32Sub, opI32Const, 1, opI32Sub)
	b = t.appendRefill(appendU32(append(b, opGlobalSet), t.fuel))
	return append(b, opLocalGet, 0, opEnd)
}

// costOf is what code of that many bytes costs, with extra for what it holds.
func costOf(bytes, extra int) int32 {
	return int32(min(1+bytes/bytesPerFuel+extra, maxCost, math.MaxInt32)) //nolint:gosec // bounded here
}
