package app

import (
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core/web/operator"
)

// listCalls is operator.Deps.Calls. What was asked and answered says much of a person, so that it is shown in
// development only.
func (a *App) listCalls(ctx context.Context, after int64, wait time.Duration) (calls []operator.PluginCall, last, lost int64) {
	found, last, lost := a.engine.Watch(ctx, after, wait, a.options.Development)
	for _, w := range found {
		c := operator.PluginCall{
			Number: w.Number, Time: w.At.UTC(), Plugin: w.Plugin, Version: w.Version, Digest: w.Digest, Role: string(w.Role), Hook: string(w.Hook),
			TenantID: w.Tenant, RunID: w.Run, Outcome: string(w.Outcome), Failure: w.Failure, DurationUS: w.Duration.Microseconds(),
			Fuel: w.Fuel, MemoryBytes: w.Memory, Data: jsontext.Value(w.Data), Output: jsontext.Value(w.Output),
		}
		for _, l := range w.Lines {
			c.Lines = append(c.Lines, operator.PluginLine{Level: strings.ToLower(l.Level.String()), Text: l.Text})
		}
		calls = append(calls, c)
	}
	return calls, last, lost
}
