package tracker

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Callback is a request that came in at the address of a provider's callbacks.
type Callback = hostapi.MessageStatus

// Report is one thing that happened to a mail.
type Report = hostapi.MessageReport

// Verdict is what a plugin makes of a callback. [Reports] and [Deny] make one.
type Verdict = hostapi.Output[hostapi.MessageReports]

// Reports takes a callback and what it says.
func Reports(reports ...Report) Verdict {
	return Verdict{Outcome: hostapi.Continue, Data: hostapi.MessageReports{Reports: reports}}
}

// Deny refuses a callback that is not the provider's.
func Deny() Verdict { return Verdict{Outcome: hostapi.Deny} }

// Handler reads a callback.
type Handler func(*sdk.Call, Callback) (Verdict, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Callback, hostapi.MessageReports]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Callback, hostapi.MessageReports]{
		Hook: hostapi.HookMessageStatus, Read: wire.ReadMessageStatus, Append: wire.AppendMessageReports, Answer: h,
	})
}
