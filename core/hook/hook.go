package hook

import (
	"context"
	"errors"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/hostapi"
)

// Runner asks the plugins that are bound to a hook.
type Runner interface {
	// Ask calls the plugins in their order until one denies, or until the first
	// answer when the question wants only that. It judges each answer with the
	// question's Judge. A plugin that fails is passed over, and the chain goes on,
	// when [OnFailure.GoesOn] holds for its binding. Its error means that another
	// failed, which ends the chain, and Reply says which.
	Ask(context.Context, Question) (Reply, error)
	// Bound tells whether Ask would call anybody, at next to no cost. An empty tenant
	// stands for one that is not known yet: true when there is one for which it would.
	Bound(h hostapi.Hook, tenantID string) bool
	// Release is the number of what new calls are asked of, at no cost; 0 for none.
	Release() int64
}

// Question is what a hook asks its plugins.
type Question struct {
	Hook     hostapi.Hook
	RunID    string
	Release  int64  // of the plugins that the run began with; 0 for those of now
	TenantID string // empty before there is a tenant
	Actor    hostapi.Actor
	Plugin   string // the only one to ask; all that are bound when empty
	Data     []byte // JSON
	// Substitutions are put into what the plugins send; no plugin sees their values.
	Substitutions []Substitution
	// Substituted, if not nil, is told before Judge, and after a failure too, how many
	// requests left with a substitution in them.
	Substituted *int
	// Judge looks at one answer of a plugin; its error says how the answer breaks the
	// contract. Such an answer must leave nothing behind: the chain may go on without it.
	Judge func(plugin string, output []byte) (hostapi.Outcome, error)
	// Next gives the data for the plugins that follow, after an answer that Judge
	// took, so that each sees what those before it changed. Nil as a result leaves
	// the data as they are; so does a nil Next.
	Next  func() ([]byte, error)
	First bool // one answer is enough
}

// Substitution is a text that a plugin writes in place of one that it must not see.
type Substitution struct {
	Placeholder string
	Value       core.Secret
}

// Reply says who was asked last.
type Reply struct {
	Bound     bool // false when nobody answered: no plugin is bound, or all were passed over
	Off       bool // nobody answered, and safe mode has switched off who might have
	Unasked   bool // with an error: no instance was free in time, or the breaker is open
	Plugin    string
	Version   string
	Digest    string
	OnFailure OnFailure // of the binding that failed
	Known     bool      // the failure was logged when it began, and goes on
}

// Deps are the parts that [Hooks] needs.
type Deps struct {
	Runner Runner
	Log    *slog.Logger
	Tracer trace.Tracer
}

// Hooks asks plugins. It is safe for concurrent use.
type Hooks struct{ deps Deps }

// New checks deps.
func New(d Deps) (*Hooks, error) {
	if d.Runner == nil || d.Log == nil || d.Tracer == nil {
		return nil, errors.New("hook: Runner, Log and Tracer are needed")
	}
	return &Hooks{deps: d}, nil
}

// Release is that of the plugins of now: what a run that begins keeps, to end with the
// versions that it began with.
func (h *Hooks) Release() int64 { return h.deps.Runner.Release() }

// errOff is the failure of a hook that cannot do without its plugins.
var errOff = errors.New("its plugins are switched off by safe mode")

// ask puts the question inside a span and logs a failure, once for all hooks. An
// error means that the step fails, or is tried again later where a job asks: what may
// be passed over was.
func (h *Hooks) ask(ctx context.Context, q Question) (Reply, error) {
	ctx, span := h.deps.Tracer.Start(ctx, signal.SpanHook, trace.WithAttributes(signal.AttrHook.String(string(q.Hook))))
	defer span.End()
	reply, err := h.deps.Runner.Ask(ctx, q)
	if err == nil && reply.Off && policyOf(q.Hook).needed {
		err = errOff
	}
	if err == nil {
		return reply, nil
	}
	span.SetAttributes(signal.AttrOutcome.String(string(reply.OnFailure)))
	level := slog.LevelWarn
	if reply.Known || errors.Is(err, errOff) {
		level = slog.LevelDebug
	}
	h.deps.Log.Log(ctx, level, "hook failed", "hook", q.Hook, "plugin", reply.Plugin, "version", reply.Version,
		"on_failure", reply.OnFailure, "error", err)
	return reply, err
}
