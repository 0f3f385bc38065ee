package hook

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// tryAgain is when a step that a broken plugin stopped may be tried again.
const tryAgain = 5 * time.Second

// verdict collects what the plugins of a hook say that may deny: the first denial
// decides. D is what a plugin may change, as the contract has it, and P what becomes of
// all of them together in the words of core. It is for one question.
type verdict[D, P any] struct {
	what string // is judged, for a person to read: "signup"
	// show gives the question as it stands with what was changed so far.
	show func(P) any
	// take takes over all of an answer, or none of it; its error says how the answer
	// breaks the contract.
	take func(*P, D) error
	// field gives the caller's name of a field that a denial names; nil keeps it.
	field func(name string) (string, error)

	heard *[]core.HookVerdict // gets who said what; may be nil

	patch  P
	denied bool
	fields []core.FieldError
	said   []core.HookVerdict
}

// ask puts the question and gives what the plugins made of it. A denial is a
// [core.Error]: [core.ValidationFailed] with the plugin's field errors, or
// [core.DeniedByPolicy] when there are none. When a plugin fails, the step is
// [core.Unavailable] with the reason hook_failed, unless its policy is open: then the
// others are asked as if it were not there.
func (v *verdict[D, P]) ask(ctx context.Context, h *Hooks, q Question) (P, error) {
	var none P
	if !h.deps.Runner.Bound(q.Hook, q.TenantID) {
		return none, nil
	}
	var err error
	if q.Data, err = json.Marshal(v.show(none)); err != nil {
		return none, fmt.Errorf("encode the question of %s: %w", q.Hook, err)
	}
	q.Judge, q.Next = v.judge, v.next
	reply, err := h.ask(ctx, q)
	v.tell(q.Hook, reply)
	if err != nil {
		return none, unavailable("This "+v.what+" cannot be checked right now. Please try again shortly.", err)
	}
	if v.denied {
		return none, v.denial()
	}
	return v.patch, nil
}

// next shows the plugins that follow what was changed so far.
func (v *verdict[D, P]) next() ([]byte, error) { return json.Marshal(v.show(v.patch)) }

// tell names the version of whoever was asked last, as far as it answered; those of the others are the release's.
func (v *verdict[D, P]) tell(h hostapi.Hook, reply Reply) {
	for i := range v.said {
		v.said[i].Hook = string(h)
		if v.said[i].Plugin == reply.Plugin {
			v.said[i].Version, v.said[i].Digest = reply.Version, reply.Digest
		}
	}
	if v.heard != nil {
		*v.heard = append(*v.heard, v.said...)
	}
}

// judge takes an answer over, and notes whose it is.
func (v *verdict[D, P]) judge(plugin string, output []byte) (hostapi.Outcome, error) {
	outcome, err := v.weigh(output)
	if err == nil && v.heard != nil {
		v.said = append(v.said, core.HookVerdict{Plugin: plugin, Outcome: string(outcome)})
	}
	return outcome, err
}

func (v *verdict[D, P]) weigh(output []byte) (hostapi.Outcome, error) {
	o, err := decode[D](output)
	if err != nil {
		return "", err
	}
	if o.Outcome == hostapi.Continue {
		return o.Outcome, v.take(&v.patch, o.Data)
	}
	fields, err := fieldErrors(o.Errors)
	if err != nil {
		return "", err
	}
	for i := range fields {
		if v.field == nil {
			break
		}
		if fields[i].Field, err = v.field(fields[i].Field); err != nil {
			return "", err
		}
	}
	v.denied, v.fields = true, fields
	return o.Outcome, nil
}

// denial is what somebody who was denied is told.
func (v *verdict[D, P]) denial() error {
	if len(v.fields) > 0 {
		return core.Invalid(v.fields...).Because("hook_denied")
	}
	return core.E(core.DeniedByPolicy, "This "+v.what+" is not allowed.").Because("hook_denied")
}

// unavailable is what somebody is told whom a broken plugin stopped.
func unavailable(say string, err error) error {
	failed := core.E(core.Unavailable, say).Because("hook_failed").Caused(err)
	failed.RetryAfter = tryAgain
	return failed
}

// bound tells whether anybody would be asked. Where nobody is for any tenant, which is the
// most common case, it writes no id.
func (h *Hooks) bound(at hostapi.Hook, tenant core.ID) bool {
	return h.deps.Runner.Bound(at, "") && (tenant.IsZero() || h.deps.Runner.Bound(at, tenant.String()))
}

// idOf writes an id for a plugin; empty when there is none.
func idOf(id core.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
