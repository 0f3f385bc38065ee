package plugins

import (
	"bytes"
	"context"
	"math/rand/v2"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// Sample is a call that was answered, with all that it takes to ask another version the
// same. It holds what the plugin was told of a person.
type Sample struct {
	Hook      hostapi.Hook
	Plugin    string
	Version   string
	Digest    string
	Release   int64
	Tenant    string
	Run       string
	ActorKind string
	Data      []byte
	Output    []byte
	Tape      *host.Tape
	Now       time.Time // that of the guest
	Duration  time.Duration
	Fuel      int64
}

// certain is the rate of 1 as [Engine.SetSampleRate] keeps it.
const certain = 1 << 32

// SetSampleRate has that fraction of the calls that are answered by what serves handed
// to Deps.Sample, from now on: 0 for none, 1 for all.
func (e *Engine) SetSampleRate(rate float64) {
	e.sampling.Store(uint64(min(max(rate, 0), 1) * certain))
}

// samples tells whether this call is to be handed over. It costs next to nothing while
// the rate is zero.
func (e *Engine) samples() bool {
	rate := e.sampling.Load()
	return rate != 0 && e.deps.Sample != nil && rand.Uint64N(certain) < rate
}

// askRecorded is ask of the arm that serves, for a call that is sampled or that a shadow
// is to be asked about.
func (e *Engine) askRecorded(ctx context.Context, b *binding, p *panel, c Call, sampled bool) (Answer, error) {
	tape, now := &host.Tape{}, time.Now()
	answer, err := e.ask(ctx, b, p.serving, c, terms{record: tape, now: now})
	if sampled && err == nil {
		e.deps.Sample(ctx, Sample{
			Hook: c.Hook, Plugin: answer.Plugin, Version: answer.Version, Digest: answer.Digest, Release: p.serving.release,
			Tenant: c.TenantID, Run: c.RunID, ActorKind: orText(c.ActorKind, hostapi.ActorAnonymous),
			Data: bytes.Clone(c.Data), Output: bytes.Clone(answer.Output), Tape: tape, Now: now, Duration: answer.Duration, Fuel: answer.Fuel,
		})
	}
	if p.shadow != nil {
		if made := b.copyFor(ctx, p.shadow, c, answer, err, tape, now); made.serving.asked() {
			e.shadows.offer(made)
		}
	}
	return answer, err
}
