package router

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Message is what a plugin is told of a mail.
type Message = hostapi.MessageRoute

// Route is the names of the providers to try, in order, and how long to wait before.
// The zero value keeps the configured order.
type Route = hostapi.MessageRouting

// Provider is one way out for a mail.
type Provider = hostapi.MailProvider

// Handler chooses a route.
type Handler func(*sdk.Call, Message) (Route, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Message, Route]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Message, Route]{
		Hook: hostapi.HookMessageRoute, Read: wire.ReadMessageRoute, Append: wire.AppendMessageRouting, Answer: sdk.Answering(h),
	})
}
