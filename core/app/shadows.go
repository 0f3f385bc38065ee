package app

import (
	"context"

	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/plugins"
)

// openShadows makes the record of what shadows do.
func (a *App) openShadows() (err error) {
	a.shadows, err = release.NewShadows(release.ShadowDeps{Store: a.store, Log: a.log, Replica: a.replica.ID(), Dropped: a.droppedCopies})
	if err != nil {
		return err
	}
	a.runsBeforeStore("shadows", a.shadows.Run)
	return nil
}

// runsBeforeStore keeps something going that writes down at its end what it knows: it ends
// before the store does.
func (a *App) runsBeforeStore(name string, run func(context.Context)) {
	life, end := context.WithCancel(a.life)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(life)
	}()
	a.closing(name, func(context.Context) error {
		end()
		<-ended
		return nil
	})
}

func (a *App) droppedCopies() map[string]int64 {
	dropped := map[string]int64{}
	for _, s := range a.engine.Status() {
		if s.Role == plugins.RoleShadow {
			dropped[s.Name] = s.Dropped
		}
	}
	return dropped
}

// comparePlugin is told what a shadow made of a call.
func (a *App) comparePlugin(_ context.Context, c plugins.Comparison) {
	a.shadows.Observe(release.Compared{
		Release: c.Release, Plugin: c.Plugin, Hook: c.Hook, Served: sideOf(c.Serving), Shadowed: sideOf(c.Shadow), Agree: c.Agree, Apart: apart(c),
	})
}

func sideOf(s plugins.Side) release.Side {
	return release.Side{Digest: s.Digest, Output: s.Output, Failure: string(s.Failure), Took: s.Duration, Fuel: s.Fuel, Memory: s.Memory}
}

// apart says why a comparison tells nothing of the shadow.
func apart(c plugins.Comparison) string {
	if c.Missed != "" {
		return "asked " + c.Missed
	}
	switch c.Shadow.Failure {
	case plugins.Canceled, plugins.Exhausted, plugins.Tripped, plugins.NotLoaded:
		return "not asked: " + string(c.Shadow.Failure)
	default:
		return ""
	}
}
