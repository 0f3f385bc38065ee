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
	// question's Judge. Its error means that a plugin failed, and Reply says which.
	Ask(context.Context, Question) (Reply, error)
}

// Question is what a hook asks its plugins.
type Question struct {
	Hook     hostapi.Hook
	RunID    string
	TenantID string // empty before there is a tenant
	Data     []byte // JSON
	Plugin   string // the only one to ask; all that are bound when empty
	// Substitutions are put into what the plugins send; no plugin sees their values.
	Substitutions []Substitution
	// Substituted, if not nil, is told before Judge, and after a failure too, how many
	// requests left with a substitution in them.
	Substituted *int
	// Judge looks at one answer; its error says how the answer breaks the contract.
	Judge func(output []byte) (hostapi.Outcome, error)
	First bool // one answer is enough
}

// Substitution is a text that a plugin writes in place of one that it must not see.
type Substitution struct {
	Placeholder string
	Value       core.Secret
}

// Reply says who was asked last.
type Reply struct {
	Bound   bool // false when no plugin serves the hook
	Unasked bool // with an error: the plugin was not reached, since no instance was free
	Plugin  string
	Version string
}

// Deps are the parts that [Hooks] needs.
type Deps struct {
	Runner Runner
	Log    *slog.Logger
	Tracer trace.Tracer
}

// Config says what a failure means where it is not to mean the default.
type Config struct {
	OnFailure map[hostapi.Hook]OnFailure
}

// Hooks asks plugins. It is safe for concurrent use.
type Hooks struct {
	deps     Deps
	policies map[hostapi.Hook]OnFailure
}

// New checks deps and policies.
func New(d Deps, c Config) (*Hooks, error) {
	if d.Runner == nil || d.Log == nil || d.Tracer == nil {
		return nil, errors.New("hook: Runner, Log and Tracer are needed")
	}
	policies, err := choose(c.OnFailure)
	if err != nil {
		return nil, err
	}
	return &Hooks{deps: d, policies: policies}, nil
}

// ask puts the question inside a span and logs a failure, once for all hooks.
func (h *Hooks) ask(ctx context.Context, q Question) (Reply, error) {
	ctx, span := h.deps.Tracer.Start(ctx, signal.SpanHook, trace.WithAttributes(signal.AttrHook.String(string(q.Hook))))
	defer span.End()
	reply, err := h.deps.Runner.Ask(ctx, q)
	if err != nil {
		policy := h.policies[q.Hook]
		span.SetAttributes(signal.AttrOutcome.String(string(policy)))
		h.deps.Log.WarnContext(ctx, "hook failed", "hook", q.Hook, "plugin", reply.Plugin, "version", reply.Version,
			"on_failure", policy, "error", err)
	}
	return reply, err
}
