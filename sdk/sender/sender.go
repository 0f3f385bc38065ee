package sender

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Mail is a mail to send.
type Mail = hostapi.MessageSend

// Receipt is what became of it. [Accepted], [Retry], [Refused] and [Failed] make one.
type Receipt = hostapi.MessageSent

// Accepted says that the provider has the mail, under its own id for it.
func Accepted(id string) Receipt { return Receipt{Status: hostapi.SendAccepted, ProviderID: id} }

// Retry says that it did not work now; seconds, if not 0, is when it may again.
func Retry(reason string, seconds int) Receipt {
	return Receipt{Status: hostapi.SendRetry, Reason: reason, RetryAfterS: seconds}
}

// Refused says that the provider refuses every mail of ours: credentials, a quota.
func Refused(reason string, seconds int) Receipt {
	return Receipt{Status: hostapi.SendRefused, Reason: reason, RetryAfterS: seconds}
}

// Failed says that this mail, or mail to this recipient, will never work.
func Failed(reason string) Receipt { return Receipt{Status: hostapi.SendFailed, Reason: reason} }

// Handler sends a mail.
type Handler func(*sdk.Call, Mail) (Receipt, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Mail, Receipt]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Mail, Receipt]{
		Hook: hostapi.HookMessageSend, Read: wire.ReadMessageSend, Append: wire.AppendMessageSent, Answer: sdk.Answering(h),
	})
}
