package mail

import (
	"encoding/base32"
	"errors"
	"strings"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/keyring"
)

// Marker makes and knows the marks of return paths.
type Marker interface {
	ReturnMark(core.ID) keyring.ReturnMark
	IsReturnMark(core.ID, keyring.ReturnMark) bool
}

// ReturnPath makes the addresses to which servers on the way report that a mail bounced. Each
// mail has its own (VERP): what a server says in words differs from one to the next, but it says
// it to that address. The address has a mark that only we can make, so whoever reports has had
// the mail in hand. It is immutable; a nil one makes none.
type ReturnPath struct {
	local, domain string
	each          bool
	marker        Marker
}

// longestLocal bounds what stands before the + of a return path: 64 characters in all (RFC 5321
// §4.5.3.1.1).
const longestLocal = 20

// NewReturnPath takes the mailbox that the reports go to. When each is false every mail has that
// address itself, for a server that knows no +; nobody can tell then whose a report is.
func NewReturnPath(mailbox string, each bool, m Marker) (*ReturnPath, error) {
	at := strings.LastIndexByte(mailbox, '@')
	if !sendable(mailbox) || at > longestLocal {
		return nil, errors.New("mail: mail.bounce.address is not an address with 20 characters or less before the @, such as bounces@example.com")
	}
	return &ReturnPath{local: strings.ToLower(mailbox[:at]), domain: strings.ToLower(mailbox[at+1:]), each: each, marker: m}, nil
}

// For gives the address of a message.
func (r *ReturnPath) For(message core.ID) string {
	switch {
	case r == nil:
		return ""
	case !r.each:
		return r.local + "@" + r.domain
	}
	mark := r.marker.ReturnMark(message)
	return r.local + "+" + strings.ToLower(digits.EncodeToString(append(message[:], mark[:]...))) + "@" + r.domain
}

// Message gives the message whose address it is; false when we did not make it.
func (r *ReturnPath) Message(address string) (id core.ID, ok bool) {
	if r == nil || !r.each {
		return id, false
	}
	// Servers change the case of letters, and the domain when they forward.
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	text, mine := strings.CutPrefix(local, r.local+"+")
	if !mine {
		return id, false
	}
	var mark keyring.ReturnMark
	raw, err := digits.DecodeString(strings.ToUpper(text))
	if err != nil || len(raw) != len(id)+len(mark) {
		return id, false
	}
	copy(id[:], raw)
	copy(mark[:], raw[len(id):])
	return id, r.marker.IsReturnMark(id, mark)
}

//nolint:gochecknoglobals // a constant
var digits = base32.StdEncoding.WithPadding(base32.NoPadding)
