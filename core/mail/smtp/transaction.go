package smtp

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	netmail "net/mail"
	"net/textproto"
	"strings"

	"github.com/usher-id/usher/core/mail"
)

// step is a command of a mail and the reply that lets the mail go on.
type step struct {
	stage   string
	command string
	want    int // the reply's code, or its first digits
}

// errAddress says that an address cannot stand in a command.
var errAddress = errors.New("smtp: an address has a line break")

// carry hands one mail to the server (RFC 5321 §3.3) and gives the stage that it did
// not get past, with the server's reply as a *textproto.Error, or what became of the
// connection.
func (c *conn) carry(m *mail.Message) (stage string, err error) {
	from, to := path(cmp.Or(m.ReturnPath, m.From.Address)), path(m.To)
	if strings.ContainsAny(from+to, "\r\n") {
		return "address", errAddress
	}
	c.content.Reset()
	if err := letter(&c.content, m); err != nil {
		return "body", err
	}
	signature, err := c.signer.Sign(c.content.Bytes(), m.From.Address, m.Date)
	if err != nil {
		return "sign", err
	}
	if err := c.session.UpdateDeadline(c.timeout); err != nil {
		return "mail", err
	}
	if stage, err := c.envelope([]step{
		{"mail", "MAIL FROM:" + from + c.body, 250}, {"rcpt", "RCPT TO:" + to, 25}, {"data", "DATA", 354},
	}); err != nil {
		return stage, err
	}
	_, _ = c.session.Text.W.WriteString(signature) // an error stays in the writer
	if err := dotted(c.session.Text.W, c.content.Bytes()); err != nil {
		return "body", err
	}
	_, _, err = c.session.Text.ReadResponse(250)
	return "accept", err
}

// dotted writes a mail as the server wants to read it: with a dot more before each line
// that begins with one, and a dot at its end (RFC 5321 §4.5.2). Every line of a letter ends
// with CRLF.
func dotted(w *bufio.Writer, content []byte) error {
	for len(content) > 0 { // at the beginning of a line
		if content[0] == '.' {
			_ = w.WriteByte('.')
		}
		n := bytes.Index(content, []byte("\n.")) + 1
		if n == 0 {
			n = len(content)
		}
		_, _ = w.Write(content[:n])
		content = content[n:]
	}
	_, _ = w.WriteString(".\r\n")
	return w.Flush() // and any error before
}

// envelope takes the server to where it waits for the content. One that announces
// PIPELINING gets all commands at once (RFC 2920), any other the next one after its
// reply. The first failure is the mail's: those behind it only follow from it.
func (c *conn) envelope(steps []step) (stage string, err error) {
	text := c.session.Text
	read := 0
	for i, s := range steps {
		_, _ = text.W.WriteString(s.command + "\r\n") // an error stays in the writer until Flush
		if c.pipelining && i < len(steps)-1 {
			continue
		}
		if err := text.W.Flush(); err != nil {
			return steps[read].stage, err
		}
		var last error
		for ; read <= i; read++ {
			_, _, last = text.ReadResponse(steps[read].want)
			if last != nil && err == nil {
				stage, err = steps[read].stage, last
			}
			if over(last) {
				return stage, err
			}
		}
		if err != nil {
			if last == nil { // it wants the content of a mail that it refused
				c.nothing()
			}
			return stage, err
		}
	}
	return "", nil
}

// nothing ends the content before it begins. No mail comes of it: no recipient was accepted.
func (c *conn) nothing() {
	_ = c.session.Text.PrintfLine(".")
	_, _, _ = c.session.Text.ReadResponse(0) // a lost connection shows at the next command
}

// over tells whether nothing more is to be read after a reply: the connection is lost, or
// about to be.
func over(err error) bool {
	reply, ok := errors.AsType[*textproto.Error](err)
	return err != nil && (!ok || reply.Code == 421)
}

// path puts an address between angle brackets, with quotes where it needs them.
func path(address string) string { return (&netmail.Address{Address: address}).String() }
