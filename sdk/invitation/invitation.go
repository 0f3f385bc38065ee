package invitation

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Invitation is what a plugin is shown of an invitation.
type Invitation = hostapi.InvitationValidate

// Patch is what a plugin may change of an invitation; a nil field changes nothing.
type Patch = hostapi.InvitationPatch

// Verdict is what a plugin says. [Accept], [Change] and [Deny] make one.
type Verdict = hostapi.Output[hostapi.InvitationPatch]

// FieldError says what is wrong with a field of the question: its JSON name, a
// stable snake_case code, and a sentence for the person.
type FieldError = hostapi.FieldError

// Accept lets the invitation through.
func Accept() Verdict { return Verdict{Outcome: hostapi.Continue} }

// Change lets the invitation through with changes.
func Change(p Patch) Verdict { return Verdict{Outcome: hostapi.Continue, Data: p} }

// Deny refuses the invitation.
func Deny(errors ...FieldError) Verdict { return Verdict{Outcome: hostapi.Deny, Errors: errors} }

// Handler looks at the invitation.
type Handler func(*sdk.Call, Invitation) (Verdict, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Invitation, hostapi.InvitationPatch]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Invitation, hostapi.InvitationPatch]{
		Hook: hostapi.HookInvitationValidate, Read: wire.ReadInvitationValidate, Append: wire.AppendInvitationPatch, Answer: h,
	})
}
