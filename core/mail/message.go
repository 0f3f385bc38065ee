package mail

import (
	"context"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/usher-id/usher/core"
)

// Message is a finished mail to one address. It holds a link, so it is never
// logged or kept.
type Message struct {
	ID      string // without angle brackets; the same in every attempt
	From    netmail.Address
	To      string
	Subject string
	// ReturnPath is where the servers on the way report to; the sender's address when empty.
	ReturnPath string
	// Language is what it is written in (RFC 3282), as a BCP 47 tag; empty when only its renderer knows.
	Language string
	Text     string
	HTML     string
	Date     time.Time

	Outline // for a provider that must not see the link
}

// Outline is what the plugin behind a provider may know of a mail beside its envelope.
type Outline struct {
	RunID    core.ID
	Release  int64
	TenantID core.ID
	Kind     core.MessageKind
	Attempt  int
	Link     core.Secret // empty when the mail has none
	BareText string      // as Text, with core.LinkPlaceholder where the link stands
	BareHTML string      // likewise
}

// Provider hands mails to the world. Send returns nil when the mail was accepted
// and a [*Failure] when it was not; it may be called by many at once and returns when
// its context ends.
type Provider interface {
	Name() string // a word for rows, labels and logs, without spaces
	Send(context.Context, *Message) error
}

// Tracked is a [Provider] that has a name of its own for each mail that it takes, by
// which its callbacks may call it.
type Tracked interface {
	Provider
	SendTracked(context.Context, *Message) (id string, err error)
}

// sendable tells whether an address can stand in a mail's envelope. Addresses are
// checked before they are stored; this is the last door before the wire.
func sendable(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at == len(address)-1 || len(address) > 254 {
		return false
	}
	return !strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar || strings.ContainsRune(`<>()[]\,;:"`, r)
	})
}

// maxWord bounds what a person chose, such as an organization's name.
const maxWord = 120

// oneLine makes text that someone else chose fit for a header or a sentence: no
// line breaks or controls, nothing that turns the reading direction, nothing that a mail
// reader decodes as an encoded word (RFC 2047), and not endless.
func oneLine(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ReplaceAll(s, "=?", "= ?") {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			continue
		}
		if n++; n > limit {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
