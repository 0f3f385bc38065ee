package guard_test

import (
	"encoding/json"
	"testing"

	"github.com/usher-id/usher/core/release/guard"
)

// BenchmarkObserve is one evaluation: the state read from its JSON, a window of 500 runs, the state written.
func BenchmarkObserve(b *testing.B) {
	second := scene{name: "benchmark", rate: 500, share: always(0.05)}.draw(1)
	windows := make([]guard.Window, 100)
	for i := range windows {
		windows[i] = second(i)[0]
	}
	stored := []byte("{}")
	for i := 0; b.Loop(); i++ {
		var state guard.State
		if err := json.Unmarshal(stored, &state); err != nil {
			b.Fatal(err)
		}
		state.Observe(guard.Config{}, windows[i%len(windows)])
		var err error
		if stored, err = json.Marshal(state); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(stored)), "bytes")
}
