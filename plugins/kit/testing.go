package kit

import (
	"testing"

	"github.com/usher-id/usher/hostapi"
)

// Test runs fixtures against a module, a subtest each; nil runs those of its manifest.
func Test(t *testing.T, wasm []byte, fixtures []hostapi.Fixture) {
	t.Helper()
	results, err := Run(t.Context(), wasm, fixtures)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		t.Run(r.Name, func(t *testing.T) {
			for _, problem := range r.Problems {
				t.Error(problem)
			}
			if !r.Passed() {
				t.Logf("%s answered %s after %s, %d units of fuel; it logged %q", r.Hook, r.Output, r.Duration, r.Fuel, r.Lines)
			}
		})
	}
}
