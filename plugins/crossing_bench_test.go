package plugins_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// BenchmarkCrossing is the way into a guest that does nothing and back: wazero's
// bare call, and the engine's with its deadline and bounds on one instance. All of
// Engine.Call, with a pool, an envelope, a call id and the reset of the instance
// in the background, has a guest that writes the smallest answer: one that writes
// none fails by the contract, and its breaker opens.
func BenchmarkCrossing(b *testing.B) {
	empty := (&Module{}).Memory(1).Hook(validate, 0, Int(0)...).Wasm()
	b.Run("by=wazero", func(b *testing.B) {
		r := wazero.NewRuntime(b.Context())
		defer r.Close(context.Background())
		i, err := r.Instantiate(b.Context(), empty)
		if err != nil {
			b.Fatal(err)
		}
		hook, stack := i.ExportedFunction(validate.Export()), make([]uint64, 1)
		ctx := b.Context()
		b.ReportAllocs()
		for b.Loop() {
			if err := hook.CallWithStack(ctx, stack); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by=instance", func(b *testing.B) {
		e := newEngine(b, plugins.Config{})
		load(b, e, plugins.Source{Name: "empty", Wasm: empty})
		held := e.Hold(validate)
		defer held.Release()
		ctx := b.Context()
		b.ReportAllocs()
		for b.Loop() {
			if err := held.Cross(ctx, validate); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by=engine", func(b *testing.B) {
		e := newEngine(b, plugins.Config{})
		load(b, e, plugins.Source{Name: "tiny", Wasm: answering([]byte(`{"outcome":"continue"}`))})
		call := plugins.Call{Hook: validate, Data: []byte(`{}`)}
		ctx := b.Context()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := e.Call(ctx, call); err != nil {
				b.Fatal(err)
			}
		}
	})
}
