package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/redact"
	"github.com/usher-id/usher/core/release/replay"
	"github.com/usher-id/usher/core/release/sample"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/manifest"
)

// stage makes versions on an engine of their own, so that nothing that serves waits for
// them or shares an instance with them. It implements [replay.Stage].
type stage struct{ app *App }

// Pair implements [replay.Stage].
func (s stage) Pair(ctx context.Context, v core.PluginVersion) (replay.Pair, error) {
	sources, err := s.sources(v)
	if err != nil {
		return nil, err
	}
	engine, err := plugins.New(plugins.Deps{
		Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""),
		KV: pluginKV{func() *store.Store { return s.app.store }}, Meter: s.app.signals.PluginMeter(), // to be granted; the tape answers
	}, plugins.Config{Instances: 1, TotalInstances: 1})
	if err != nil {
		return nil, err
	}
	prepared, err := engine.Prepare(ctx, plugins.Release{
		Sources: sources[:1], Candidates: []plugins.Candidate{{Source: sources[1], Shadow: true}},
	})
	if err != nil {
		err = errors.Join(err, engine.Close(context.WithoutCancel(ctx)))
		if told, ok := errors.AsType[*core.Error](err); ok {
			return nil, told
		}
		return nil, core.E(core.ValidationFailed, fmt.Sprintf("%s %s cannot be replayed: %v.", v.Plugin, v.Version, err)).Because("not_prepared").Caused(err)
	}
	p := &pair{engine: engine, prepared: prepared}
	for _, t := range prepared.Trials() {
		if t.Role == plugins.RoleServing {
			p.serving = t
		} else {
			p.candidate = t
		}
	}
	return p, nil
}

// sources are the version that serves now and the candidate, with what the configuration
// has for their plugin.
func (s stage) sources(v core.PluginVersion) ([]plugins.Source, error) {
	if s.app.lineup.Digests()[v.Plugin] == v.Digest {
		return nil, core.E(core.Conflict, fmt.Sprintf("%s %s is what serves. Name another version to compare with it.", v.Plugin, v.Version)).Because("serves_already")
	}
	now := s.app.lineup.now()
	composed, err := s.app.lineup.compose(now)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(composed.Sources, func(own plugins.Source) bool { return own.Name == v.Plugin })
	if at < 0 {
		return nil, core.E(core.Conflict, fmt.Sprintf("No version of %s serves, so there is nothing to compare with.", v.Plugin)).Because("nothing_serves")
	}
	candidate, err := s.app.lineup.source(now.config, v.Plugin, v.Digest)
	return []plugins.Source{composed.Sources[at], candidate}, err
}

// pair is two versions that no call sees.
type pair struct {
	engine             *plugins.Engine
	prepared           *plugins.Prepared
	serving, candidate plugins.Trial
}

func (p *pair) Serving() replay.Version {
	return replay.Version{Digest: p.serving.Digest, Version: p.serving.Version}
}

func (p *pair) AskServing(ctx context.Context, c sample.Call) replay.Tried {
	return try(ctx, p.serving, c)
}

func (p *pair) AskCandidate(ctx context.Context, c sample.Call) replay.Tried {
	return try(ctx, p.candidate, c)
}

// stageCloses bounds how long the end of a replay waits for what is freed.
const stageCloses = 10 * time.Second

func (p *pair) Close() {
	p.prepared.Abort()
	ctx, cancel := context.WithTimeout(context.Background(), stageCloses)
	defer cancel()
	_ = p.engine.Close(ctx) // what is not freed by then is freed later
}

// try asks a version what a sample has, with the host as it is on its tape.
func try(ctx context.Context, t plugins.Trial, c sample.Call) replay.Tried {
	play := c.Tape.PlayBy(redact.Form)
	var settled []byte
	answer, err := t.Ask(ctx, plugins.Call{
		Hook: c.Hook, RunID: c.Run, TenantID: c.Tenant, ActorKind: c.ActorKind, Data: c.Data,
		Judge: func(_ string, output []byte) (outcome hostapi.Outcome, err error) {
			outcome, settled, err = manifest.Answer(c.Hook, output)
			return outcome, err
		},
	}, plugins.StandIns{Play: play, Now: c.At})
	tried := replay.Tried{Side: release.Side{
		Digest: t.Digest, Output: settled, Took: answer.Duration, Fuel: answer.Fuel, Memory: answer.Memory,
	}, Missed: play.Missed()}
	if failed, ok := errors.AsType[*plugins.Failure](err); ok {
		tried.Failure, tried.Output = string(failed.Kind), nil
	} else if err != nil {
		tried.Unasked = "does not serve " + string(c.Hook)
	}
	return tried
}
