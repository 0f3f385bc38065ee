package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/fixture"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/manifest"
)

// Result is what came of one fixture.
type Result struct {
	Name string
	Hook hostapi.Hook
	// Problems say what was not as the fixture wants it, a line each; none when it passed.
	Problems []string
	Output   []byte        // the answer in one form, empty when the call failed
	Lines    []string      // what the guest logged
	Fuel     int64         // units that it spent
	Duration time.Duration // of the call
	Memory   int64         // bytes of linear memory at the end of the call
}

// Passed tells whether all was as the fixture wants it.
func (r Result) Passed() bool { return len(r.Problems) == 0 }

// Run runs fixtures against a module, in their order; nil runs those of its manifest.
// The error says that there is nothing to run, or that the module does not load.
func Run(ctx context.Context, wasm []byte, fixtures []hostapi.Fixture) (results []Result, err error) {
	facts, err := plugins.Inspect(wasm)
	if err != nil {
		return nil, err
	}
	if fixtures == nil && facts.Manifest != nil {
		fixtures = facts.Manifest.Fixtures
	}
	if len(fixtures) == 0 {
		return nil, errors.New("there are no fixtures: the manifest has none under \"fixtures\", and no others were given")
	}
	lines := &lines{}
	kept := entries{}
	deps := plugins.Deps{Log: slog.New(lines), Tracer: noop.NewTracerProvider().Tracer(""), KV: kept, Meter: uncounted{}}
	engine, err := plugins.New(deps, plugins.Config{
		Instances: 1,
		Breaker:   plugins.BreakerConfig{Failures: len(fixtures) + 1}, // a fixture after many that fail is still asked
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close(context.WithoutCancel(ctx))) }()
	r := &runner{engine: engine, lines: lines, kept: kept, source: plugins.Source{Name: "plugin", Wasm: wasm}}
	if facts.Manifest != nil {
		r.source.Name = facts.Manifest.Name
		r.source.Grants = grants(facts.Manifest.Requests, fixtures)
	}
	r.source.Limits.WallMS = hostapi.MaxLimits().WallMS
	for _, f := range fixtures {
		result, err := r.run(ctx, f)
		if err != nil {
			return results, fmt.Errorf("fixture %q: %w", f.Name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

// runner has the module loaded with the config of the last fixture.
type runner struct {
	engine *plugins.Engine
	lines  *lines
	kept   entries
	source plugins.Source
	loaded bool
}

func (r *runner) run(ctx context.Context, f hostapi.Fixture) (Result, error) {
	result := Result{Name: f.Name, Hook: f.Hook}
	if err := r.load(ctx, f.Config); err != nil {
		return result, err
	}
	r.lines.take()
	clear(r.kept)
	exchanges := fixture.NewExchanges(f.HTTP)
	answer, err := r.engine.Call(ctx, plugins.Call{
		Hook: f.Hook, RunID: "fixture", TenantID: f.Tenant, ActorKind: hostapi.ActorSystem, Data: f.Data, Exchange: exchange(exchanges),
		Judge: func(_ string, output []byte) (outcome hostapi.Outcome, err error) {
			outcome, result.Output, err = manifest.Answer(f.Hook, output)
			return outcome, err
		},
	})
	if err == nil && !answer.Bound {
		return result, fmt.Errorf("the module does not serve %s", f.Hook)
	}
	result.Fuel, result.Memory, result.Duration, result.Lines = answer.Fuel, answer.Memory, answer.Duration, r.lines.take()
	result.Problems = append(compare(f, result.Output, err), exchanges.Wrong()...)
	return result, nil
}

// load makes sure that the module runs with that config.
func (r *runner) load(ctx context.Context, config []byte) error {
	if r.loaded && string(r.source.Config) == string(config) {
		return nil
	}
	r.source.Config = config
	r.loaded = true
	return r.engine.Load(ctx, []plugins.Source{r.source})
}

// compare says what is not as the fixture wants it.
func compare(f hostapi.Fixture, output []byte, err error) []string {
	if err != nil {
		reason := err.Error()
		if failure, ok := errors.AsType[*plugins.Failure](err); ok {
			reason = string(failure.Kind) + ": " + failure.Detail
		}
		switch {
		case f.Fails == "":
			return []string{"the call failed: " + reason}
		case !strings.Contains(reason, f.Fails):
			return []string{fmt.Sprintf("the call is to fail with %q, and failed with %q", f.Fails, reason)}
		}
		return nil
	}
	if f.Fails != "" {
		return []string{fmt.Sprintf("the call is to fail with %q, and answered %s", f.Fails, output)}
	}
	_, want, err := manifest.Answer(f.Hook, f.Want)
	if err != nil {
		return []string{"what the fixture wants is no answer to " + string(f.Hook) + ": " + err.Error()}
	}
	return fixture.Diff(want, output)
}
