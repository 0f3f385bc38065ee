package app

import (
	"context"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
	"github.com/usher-id/usher/core/release/trial"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// openTrials has candidates judged from what all replicas count.
func (a *App) openTrials() (err error) {
	a.trials, err = trial.New(trial.Deps{
		Store: a.store, Versions: a.registry, Counter: a.counter, Log: a.log,
		Acts: func() bool { return a.config.Current().Plugins.Guardrail == config.GuardrailAct },
		RolledBack: func(ctx context.Context, plugin string, m guard.Metric) {
			a.signals.PluginGuardrail(ctx, plugin, string(m))
		},
	}, trial.Config{})
	return err
}

// count counts a call, unless it ended for the caller's reasons or before a guest was asked:
// that is no doing of the version.
func (a *App) count(o *plugins.Observation) {
	switch o.Failure {
	case plugins.Canceled, plugins.Exhausted, plugins.Tripped, plugins.NotLoaded:
		return
	}
	outcome := guard.Passed
	switch {
	case o.Failure != "":
		outcome = guard.Failed
	case o.Outcome == hostapi.Deny:
		outcome = guard.Denied
	}
	a.counter.Observe(trial.Call{
		Release: o.Release, Plugin: o.Plugin, Digest: o.Digest, Role: core.TallyRole(o.Role), Hook: string(o.Hook),
		ByRun: o.Unit(false), ByTenant: o.Unit(true), Outcome: outcome,
		Cost: cost.Call{Took: o.Duration, Fuel: o.Fuel, Memory: o.Memory, Egress: int64(o.CallsOut), EgressBytes: o.Egress},
	})
}
