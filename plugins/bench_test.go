package plugins_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// BenchmarkCall is one call of a Go guest, with the reset of the instance
// overlapping the next call as it does in the host.
func BenchmarkCall(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	load(b, e, plugins.Source{Name: "company-domain", Wasm: companyDomain(b)})
	call := signup(b, "acme.example")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Call(context.Background(), call); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGuest is the guest alone, with and without the reset of its instance.
func BenchmarkGuest(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	load(b, e, plugins.Source{Name: "company-domain", Wasm: companyDomain(b)})
	call := signup(b, "acme.example")
	for _, reset := range []bool{false, true} {
		b.Run(fmt.Sprintf("reset=%v", reset), func(b *testing.B) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			held := e.Hold(call.Hook)
			defer held.Release()
			b.ReportAllocs()
			for b.Loop() {
				if err := held.Ask(ctx, call); err != nil {
					b.Fatal(err)
				}
				if reset && !held.Reset() {
					b.Fatal("the instance grew")
				}
			}
		})
	}
}

// BenchmarkValidation is a validation of 1.5 KB in a guest of the standard Go compiler
// with the generated codec, all in: envelope, decoding, encoding, fuel, reset.
func BenchmarkValidation(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	load(b, e, plugins.Source{Name: "company-domain", Wasm: companyDomain(b)})
	call := signup(b, "acme.example")
	var err error
	call.Data, err = json.Marshal(hostapi.SignupValidate{
		Email: "someone@acme.example", EmailDomain: "acme.example", OrganizationName: "Acme \"Söhne\" & Co.", Slug: "acme", DisplayName: "Some One", Locale: "en",
		Metadata: map[string]string{
			"plan": "pro", "referrer": strings.Repeat("https://www.example.com/pricing?utm_source=news&", 8), "campaign": strings.Repeat("spring ", 75),
			"note": strings.Repeat("line\n", 50), "size": "250", "country": "de", "industry": "engineering",
		},
	})
	if err != nil || len(call.Data) < 1400 || len(call.Data) > 1700 {
		b.Fatal(len(call.Data), err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	held := e.Hold(call.Hook)
	defer held.Release()
	b.ReportAllocs()
	for b.Loop() {
		if err := held.Ask(ctx, call); err != nil {
			b.Fatal(err)
		}
		if !held.Reset() {
			b.Fatal("the instance grew")
		}
	}
}

// BenchmarkDeadline is what a deadline costs: the same guest metered, and as it
// is under wazero's context check.
func BenchmarkDeadline(b *testing.B) {
	for name, c := range map[string]plugins.Config{"by=fuel": {}, "by=context": plugins.ContextChecked(plugins.Config{})} {
		e := newEngine(b, c)
		load(b, e, plugins.Source{Name: "company-domain", Wasm: companyDomain(b)})
		call := signup(b, "acme.example")
		b.Run(name, func(b *testing.B) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			held := e.Hold(call.Hook)
			defer held.Release()
			for b.Loop() {
				if err := held.Ask(ctx, call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCallTiny is the cost of the engine around a guest that does nothing.
func BenchmarkCallTiny(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	load(b, e, plugins.Source{Name: "tiny", Wasm: answering([]byte(`{"outcome":"continue"}`))})
	call := signup(b, "acme.example")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Call(context.Background(), call); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCallParallel is what two cores make of it.
func BenchmarkCallParallel(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	load(b, e, plugins.Source{Name: "company-domain", Wasm: companyDomain(b)})
	call := signup(b, "acme.example")
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := e.Call(context.Background(), call); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRender is one mail.
func BenchmarkRender(b *testing.B) {
	e := newEngine(b, plugins.Config{})
	load(b, e, plugins.Source{Name: "mail-templates", Wasm: welcomeMail(b)})
	call := plugins.Call{Hook: hostapi.HookMessageRender, Data: []byte(`{"kind":"sign_in","link":"https://link.usher.invalid/"}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Call(context.Background(), call); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad is what a start of the host pays for both of these plugins.
func BenchmarkLoad(b *testing.B) {
	sources := []plugins.Source{
		{Name: "company-domain", Wasm: companyDomain(b)}, {Name: "mail-templates", Wasm: welcomeMail(b)},
	}
	for b.Loop() {
		e := newEngine(b, plugins.Config{})
		load(b, e, sources...)
		if err := e.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
