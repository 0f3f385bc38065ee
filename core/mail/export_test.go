package mail

import "github.com/usher-id/usher/core"

// Native are the built-in templates, for the test that holds what is sent against them.
type Native struct{ n *native }

// NewNative reads the templates.
func NewNative() (Native, error) {
	n, err := newNative()
	return Native{n}, err
}

// Render is what is sent.
func (n Native) Render(v core.MessageView) (core.RenderedMessage, error) { return n.n.render(v) }

// LayOut carries the templates out with the message's own facts.
func (n Native) LayOut(v core.MessageView) (core.RenderedMessage, error) {
	l, err := n.n.layOut(v.Locale, v, factsOf(v.Locale, v))
	return core.RenderedMessage{Subject: l.subject, HTML: l.html, Text: wrap(l.text), Language: v.Locale, By: "native"}, err
}

// Locales are the languages that there are words in.
func (n Native) Locales() []string { return n.n.locales() }

// Wrap breaks the lines of a text.
func Wrap(text string) string { return wrap(text) }
