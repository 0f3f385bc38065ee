package mail

import "github.com/usher-id/usher/core"

// Native are the built-in templates, for the test that holds what is sent against them.
type Native struct{ n *native }

// NewNative reads the templates.
func NewNative() (Native, error) {
	n, err := newNative()
	return Native{n}, err
}

// Kinds are the kinds of messages that there are words for.
func Kinds() []core.MessageKind { return kinds() }

// Render is what is sent.
func (n Native) Render(v core.MessageView) (core.RenderedMessage, error) { return n.n.render(v) }

// LayOut carries the templates out with the message's own facts.
func (n Native) LayOut(v core.MessageView) (core.RenderedMessage, error) {
	return n.n.layOut(v.Locale, v, factsOf(v.Locale, v))
}
