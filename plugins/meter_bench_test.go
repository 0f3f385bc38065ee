package plugins_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// BenchmarkMeter is what fuel and the bound of the stack cost: guests as they
// are and metered, in turns, so that a busy machine slows both alike. The figures
// and their ratio are of the tenth that was quickest, which other work disturbs least.
func BenchmarkMeter(b *testing.B) {
	guests := map[string]struct {
		wasm []byte
		call plugins.Call
	}{
		"company-domain": {companyDomain(b), signup(b, "acme.example")},
		"mail-templates": {welcomeMail(b), mails(b)[0]},
		"nested":         {nestedJSON(b), signup(b, "acme.example")},
		"fibonacci":      {fibonacci(), signup(b, "acme.example")},
	}
	for name, g := range guests {
		b.Run(name, func(b *testing.B) {
			plain, metered := newEngine(b, plugins.Unmetered(plugins.Config{})), newEngine(b, plugins.Config{})
			var held [2]plugins.Held
			for i, e := range []*plugins.Engine{plain, metered} {
				load(b, e, plugins.Source{Name: name, Wasm: g.wasm})
				held[i] = e.Hold(g.call.Hook)
				defer held[i].Release()
			}
			var took [2][]time.Duration
			for b.Loop() {
				for i := range held {
					began := time.Now()
					if err := held[i].Ask(context.Background(), g.call); err != nil {
						b.Fatal(err)
					}
					took[i] = append(took[i], time.Since(began))
					held[i].Reset()
				}
			}
			asItIs, paid := quantile(took[0], 0.1), quantile(took[1], 0.1)
			b.ReportMetric(float64(asItIs.Nanoseconds()), "plain-ns")
			b.ReportMetric(float64(paid.Nanoseconds()), "metered-ns")
			b.ReportMetric(float64(paid)/float64(asItIs), "ratio")
		})
	}
}

// fibonacci does nothing but call: 20,000 times.
func fibonacci() []byte {
	return misbehaving(func(m *Module) []byte {
		i32 := []hostapi.ValueType{hostapi.I32}
		fib := m.Func(hostapi.Signature{Params: i32, Results: i32}, 0, Code(
			Op(LocalGet, 0), Int(2), Op(I32LtS, If, Void, LocalGet, 0, Return, End),
			Op(LocalGet, 0), Int(-1), Op(I32Add, Call, 2, LocalGet, 0), Int(-2), Op(I32Add, Call, 2, I32Add))...)
		return Code(Int(20), Op(Call, fib, Drop))
	})
}

func quantile(d []time.Duration, q float64) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

// runaways are guests that do not end by themselves.
func runaways() map[string][]byte {
	return map[string][]byte{
		"loop":         misbehaving(func(*Module) []byte { return Op(Loop, Void, Br, 0, End) }),
		"nested calls": misbehaving(func(m *Module) []byte { return Op(Call, nested(m, m.Func(hostapi.Signature{}, 0))) }),
	}
}

// BenchmarkOvershoot is how long after its deadline a runaway stops.
func BenchmarkOvershoot(b *testing.B) {
	for name, wasm := range runaways() {
		b.Run(name, func(b *testing.B) {
			const wall = 20
			e := newEngine(b, plugins.Config{Limits: hostapi.Limits{WallMS: wall}})
			load(b, e, plugins.Source{Name: "runaway", Wasm: wasm})
			var over []time.Duration
			for b.Loop() {
				held := e.Hold(validate)
				began := time.Now()
				err := held.AskWithin(context.Background(), signup(b, "acme.example"), wall*time.Millisecond)
				over = append(over, time.Since(began)-wall*time.Millisecond)
				if err == nil {
					b.Fatal("it ended")
				}
				held.Drop()
			}
			b.ReportMetric(float64(quantile(over, 0).Microseconds()), "min-us")
			b.ReportMetric(float64(quantile(over, 0.5).Microseconds()), "p50-us")
			b.ReportMetric(float64(quantile(over, 1).Microseconds()), "max-us")
		})
	}
}

// BenchmarkNeighbours is what other callers notice of a runaway beside them:
// their p99 while it is quiet and while one runs.
func BenchmarkNeighbours(b *testing.B) {
	for name, wasm := range runaways() {
		b.Run(name, func(b *testing.B) {
			bad := newEngine(b, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 100}})
			load(b, bad, plugins.Source{Name: "runaway", Wasm: wasm})
			good := newEngine(b, plugins.Config{Limits: hostapi.Limits{WallMS: 2000}})
			load(b, good, plugins.Source{Name: "company-domain", Wasm: companyDomain(b)})
			call := signup(b, "acme.example")
			measure := func(n int) time.Duration {
				took := make([]time.Duration, n)
				for i := range took {
					began := time.Now()
					if _, err := good.Call(context.Background(), call); err != nil {
						b.Fatal(err)
					}
					took[i] = time.Since(began)
				}
				return quantile(took, 0.99)
			}
			for b.Loop() {
				quiet := measure(2000)
				ctx, stop := context.WithCancel(context.Background())
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					for ctx.Err() == nil {
						_, _ = bad.Call(ctx, call)
					}
				}()
				beside := measure(2000)
				stop()
				<-ended
				b.ReportMetric(float64(quiet.Microseconds()), "quiet-p99-us")
				b.ReportMetric(float64(beside.Microseconds()), "beside-p99-us")
				b.ReportMetric(float64(beside)/float64(quiet), "ratio")
			}
		})
	}
}
