package password

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Check is what a plugin is shown of a new password.
type Check = hostapi.PasswordCheck

// Verdict is what a plugin says. [Accept], or [Deny], makes one.
type Verdict = hostapi.Output[hostapi.PasswordVerdict]

// FieldError says what is wrong with a field of the question: its JSON name, a
// stable snake_case code, and a sentence for the person.
type FieldError = hostapi.FieldError

// Accept lets the password through.
func Accept() Verdict { return Verdict{Outcome: hostapi.Continue} }

// Deny refuses the password; the errors are of the field password.
func Deny(errors ...FieldError) Verdict { return Verdict{Outcome: hostapi.Deny, Errors: errors} }

// Handler looks at the password.
type Handler func(*sdk.Call, Check) (Verdict, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Check, hostapi.PasswordVerdict]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Check, hostapi.PasswordVerdict]{
		Hook: hostapi.HookPasswordCheck, Read: wire.ReadPasswordCheck, Append: wire.AppendPasswordVerdict, Answer: h,
	})
}
