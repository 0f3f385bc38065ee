package subscriber

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Event is an event and how often it was offered.
type Event = hostapi.EventDeliver

// Receipt is whether the plugin has it. [Taken] and [Later] make one.
type Receipt = hostapi.EventDelivered

// Taken says that the plugin has the event.
func Taken() Receipt { return Receipt{Acknowledged: true} }

// Later asks for the event again, after that many seconds if not 0.
func Later(seconds int) Receipt { return Receipt{RetryAfterS: seconds} }

// Handler takes an event.
type Handler func(*sdk.Call, Event) (Receipt, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Event, Receipt]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Event, Receipt]{
		Hook: hostapi.HookEventDeliver, Read: wire.ReadEventDeliver, Append: wire.AppendEventDelivered, Answer: sdk.Answering(h),
	})
}
