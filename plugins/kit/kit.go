package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/denial"
	"github.com/usher-id/usher/hostapi/fixture"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/manifest"
)

// Result is what came of one fixture.
type Result struct {
	Name string
	Hook hostapi.Hook
	// Problems say what was not as the fixture wants it, a line each; none when it passed.
	Problems []string
	// Notes say what passed and a host would not take kindly, or why it may not have passed.
	Notes    []string
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
	s := newStage()
	deps := plugins.Deps{Log: slog.New(s.lines), Tracer: s.host.Tracer, KV: s.kept, Meter: uncounted{}}
	engine, err := plugins.New(deps, plugins.Config{Instances: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close(context.WithoutCancel(ctx))) }()
	source := plugins.Source{Name: "plugin", Wasm: wasm, Config: fixtures[0].Config}
	if facts.Manifest != nil {
		source.Name = facts.Manifest.Name
		source.Grants = grants(facts.Manifest.Requests, fixtures)
	}
	ready, err := engine.Prepare(ctx, plugins.Release{Sources: []plugins.Source{source}})
	if err != nil {
		return nil, fmt.Errorf("fixture %q: %w", fixtures[0].Name, err)
	}
	defer ready.Abort()
	trial := ready.Trials()[0]
	leave, err := s.enter(trial, fixtures)
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, f := range fixtures {
		result, err := s.play(ctx, trial, f)
		if err != nil {
			return results, fmt.Errorf("fixture %q: %w", f.Name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

// stage is where a version meets its fixtures: everything on it stands in for the host.
// One call at a time is on it.
type stage struct {
	lines *lines
	kept  *entries
	host  host.Deps
	lent  *host.Capabilities
}

func newStage() *stage {
	s := &stage{lines: &lines{}, kept: &entries{}}
	s.host = host.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""), KV: s.kept, Meter: uncounted{}}
	return s
}

// enter lends a version what its fixtures are played with, until leave is called.
func (s *stage) enter(t plugins.Trial, fixtures []hostapi.Fixture) (leave func(), err error) {
	var asked hostapi.Requests
	if t.Manifest != nil {
		asked = t.Manifest.Requests
	}
	if s.lent, err = t.Lend(s.host, grants(asked, fixtures)); err != nil {
		return nil, err
	}
	return s.lent.Close, nil
}

// play runs one fixture.
func (s *stage) play(ctx context.Context, t plugins.Trial, f hostapi.Fixture) (Result, error) {
	result := Result{Name: f.Name, Hook: f.Hook}
	now, err := clock(f)
	if err != nil {
		return result, err
	}
	s.lines.take()
	s.kept.begin(f, now)
	exchanges := fixture.NewExchanges(f.HTTP)
	config := f.Config
	if len(config) == 0 {
		config = hostapi.RawJSON("{}")
	}
	answer, err := t.Ask(ctx, plugins.Call{
		Hook: f.Hook, RunID: "fixture", TenantID: f.Tenant, ActorKind: hostapi.ActorSystem, Data: f.Data, Exchange: exchange(exchanges),
		Judge: func(_ string, output []byte) (outcome hostapi.Outcome, err error) {
			outcome, result.Output, err = answered(f.Hook, output)
			return outcome, err
		},
	}, plugins.StandIns{Config: config, Lent: s.lent, Now: now, Log: slog.New(s.lines)})
	if _, failed := errors.AsType[*plugins.Failure](err); err != nil && !failed {
		return result, err
	}
	result.Fuel, result.Memory, result.Duration, result.Lines = answer.Fuel, answer.Memory, answer.Duration, s.lines.take()
	result.Problems = append(compare(f, result.Output, err), exchanges.Wrong()...)
	result.Problems = append(result.Problems, s.kept.differ(f)...)
	result.Notes = notes(t.Manifest, f, result)
	return result, nil
}

// answered judges an answer as far as that needs nothing but the answer.
func answered(h hostapi.Hook, output []byte) (hostapi.Outcome, []byte, error) {
	outcome, settled, err := manifest.Answer(h, output)
	if err != nil || outcome != hostapi.Deny {
		return outcome, settled, err
	}
	var denied struct {
		Errors []hostapi.FieldError `json:"errors"`
	}
	if err := json.Unmarshal(settled, &denied); err != nil {
		return "", nil, err
	}
	return outcome, settled, denial.Check(denied.Errors)
}

// clock is the time that a fixture is played at.
func clock(f hostapi.Fixture) (time.Time, error) {
	if f.Now == "" {
		return time.Now(), nil
	}
	now, err := time.Parse(time.RFC3339, f.Now)
	if err != nil {
		return now, fmt.Errorf("now: %q is no time as in RFC 3339", f.Now)
	}
	return now, nil
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
