package conformance

import "testing"

// Text is the string that guests answer with.
const Text = "q\"b\\s/ü😀\u0001\n"

// Run holds a module to the contract, a subtest for each thing. The module's own manifest, if it has one, does not count.
func Run(t *testing.T, wasm []byte) {
	t.Helper()
	s := open(t, wasm)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *stage)
	}{
		{"questions", questions},
		{"answers", answers},
		{"what is read", reading},
		{"what was changed", mutated},
		{"core", core},
		{"capabilities", capabilities},
		{"failures", failures},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s) })
	}
}
