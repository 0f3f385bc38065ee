package plugins

import (
	"bytes"
	"cmp"
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

// ask makes one guest call and reports it: a span, an observation.
func (e *Engine) ask(ctx context.Context, b *binding, a *arm, c Call, t terms) (Answer, error) {
	began := time.Now()
	ctx, span := e.startSpan(ctx, a)
	v := a.version
	answer := Answer{Bound: true, Plugin: v.name, Version: v.label, Digest: v.digest, Role: a.role, OnFailure: b.OnFailure.Word}
	var lines []Line
	look := e.onlooker()
	if look != nil {
		t.log = overhear(cmp.Or(t.log, v.log), &lines)
	}
	waited, err := b.run(ctx, a, c, t, &answer)
	answer.Duration = time.Since(began)
	if look != nil {
		look.add(e, watched(a, c, answer, began, err, lines), v.appendData(nil, c.Hook, c.Data), answer.Output)
	}
	e.report(ctx, span, Observation{
		Hook: c.Hook, Plugin: v.name, Version: v.label, Digest: v.digest, Role: a.role, Release: a.release, Run: c.RunID,
		Tenant: c.TenantID, Actor: c.ActorID, Outcome: answer.Outcome, Duration: answer.Duration, Waited: waited, Fuel: answer.Fuel, Memory: answer.Memory,
		CallsOut: answer.callsOut, Egress: answer.egress,
	}, err)
	return answer, err
}

// run takes an instance, calls it, and judges what came out. All of it is within
// the deadline of the arm, or the caller's when that comes first.
func (b *binding) run(ctx context.Context, a *arm, c Call, t terms, answer *Answer) (waited time.Duration, err error) {
	v := a.version
	if ctx.Err() != nil { // calling would only cost an instance
		return 0, v.exhausted(ctx, c.Hook)
	}
	began := time.Now()
	if !t.admitted && !a.breaker.allow(began) {
		return 0, &Failure{Kind: Tripped, Hook: c.Hook, Plugin: v.name, Version: v.label, Detail: "it failed too often"}
	}
	own := began.Add(a.timeout)
	deadline := own
	if d, ok := ctx.Deadline(); ok && d.Before(own) {
		deadline = d
	}
	i := v.pool.get(ctx, c.TenantID, deadline)
	waited = time.Since(began)
	if i == nil {
		return waited, v.exhausted(ctx, c.Hook)
	}
	output, failure := v.call(ctx, i, c, t, deadline, answer)
	if failure == nil {
		failure = v.judge(c, output, answer)
	}
	if failure != nil && failure.Kind == Deadline && waited > a.timeout/2 {
		failure.Kind, failure.Detail = Exhausted, fmt.Sprintf("it waited %v of its %v for an instance", waited, a.timeout)
	}
	b.tell(a, failure, ctx.Err() != nil || deadline.Before(own)) // a caller in a hurry is no fault of the guest
	if failure != nil {
		return waited, failure
	}
	return waited, nil
}

// call runs the guest on an instance until the deadline, counts the fuel, and gives
// the instance back.
func (v *version) call(ctx context.Context, i *instance, c Call, t terms, deadline time.Time, answer *Answer) ([]byte, *Failure) {
	callID, now, log := newCallID(), t.now, t.log
	if now.IsZero() {
		now = time.Now()
	}
	if log == nil {
		log = v.log
	}
	if i.input = append(i.input[:0], t.envelope...); len(i.input) == 0 {
		i.input = v.appendEnvelope(i.input, envelope{
			hook: c.Hook, callID: callID, runID: c.RunID, tenant: c.TenantID, actorKind: orText(c.ActorKind, hostapi.ActorAnonymous),
			actorID: c.ActorID, traceparent: traceparent(trace.SpanContextFromContext(ctx)), config: t.config, data: c.Data,
		})
	}
	err := i.ask(ctx, c.Hook, host.Call{
		Input: i.input, OutputMax: v.limits.OutputBytes, Now: now, Deadline: deadline,
		Journal: host.NewJournal(ctx, log, v.limits.LogBytes, "hook", c.Hook, "call_id", callID),
		Live:    true, Hook: c.Hook, Tenant: c.TenantID, CallsOut: v.limits.CallsOut, ResultMax: v.limits.ResultBytes,
		Substitutions: c.Substitutions, Exchange: c.Exchange, Record: t.record, Play: t.play, Instead: t.instead,
	})
	if c.Substituted != nil {
		*c.Substituted += i.call.Substituted
	}
	output, failure := i.call.Output, v.explain(ctx, i, c.Hook, err)
	answer.Fuel, answer.Memory = i.call.Fuel, int64(len(i.memory.buf))
	answer.callsOut, answer.egress = v.limits.CallsOut-i.call.CallsOut, i.call.Egress
	v.giveBack(i, err == nil, failure == nil)
	return output, failure
}

// giveBack gives an instance back: as it is, for calls of the same tenant, where the operator allows it and the call was
// answered; and restored otherwise, if it is not lost.
func (v *version) giveBack(i *instance, whole, answered bool) {
	i.served++
	if v.reuse && answered && i.tenant != "" && i.served < keptCalls {
		i.call = host.Call{}
		if v.pool.keep(i) {
			return
		}
	}
	v.pool.put(i, func(i *instance) bool { return whole && i.restore(v.snapshot) })
}

// explain says why a call failed, or nil.
func (v *version) explain(ctx context.Context, i *instance, h hostapi.Hook, err error) *Failure {
	if err == nil && !i.call.Overflowed && i.returned() == hostapi.ReturnOK {
		return nil
	}
	f := &Failure{Hook: h, Plugin: v.name, Version: v.label, cause: err}
	switch {
	case i.call.Overflowed:
		f.Kind, f.Detail = TooLarge, fmt.Sprintf("its answer has more than %d bytes", v.limits.OutputBytes)
	case err == nil:
		f.Kind, f.Detail = Failed, i.call.Failure
	case i.overflowed:
		f.Kind, f.Detail = Stack, fmt.Sprintf("its calls were nested too deeply for %d bytes of stack", maxStack)
	case i.call.Stopped || v.unmeteredStop(err):
		f.Kind, f.Detail = Deadline, "it had not answered when its time was over"
		if errors.Is(ctx.Err(), context.Canceled) {
			f.Kind, f.Detail = Canceled, ""
		}
	case i.memory.refused:
		f.Kind, f.Detail = Memory, crashed(i.call.Failure, err)
	default:
		f.Kind, f.Detail = Trap, crashed(i.call.Failure, err)
	}
	return f
}

// crashed says how a guest crashed: in its own words first, if it had the time for any.
func crashed(said string, err error) string {
	if said == "" {
		return firstLine(err)
	}
	return said + ": " + firstLine(err)
}

// unmeteredStop tells whether wazero's context check stopped a guest. A metered
// guest can exit with the same numbers, which is no deadline.
func (v *version) unmeteredStop(err error) bool {
	exit, exited := errors.AsType[*sys.ExitError](err)
	return v.gauge == "" && exited &&
		(exit.ExitCode() == sys.ExitCodeDeadlineExceeded || exit.ExitCode() == sys.ExitCodeContextCanceled)
}

// whence says from where on an output is no JSON, and why.
func whence(output []byte) string {
	_, err := jsontext.NewDecoder(bytes.NewReader(output)).ReadValue()
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return ", or has something after it"
	}
	return fmt.Sprintf(" from byte %d: %v", syntactic.ByteOffset, syntactic.Err)
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
		return invalid("the output is not JSON"+whence(output), nil)
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
