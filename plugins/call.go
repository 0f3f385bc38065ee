package plugins

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
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
	// Plugin is the only one to ask; all that are bound to the hook when empty.
	Plugin string
	// Substituted, if not nil, is told before Judge, and after a failure too, how many
	// fetches left with a substitution in their body.
	Substituted *int
	// Judge looks at each answer in order, and is told which plugin gave it. Its error
	// says how the answer breaks the contract; such an answer must leave nothing behind.
	// Nil takes every answer that is JSON.
	Judge func(plugin string, output []byte) (hostapi.Outcome, error)
	// Next gives the data for the plugins that follow, when Judge took an answer that
	// lets the chain go on, or nil to leave it as it is. Nil shows everybody Data.
	Next func() ([]byte, error)
	// First ends the call with the first answer instead of asking every plugin.
	First bool
	// Substitutions are texts that the guest must not see, with what it is given in
	// their place; the host puts them into the body of what the guest fetches.
	Substitutions []host.Substitution
	// Exchange stands in for the network in what the guest fetches; nil for the network.
	Exchange func(context.Context, hostapi.HTTPRequest) (hostapi.HTTPResponse, error)
}

// Answer is what the last plugin that answered said.
type Answer struct {
	Bound     bool   // false when nobody answered; the rest, but for Off, is empty then
	Off       bool   // nobody answered, and safe mode has switched off who might have
	Output    []byte // JSON, the caller's own
	Outcome   hostapi.Outcome
	Plugin    string
	Version   string
	Digest    string
	OnFailure string // the word of its binding
	Duration  time.Duration
	// Substituted is how many fetches left with a substitution in their body.
	Fuel   int64 // units that the guest spent: about one for each turn of a small loop and each function entered
	Memory int64 // bytes of the guest's linear memory at the end
}

// Bound tells whether a call of the hook would ask anybody in that tenant; an empty one
// stands for any. It costs next to nothing.
func (e *Engine) Bound(h hostapi.Hook, tenant string) bool {
	s := e.acquire()
	if s == nil {
		return false
	}
	defer s.release()
	for _, b := range s.hooks[h] {
		if b.serves(tenant) || tenant == "" && !b.Off {
			return true // one that safe mode switched off too: the hook says what that means
		}
	}
	return false
}

// Call asks the plugins bound to a hook, in their order, until one denies. A
// failure ends the chain, or is logged and passed over where its binding says that
// the chain goes on. The error is a [Failure], and the answer then says whose.
func (e *Engine) Call(ctx context.Context, c Call) (Answer, error) {
	s := e.acquire()
	if s == nil {
		return Answer{}, &Failure{Kind: NotLoaded, Hook: c.Hook, Detail: "the engine is closed"}
	}
	defer s.release()
	answer, safe, off := Answer{}, e.safe.Load(), false
	for _, b := range s.hooks[c.Hook] {
		if !b.serves(c.TenantID) || c.Plugin != "" && c.Plugin != b.Plugin {
			continue
		}
		if safe.covers(b) {
			off = true
			continue
		}
		got, err := e.ask(ctx, b, c)
		if err != nil {
			if b.passesOver(ctx, err) {
				continue
			}
			return got, err
		}
		answer = got
		if c.First || answer.Outcome == hostapi.Deny {
			break
		}
		if c.Data, err = c.next(); err != nil {
			return answer, err
		}
	}
	answer.Off = off && !answer.Bound
	return answer, nil
}

// next is what the plugins that follow are shown.
func (c *Call) next() ([]byte, error) {
	if c.Next == nil {
		return c.Data, nil
	}
	data, err := c.Next()
	if err != nil || data == nil {
		return c.Data, err
	}
	return data, nil
}

// passesOver tells whether the chain goes on after a failure, and then logs it:
// nobody else hears of it. A breaker was logged when it opened.
func (b *binding) passesOver(ctx context.Context, err error) bool {
	f, ok := errors.AsType[*Failure](err)
	if !ok || !b.OnFailure.GoOn || f.Kind == Canceled {
		return false
	}
	if f.Kind != Tripped {
		b.version.log.WarnContext(ctx, "plugin failed, the chain goes on", "hook", b.Hook, "on_failure", b.OnFailure.Word, "error", err)
	}
	return true
}

// ask makes one guest call and reports it: a span, an observation.
func (e *Engine) ask(ctx context.Context, b *binding, c Call) (Answer, error) {
	began := time.Now()
	ctx, span := e.startSpan(ctx, b)
	v := b.version
	answer := Answer{Bound: true, Plugin: v.name, Version: v.label, Digest: v.digest, OnFailure: b.OnFailure.Word}
	waited, err := e.run(ctx, b, c, &answer)
	answer.Duration = time.Since(began)
	e.report(ctx, span, Observation{
		Hook: c.Hook, Plugin: v.name, Version: v.label, Digest: v.digest, Outcome: answer.Outcome,
		Duration: answer.Duration, Waited: waited, Fuel: answer.Fuel, Memory: answer.Memory,
	}, err)
	return answer, err
}

// run takes an instance, calls it, and judges what came out. All of it is within
// the deadline of the binding, or the caller's when that comes first.
func (e *Engine) run(ctx context.Context, b *binding, c Call, answer *Answer) (waited time.Duration, err error) {
	v := b.version
	if ctx.Err() != nil { // calling would only cost an instance
		return 0, v.exhausted(ctx, c.Hook)
	}
	began := time.Now()
	if !b.breaker.allow(began) {
		return 0, &Failure{Kind: Tripped, Hook: c.Hook, Plugin: v.name, Version: v.label, Detail: "it failed too often"}
	}
	own := began.Add(b.Timeout)
	deadline := own
	if d, ok := ctx.Deadline(); ok && d.Before(own) {
		deadline = d
	}
	i := v.pool.get(ctx, c.TenantID, deadline)
	waited = time.Since(began)
	if i == nil {
		return waited, v.exhausted(ctx, c.Hook)
	}
	output, failure := v.call(ctx, i, c, deadline, answer)
	if failure == nil {
		failure = v.judge(c, output, answer)
	}
	if failure != nil && failure.Kind == Deadline && waited > b.Timeout/2 {
		failure.Kind, failure.Detail = Exhausted, fmt.Sprintf("it waited %v of its %v for an instance", waited, b.Timeout)
	}
	b.tell(failure, ctx.Err() != nil || deadline.Before(own)) // a caller in a hurry is no fault of the guest
	if failure != nil {
		return waited, failure
	}
	return waited, nil
}

// call runs the guest on an instance until the deadline, counts the fuel, and gives
// the instance back.
func (v *version) call(ctx context.Context, i *instance, c Call, deadline time.Time, answer *Answer) ([]byte, *Failure) {
	now := time.Now()
	callID := newCallID()
	i.input = v.appendEnvelope(i.input[:0], envelope{
		hook: c.Hook, callID: callID, runID: c.RunID, tenant: c.TenantID, actorKind: orText(c.ActorKind, hostapi.ActorAnonymous),
		actorID: c.ActorID, traceparent: traceparent(trace.SpanContextFromContext(ctx)), data: c.Data,
	})
	err := i.ask(ctx, c.Hook, host.Call{
		Input: i.input, OutputMax: v.limits.OutputBytes, Now: now, Deadline: deadline,
		Journal: host.NewJournal(ctx, v.log, v.limits.LogBytes, "hook", c.Hook, "call_id", callID),
		Live:    true, Hook: c.Hook, Tenant: c.TenantID, CallsOut: v.limits.CallsOut, ResultMax: v.limits.ResultBytes,
		Substitutions: c.Substitutions, Exchange: c.Exchange,
	})
	if c.Substituted != nil {
		*c.Substituted += i.call.Substituted
	}
	output, failure := i.call.Output, v.explain(ctx, i, c.Hook, err)
	answer.Fuel, answer.Memory = i.call.Fuel, int64(len(i.memory.buf))
	v.pool.put(i, func(i *instance) bool { return err == nil && i.restore(v.snapshot) })
	return output, failure
}

// explain says why a call failed, or nil.
func (v *version) explain(ctx context.Context, i *instance, h hostapi.Hook, err error) *Failure {
	if err == nil && !i.call.Overflowed && i.returned() == hostapi.ReturnOK {
		return nil
	}
	f := &Failure{Hook: h, Plugin: v.name, Version: v.label, cause: err}
	switch {
	case i.call.Overflowed:
		f.Kind = TooLarge
	case err == nil:
		f.Kind, f.Detail = Failed, i.call.Failure
	case i.overflowed:
		f.Kind, f.Detail = Stack, fmt.Sprintf("its calls were nested too deeply for %d bytes of stack", maxStack)
	case i.call.Stopped || v.unmeteredStop(err):
		f.Kind = Deadline
		if errors.Is(ctx.Err(), context.Canceled) {
			f.Kind = Canceled
		}
	case i.memory.refused:
		f.Kind, f.Detail = Memory, firstLine(err)
	default:
		f.Kind, f.Detail = Trap, firstLine(err)
	}
	return f
}

// unmeteredStop tells whether wazero's context check stopped a guest. A metered
// guest can exit with the same numbers, which is no deadline.
func (v *version) unmeteredStop(err error) bool {
	exit, exited := errors.AsType[*sys.ExitError](err)
	return v.gauge == "" && exited &&
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
	outcome, err := c.Judge(v.name, output)
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
