package renderer

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Message is what a plugin is shown of a mail.
type Message = hostapi.MessageRender

// Mail is a finished mail: a subject of one line, and both parts.
type Mail = hostapi.RenderedMessage

// Handler writes a mail.
type Handler func(*sdk.Call, Message) (Mail, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Message, Mail]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Message, Mail]{
		Hook: hostapi.HookMessageRender, Read: wire.ReadMessageRender, Append: wire.AppendRenderedMessage, Answer: sdk.Answering(h),
	})
}
