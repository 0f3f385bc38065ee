package mailbox

import (
	"bytes"
	"io"
	"time"

	"github.com/emersion/go-smtp"
)

// session takes the mails of one connection.
type session struct {
	box  *Mailbox
	to   string
	text bytes.Buffer // reused from mail to mail
}

// Mail implements smtp.Session.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	s.text.Reset()
	if _, err := s.text.ReadFrom(r); err != nil {
		return err
	}
	at := time.Now()
	s.box.arrived(s.to, Token(s.text.Bytes()), at)
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() {}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Token finds the token of the first link in a raw mail, "" when there is none. A
// link that quoted-printable (RFC 2045 §6.7) broke over two lines is put together.
func Token(mail []byte) string {
	const width = 43 // base62 of 32 bytes
	mail = bytes.ReplaceAll(mail, []byte("=\r\n"), nil)
	for {
		_, rest, found := bytes.Cut(mail, []byte("/a/"))
		if !found {
			return ""
		}
		mail = rest
		end := bytes.IndexFunc(rest, func(r rune) bool { return !alphanumeric(r) })
		if end < 0 {
			end = len(rest)
		}
		if end == width {
			return string(rest[:width])
		}
	}
}

func alphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
