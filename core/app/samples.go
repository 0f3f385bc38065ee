package app

import (
	"context"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/replay"
	"github.com/usher-id/usher/core/release/sample"
	"github.com/usher-id/usher/plugins"
)

// openSamples keeps as many calls as the configuration says, from now on, and can put them
// to candidates.
func (a *App) openSamples() (err error) {
	a.samples, err = sample.New(sample.Deps{
		Store: a.store, Keys: a.keys, Log: a.log, Clock: core.SystemClock{},
		Keep: func() time.Duration { return a.config.Current().Plugins.Samples.Keep },
	})
	if err != nil {
		return err
	}
	a.runsBeforeStore("samples", a.samples.Run)
	stop, err := a.signals.WatchSamples(a.samples.Dropped)
	if err != nil {
		return err
	}
	a.closing("sample metrics", func(context.Context) error { return stop() })
	a.config.Subscribe("plugin samples", func(_ context.Context, _, next *config.Config) (config.Prepared, error) {
		return config.Prepared{Commit: func() { a.engine.SetSampleRate(next.Plugins.Samples.Rate) }}, nil
	})
	a.engine.SetSampleRate(a.config.Current().Plugins.Samples.Rate)
	life, end := context.WithCancel(a.life)
	a.closing("replays", func(context.Context) error { end(); return nil })
	a.replays, err = replay.New(life, replay.Deps{
		Samples: a.samples, Versions: a.registry, Stage: stage{a}, Log: a.log,
		Rate: func() float64 { return a.config.Current().Plugins.Samples.Rate },
	})
	return err
}

// samplePlugin is handed a call on the caller's time.
func (a *App) samplePlugin(_ context.Context, s plugins.Sample) {
	a.samples.Take(sample.Call{
		Hook: s.Hook, Plugin: s.Plugin, Digest: s.Digest, Release: s.Release, Tenant: s.Tenant, Run: s.Run, ActorKind: s.ActorKind,
		At: s.Now, Data: s.Data, Tape: *s.Tape,
	}, s.Output)
}
