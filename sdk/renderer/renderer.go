package renderer

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/codec"
)

// Message is what a plugin is shown of a mail.
type Message = hostapi.MessageRender

// Mail is a finished mail: a subject of one line, and both parts.
type Mail = hostapi.RenderedMessage

// Handler writes a mail.
type Handler func(*sdk.Call, Message) (Mail, error)

// Plugin serves a handler. It belongs to one goroutine and reuses its buffers.
type Plugin struct {
	handle  Handler
	in, out []byte
}

// New makes a plugin of a handler.
func New(h Handler) *Plugin { return &Plugin{handle: h} }

// Serve answers one call; the guest returns what it gives.
func (p *Plugin) Serve() int32 { return p.ServeOn(abi.Lent()) }

// ServeOn answers one call of another host; package sdktest uses it.
func (p *Plugin) ServeOn(h abi.Host) int32 {
	p.in = abi.ReadInput(h, p.in)
	var message Message
	call, ok := sdk.Open(h, p.in, func(r *codec.Reader) { message = readMessage(r) })
	if !ok {
		h.Fail("the envelope is not readable")
		return hostapi.ReturnFailed
	}
	mail, err := p.handle(call, message)
	if err != nil {
		h.Fail(err.Error())
		return hostapi.ReturnFailed
	}
	p.out = appendMail(p.out[:0], mail)
	if !h.OutputWrite(p.out) {
		h.Fail("the mail is too large")
		return hostapi.ReturnFailed
	}
	return hostapi.ReturnOK
}
