package validator

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Signup is what a plugin is shown of a signup.
type Signup = hostapi.SignupValidate

// Patch is what a plugin may change of a signup; a nil field changes nothing.
type Patch = hostapi.SignupPatch

// Verdict is what a plugin says to a signup. [Accept], [Change] and [Deny] make one.
type Verdict = hostapi.Output[hostapi.SignupPatch]

// FieldError says what is wrong with a field of the signup: its JSON name, a
// stable snake_case code, and a sentence for the person.
type FieldError = hostapi.FieldError

// Accept lets the signup through.
func Accept() Verdict { return Verdict{Outcome: hostapi.Continue} }

// Change lets the signup through with changes.
func Change(p Patch) Verdict { return Verdict{Outcome: hostapi.Continue, Data: p} }

// Deny refuses the signup. Without a field error the person only learns that
// the policy of the product denies it.
func Deny(errors ...FieldError) Verdict { return Verdict{Outcome: hostapi.Deny, Errors: errors} }

// Handler looks at a signup.
type Handler func(*sdk.Call, Signup) (Verdict, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Signup, Patch]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Signup, Patch]{
		Hook: hostapi.HookSignupValidate, Read: wire.ReadSignupValidate, Append: wire.AppendSignupPatch, Answer: h,
	})
}
