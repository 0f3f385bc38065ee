package app

import (
	"context"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	signals "github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/hostapi"
)

// openReleases has the engine serve what the ledger says, before the first request, and
// follow it from then on.
func (a *App) openReleases(ctx context.Context) (err error) {
	if err := a.openTrials(); err != nil {
		return err
	}
	a.ledger, err = release.NewLedger(release.LedgerDeps{
		Store: a.store, Versions: a.registry, Lacks: a.lacks, Bindable: a.bindable, Gate: a.trials.Gate,
	})
	if err != nil {
		return err
	}
	a.replica, err = release.NewReplica(release.ReplicaDeps{
		Store: a.store, Engine: a.lineup, Log: a.log, Flipped: a.flipped,
		Looked: func(ctx context.Context, at core.PluginLedger, serves int64) {
			a.signals.PluginRelease(ctx, serves, at.Preparing != nil)
		},
	}, release.ReplicaConfig{ID: a.replicaID, Name: replicaName(), Build: Version()})
	if err != nil {
		return err
	}
	if err := a.replica.Start(ctx); err != nil {
		return fmt.Errorf("the plugins that are released cannot serve: %w; mend it, or roll back on another replica: usher plugin rollback", err)
	}
	a.runsOnStore("replica", a.replica.Run)
	a.runsOnStore("trials", a.trials.Run)
	return nil
}

// runsOnStore keeps something going until the host stops, and has it end before the store
// closes: it has something to say at its end.
func (a *App) runsOnStore(name string, run func(context.Context)) {
	life, end := context.WithCancel(a.life)
	ended := make(chan struct{})
	go func() { defer close(ended); run(life) }()
	a.closing(name, func(context.Context) error {
		end()
		<-ended
		return nil
	})
}

// replicaName is how an operator finds the process.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// flipped counts what became of a release on this replica, and has its candidates watched.
func (a *App) flipped(ctx context.Context, r core.PluginRelease, err error) {
	outcome := signals.SwapDone
	switch {
	case err != nil:
		outcome = signals.SwapRefused
	case r.Kind == core.ReleaseRollback:
		outcome = signals.SwapRolledBack
	}
	if err == nil {
		a.counter.Follow(r)
	}
	a.signals.PluginSwap(ctx, outcome)
}

// lacks lists what a version asks for that the configuration does not grant.
func (a *App) lacks(v core.PluginVersion) []string {
	var m hostapi.Manifest
	if err := json.Unmarshal(v.Manifest, &m); err != nil {
		return []string{"its manifest cannot be read: " + err.Error()}
	}
	own := config.Plugin{Name: v.Plugin}
	for _, p := range a.config.Current().Plugins.Load {
		if p.Name == v.Plugin {
			own = p
		}
	}
	s, err := sourceOf(own)
	if err != nil {
		return []string{err.Error()}
	}
	return s.Lacks(m.Requests)
}
