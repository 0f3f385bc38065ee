package telemetry_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
)

// live is a context as deep as that of a use case.
func live(ctx context.Context) context.Context {
	return signal.WithTenant(signal.Extract(signal.WithRequest(ctx, "r1", false), traceparent), "t1")
}

func newBench(b testing.TB) *signal.Signals {
	b.Helper()
	log, err := telemetry.NewLogger(io.Discard, telemetry.LogConfig{})
	if err != nil {
		b.Fatal(err)
	}
	tel, err := telemetry.Start(b.Context(), telemetry.Deps{Log: log}, telemetry.Config{})
	if err != nil {
		b.Fatal(err)
	}
	return newSignals(b, tel)
}

// hot are the methods on the way of every request.
func hot(s *signal.Signals) map[string]func(context.Context) {
	return map[string]func(context.Context){
		"Funnel":          func(ctx context.Context) { s.Funnel(ctx, signal.InvitationCreated) },
		"ActivationError": func(ctx context.Context) { s.ActivationError(ctx, signal.ErrorExpiredToken) },
		"Signup":          func(ctx context.Context) { s.Signup(ctx, signal.SignupAccepted) },
		"TokenValidation": func(ctx context.Context) { s.TokenValidation(ctx, time.Millisecond, signal.TokenValid) },
		"EmailSent":       func(ctx context.Context) { s.EmailSent(ctx, "smtp", signal.SendAccepted) },
		"PluginCall": func(ctx context.Context) {
			s.PluginCall(ctx, "signup.validate", "domains", "1.0.0", time.Microsecond, signal.CallContinue)
		},
		"HTTPRequest": func(ctx context.Context) { s.HTTPRequest(ctx, "POST", "/v1/signups", 202, time.Millisecond) },
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	s := newBench(t)
	ctx := signal.WithTenant(signal.WithRequest(t.Context(), "r1", false), "t1")
	for name, count := range hot(s) {
		if n := testing.AllocsPerRun(200, func() { count(ctx) }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkSignals(b *testing.B) {
	s := newBench(b)
	ctx := live(b.Context())
	for name, count := range hot(s) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				count(ctx)
			}
		})
	}
}

func BenchmarkLog(b *testing.B) {
	for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Text} {
		log, err := telemetry.NewLogger(io.Discard, telemetry.LogConfig{Format: format})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(format), func(b *testing.B) {
			ctx := live(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				log.InfoContext(ctx, "request done", "status", 202, "route", "/v1/signups")
			}
		})
	}
}
