package plugins

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tetratelabs/wazero/sys"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// Call asks the plugins of a hook.
type Call struct {
	Hook      hostapi.Hook
	RunID     string // the signup or activation that the call belongs to
	TenantID  string // empty before there is a tenant
	ActorKind string // one of the hostapi.Actor constants; anonymous when empty
	ActorID   string
	// Data is the question as a JSON object: the shape that hostapi has for the hook.
	Data []byte
	// Plugin is the only one to ask; all that serve the hook when empty.
	Plugin string
	// Substituted, if not nil, is told before Judge, and after a failure too, how many
	// fetches left with a substitution in their body.
	Substituted *int
	// Judge looks at each answer in order. Its error says how the answer breaks
	// the contract. Nil takes every answer that is JSON.
	Judge func(output []byte) (hostapi.Outcome, error)
	// First ends the call with the first answer instead of asking every plugin.
	First bool
	// Substitutions are texts that the guest must not see, with what it is given in
	// their place; the host puts them into the body of what the guest fetches.
	Substitutions []host.Substitution
	// Exchange stands in for the network in what the guest fetches; nil for the network.
	Exchange func(context.Context, hostapi.HTTPRequest) (hostapi.HTTPResponse, error)
}

// Answer is what the last plugin that was asked said.
type Answer struct {
	Bound    bool   // false when no plugin serves the hook; the rest is empty then
	Output   []byte // JSON, the caller's own
	Outcome  hostapi.Outcome
	Plugin   string
	Version  string
	Digest   string
	Duration time.Duration
	// Substituted is how many fetches left with a substitution in their body.
	Substituted int
	Fuel        int64 // units that the guest spent: about one for each turn of a small loop and each function entered
}

// Call asks the plugins that serve a hook, in their order, until one denies.
// Each is shown what the caller sent, not what an earlier one changed. The error
// is a [Failure] of the first plugin that failed; the answer then says which.
func (e *Engine) Call(ctx context.Context, c Call) (Answer, error) {
	s := e.acquire()
	if s == nil {
		return Answer{}, &Failure{Kind: NotLoaded, Hook: c.Hook, Detail: "the engine is closed"}
	}
	defer s.release()
	var answer Answer
	for _, v := range s.hooks[c.Hook] {
		if c.Plugin != "" && c.Plugin != v.name {
			continue
		}
		var err error
		if answer, err = e.ask(ctx, v, c); err != nil {
			return answer, err
		}
		if c.First || answer.Outcome == hostapi.Deny {
			break
		}
	}
	return answer, nil
}

// ask makes one guest call and reports it: a span, an observation.
func (e *Engine) ask(ctx context.Context, v *version, c Call) (Answer, error) {
	began := time.Now()
	ctx, span := e.startSpan(ctx, v, c.Hook)
	answer := Answer{Bound: true, Plugin: v.name, Version: v.label, Digest: v.digest}
	waited, err := e.run(ctx, v, c, &answer)
	answer.Duration = time.Since(began)
	e.report(ctx, span, Observation{
		Hook: c.Hook, Plugin: v.name, Version: v.label, Digest: v.digest, Outcome: answer.Outcome,
		Duration: answer.Duration, Waited: waited, Fuel: answer.Fuel,
	}, err)
	return answer, err
}

// run takes an instance, calls it, and judges what came out.
func (e *Engine) run(ctx context.Context, v *version, c Call, answer *Answer) (waited time.Duration, err error) {
	if ctx.Err() != nil { // calling would only cost an instance
		return 0, v.exhausted(ctx, c.Hook)
	}
	began := time.Now()
	i := v.pool.get(ctx, e.config.Wait)
	waited = time.Since(began)
	if i == nil {
		return waited, v.exhausted(ctx, c.Hook)
	}
	output, failure := v.call(ctx, i, c, answer)
	if failure == nil {
		failure = v.judge(c, output, answer)
	}
	if failure != nil {
		return waited, failure
	}
	return waited, nil
}

// call runs the guest on an instance, counts what it spent, and gives the instance back.
func (v *version) call(ctx context.Context, i *instance, c Call, answer *Answer) ([]byte, *Failure) {
	now := time.Now()
	deadline := now.Add(time.Duration(v.limits.WallMS) * time.Millisecond)
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	deadline, _ = limited.Deadline() // the caller's may come first
	callID := newCallID()
	i.input = v.appendEnvelope(i.input[:0], envelope{
		hook: c.Hook, callID: callID, runID: c.RunID, tenant: c.TenantID, actorKind: orText(c.ActorKind, hostapi.ActorAnonymous),
		actorID: c.ActorID, traceparent: traceparent(trace.SpanContextFromContext(ctx)), data: c.Data,
	})
	err := i.ask(limited, c.Hook, host.Call{
		Input: i.input, OutputMax: v.limits.OutputBytes, Now: now, Deadline: deadline,
		Journal: host.NewJournal(ctx, v.log, v.limits.LogBytes, "hook", c.Hook, "call_id", callID),
		Live:    true, Hook: c.Hook, Tenant: c.TenantID, CallsOut: v.limits.CallsOut, ResultMax: v.limits.ResultBytes,
		Substitutions: c.Substitutions, Exchange: c.Exchange,
	})
	if c.Substituted != nil {
		*c.Substituted += i.call.Substituted
	}
	output, failure := i.call.Output, v.explain(ctx, i, c.Hook, err)
	answer.Fuel, answer.Substituted = i.call.Fuel, i.call.Substituted
	v.pool.put(i, func(i *instance) bool { return err == nil && i.restore(v.snapshot) })
	return output, failure
}

// explain says why a call failed, or nil.
func (v *version) explain(ctx context.Context, i *instance, h hostapi.Hook, err error) *Failure {
	f := &Failure{Hook: h, Plugin: v.name, Version: v.label, cause: err}
	switch {
	case i.call.Overflowed:
		f.Kind = TooLarge
	case err != nil && (i.call.Stopped || v.unmeteredStop(err)):
		f.Kind = Deadline
		if errors.Is(ctx.Err(), context.Canceled) {
			f.Kind = Canceled
		}
	case err != nil && i.memory.refused:
		f.Kind, f.Detail = Memory, firstLine(err)
	case err != nil:
		f.Kind, f.Detail = Trap, firstLine(err)
	case i.returned() != hostapi.ReturnOK:
		f.Kind, f.Detail = Failed, i.call.Failure
	default:
		return nil
	}
	return f
}

// unmeteredStop tells whether wazero's context check stopped a guest. A metered
// guest can exit with the same numbers, which is no deadline.
func (v *version) unmeteredStop(err error) bool {
	exit, exited := errors.AsType[*sys.ExitError](err)
	return v.fuel == "" && exited &&
		(exit.ExitCode() == sys.ExitCodeDeadlineExceeded || exit.ExitCode() == sys.ExitCodeContextCanceled)
}

// judge checks the form of an answer and lets the caller judge its content.
func (v *version) judge(c Call, output []byte, answer *Answer) *Failure {
	invalid := func(detail string, cause error) *Failure {
		return &Failure{Kind: InvalidOutput, Hook: c.Hook, Plugin: v.name, Version: v.label, Detail: detail, cause: cause}
	}
	if len(output) == 0 {
		return invalid("it wrote no output", nil)
	}
	if !utf8.Valid(output) {
		return invalid("the output is not UTF-8", nil)
	}
	if !jsontext.Value(output).IsValid() {
		return invalid("the output is not JSON", nil)
	}
	answer.Output = output
	if c.Judge == nil {
		return nil
	}
	outcome, err := c.Judge(output)
	if err != nil {
		return invalid(firstLine(err), err)
	}
	answer.Outcome = outcome
	return nil
}

func (v *version) exhausted(ctx context.Context, h hostapi.Hook) *Failure {
	f := &Failure{Kind: Exhausted, Hook: h, Plugin: v.name, Version: v.label}
	if err := ctx.Err(); err != nil {
		f.cause = err
		if errors.Is(err, context.Canceled) {
			f.Kind = Canceled
		}
	}
	return f
}

// newCallID names one call in logs; it is no secret.
func newCallID() string {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

func orText(s, d string) string {
	if s == "" {
		return d
	}
	return s
}
