package conformance

import (
	"context"
	_ "embed" // the manifest
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/manifest"
)

//go:embed manifest.json
var said []byte

// The operator's part of what the manifest asks for.
const (
	origin      = "https://conformance.example"
	secretName  = "key"
	secretValue = "a key of the kit"
)

// The call as the guest is told of it.
const (
	runID, tenantID, actorID = "run-1", "tenant-1", "user \"1\" ü"
)

// stage is a guest in an engine and what the host has for it. One call at a time is on it.
type stage struct {
	trial plugins.Trial
	lent  *host.Capabilities
	log   *journal
	kv    entries
	meter *tally
	spans *tracetest.SpanRecorder
}

// open loads the guest with all that its manifest asks for.
func open(t *testing.T, wasm []byte) *stage {
	t.Helper()
	packed, err := plugins.Pack(wasm, said)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{log: &journal{}, kv: entries{}, meter: &tally{}, spans: tracetest.NewSpanRecorder()}
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(s.spans)).Tracer("")
	log := slog.New(s.log)
	e, err := plugins.New(plugins.Deps{Log: log, Tracer: tracer, KV: s.kv, Meter: s.meter}, plugins.Config{Instances: 1, LoadTimeout: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	granted := plugins.Grants{Origins: []string{origin}, KV: true, Telemetry: true, Secrets: map[string]host.Secret{secretName: secretValue}}
	source := plugins.Source{Name: "conformance", Wasm: packed, Grants: granted}
	if _, err := e.Prepare(t.Context(), plugins.Release{Sources: []plugins.Source{{Name: "conformance", Wasm: packed}}}); err == nil {
		t.Error("it is loaded without the grants that it needs")
	}
	ready, err := e.Prepare(t.Context(), plugins.Release{Sources: []plugins.Source{source}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ready.Abort)
	s.trial = ready.Trials()[0]
	if missing := len(hostapi.Hooks()) - len(s.trial.Hooks); missing != 0 {
		t.Fatalf("it serves %v, %d hooks too few", s.trial.Hooks, missing)
	}
	for _, line := range s.log.take() {
		if line.level >= slog.LevelWarn {
			t.Errorf("loading it: %s", line.text)
		}
	}
	if s.lent, err = s.trial.Lend(host.Deps{Log: log, Tracer: tracer, KV: s.kv, Meter: s.meter}, granted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.lent.Close)
	return s
}

// question is one call of the guest.
type question struct {
	hook     hostapi.Hook
	config   string // {} when empty
	data     string // {} when empty
	envelope string // in place of what the host writes of the call
	now      time.Time
	network  func(hostapi.HTTPRequest) (hostapi.HTTPResponse, error)
	refused  bool // no capability is granted
	within   time.Duration
}

// do asks what a call of the hook does when it is told that.
func do(h hostapi.Hook, what string) question {
	return question{hook: h, config: `{"do":"` + what + `"}`}
}

// reply is what came of it.
type reply struct {
	plugins.Answer

	form    []byte // the answer in one form
	failure *plugins.Failure
	lines   []line
	callID  string
}

// logged are the lines of the guest, without their level.
func (r reply) logged() []string {
	var texts []string
	for _, l := range r.lines {
		texts = append(texts, l.text)
	}
	return texts
}

// ask makes one call. Where the instance is not back in time from the call before it waits longer.
func (s *stage) ask(t *testing.T, q question) reply {
	t.Helper()
	for {
		r := s.try(t, q)
		if r.failure == nil || r.failure.Kind != plugins.Exhausted || q.within == 0 {
			return r
		}
		q.within *= 2
	}
}

func (s *stage) try(t *testing.T, q question) (r reply) {
	t.Helper()
	ctx := traced(t.Context())
	if q.within > 0 {
		limited, cancel := context.WithTimeout(ctx, q.within)
		defer cancel()
		ctx = limited
	}
	call := plugins.Call{
		Hook: q.hook, RunID: runID, TenantID: tenantID, ActorKind: hostapi.ActorUser, ActorID: actorID, Data: []byte(or(q.data, "{}")),
		Exchange: func(_ context.Context, request hostapi.HTTPRequest) (hostapi.HTTPResponse, error) {
			if q.network == nil {
				return hostapi.HTTPResponse{}, errors.New("there is no network")
			}
			return q.network(request)
		},
		Judge: func(_ string, output []byte) (outcome hostapi.Outcome, err error) {
			outcome, r.form, err = manifest.Answer(q.hook, output)
			return outcome, err
		},
	}
	instead := plugins.StandIns{Config: []byte(or(q.config, "{}")), Envelope: []byte(q.envelope), Lent: s.lent, Now: q.now, Log: slog.New(s.log)}
	if q.refused {
		instead.Play = (&host.Tape{}).Play()
	}
	s.log.take()
	answer, err := s.trial.Ask(ctx, call, instead)
	if failure, ok := errors.AsType[*plugins.Failure](err); ok {
		r.failure = failure
	} else if err != nil {
		t.Fatal(err)
	}
	r.Answer, r.lines = answer, s.log.take()
	if i := slices.IndexFunc(r.lines, func(l line) bool { return l.callID != "" }); i >= 0 {
		r.callID = r.lines[i].callID
	}
	return r
}

// answered asks, and ends the test when the call failed.
func (s *stage) answered(t *testing.T, q question) reply {
	t.Helper()
	r := s.ask(t, q)
	if r.failure != nil {
		t.Fatalf("%s: %v; it logged %q", q.hook, r.failure, r.logged())
	}
	return r
}

// expect compares what the guest logged.
func (s *stage) expect(t *testing.T, q question, want ...string) {
	t.Helper()
	if got := s.answered(t, q).logged(); !slices.Equal(got, want) {
		t.Errorf("%s, %s: it logged\n\t%s, want\n\t%s", q.hook, q.config, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func or(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// entries is a store of one namespace.
type entries map[string]string

// Get implements [host.KV].
func (e entries) Get(_ context.Context, _ host.Namespace, key string) (value string, expires time.Time, found bool, err error) {
	value, found = e[key]
	return value, time.Now().Add(time.Minute), found, nil
}

// Put implements [host.KV].
func (e entries) Put(_ context.Context, _ host.Namespace, key, value string, ttl time.Duration) (bool, error) {
	e[key] = value
	e["ttl of "+key] = ttl.String()
	return true, nil
}

// Delete implements [host.KV].
func (e entries) Delete(_ context.Context, _ host.Namespace, key string) error {
	delete(e, key)
	return nil
}

// tally is a meter that remembers.
type tally struct{ seen []map[string]string }

// Counter implements [host.Meter].
func (c *tally) Counter(string, string) (func(context.Context, float64, map[string]string), error) {
	return func(_ context.Context, v float64, labels map[string]string) {
		if v == 1 {
			c.seen = append(c.seen, maps.Clone(labels))
		}
	}, nil
}

// Histogram implements [host.Meter].
func (c *tally) Histogram(name, help string) (func(context.Context, float64, map[string]string), error) {
	return c.Counter(name, help)
}
