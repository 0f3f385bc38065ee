package activation

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Activation is what a plugin is shown of an activation.
type Activation = hostapi.ActivationValidate

// Patch is what a plugin may change of the profile of a new account; a nil field
// changes nothing.
type Patch = hostapi.ActivationPatch

// Verdict is what a plugin says. [Accept], [Change] and [Deny] make one.
type Verdict = hostapi.Output[hostapi.ActivationPatch]

// FieldError says what is wrong with a field of the question: its JSON name, a
// stable snake_case code, and a sentence for the person.
type FieldError = hostapi.FieldError

// Accept lets the activation through.
func Accept() Verdict { return Verdict{Outcome: hostapi.Continue} }

// Change lets the activation through with changes.
func Change(p Patch) Verdict { return Verdict{Outcome: hostapi.Continue, Data: p} }

// Deny refuses the activation.
func Deny(errors ...FieldError) Verdict { return Verdict{Outcome: hostapi.Deny, Errors: errors} }

// Handler looks at the activation.
type Handler func(*sdk.Call, Activation) (Verdict, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Activation, hostapi.ActivationPatch]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Activation, hostapi.ActivationPatch]{
		Hook: hostapi.HookActivationValidate, Read: wire.ReadActivationValidate, Append: wire.AppendActivationPatch, Answer: h,
	})
}
