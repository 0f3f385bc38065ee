package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"

	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/dkim"
)

// conn is one authenticated connection. It is used by one goroutine at a time.
type conn struct {
	session *gosmtp.Client
	raw     net.Conn // under the session, to cut it off when a context ends
	timeout time.Duration

	pipelining bool   // the server takes commands in groups (RFC 2920)
	body       string // what MAIL says beside the sender

	signer  *dkim.Signer
	content bytes.Buffer // of the mail under way, to be used again

	used   bool // it has carried a mail
	broken bool // it must not carry another
	stale  bool // it was found closed before the mail began
	idle   time.Time
}

// dial connects, encrypts and authenticates.
func dial(ctx context.Context, c Config) (*conn, *mail.Failure) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	fresh := &conn{timeout: c.Timeout, signer: c.DKIM}
	stop := func() bool { return true }
	client, err := gomail.NewClient(c.Host, options(c, func(connecting context.Context, network, address string) (net.Conn, error) {
		raw, err := c.connect(connecting, network, address)
		if err == nil { // only now is there something to cut off
			fresh.raw = raw
			stop = context.AfterFunc(ctx, fresh.cut)
		}
		return raw, err
	})...)
	if err != nil {
		return nil, mail.Fail(mail.Refused, "config", "", nil)
	}
	fresh.session, err = client.DialToSMTPClientWithContext(ctx)
	stop()
	if err != nil {
		fresh.cut() // the library leaves it open
		return nil, dialFailure(ctx, err)
	}
	fresh.pipelining, _ = fresh.session.Extension("PIPELINING")
	if eight, _ := fresh.session.Extension("8BITMIME"); eight {
		fresh.body = " BODY=8BITMIME"
	}
	if reports, _ := fresh.session.Extension("DSN"); reports {
		fresh.body += " RET=HDRS" // a report must not carry the link about (RFC 3461 §4.3)
	}
	return fresh, nil
}

// options keep the library from saying more than it must, such as the host's name.
func options(c Config, connect gomail.DialContextFunc) []gomail.Option {
	opts := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithHELO(c.HELO),
		gomail.WithDialContextFunc(connect),
	}
	switch c.TLS {
	case StartTLS:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(c.tls()))
	case Implicit:
		opts = append(opts, gomail.WithSSL())
	case Off:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.Username != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthPlain),
			gomail.WithUsername(c.Username), gomail.WithPassword(c.Password.Reveal()))
	}
	return opts
}

func (c Config) connect(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	fresh := &coalesced{Conn: raw}
	if c.TLS != Implicit {
		return fresh, nil
	}
	secure := tls.Client(fresh, c.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return secure, nil
}

// send carries one mail and tells by broken whether the connection can carry more.
func (c *conn) send(ctx context.Context, m *mail.Message) *mail.Failure {
	stop := context.AfterFunc(ctx, c.cut)
	stage, err := c.carry(m)
	failure, keep := sendFailure(ctx, stage, err)
	// The server may still hold the refused mail's sender.
	c.broken = !keep || failure != nil && c.session.Reset() != nil
	if !stop() { // cut off, perhaps after the server's last word
		c.broken = true
	}
	c.used = true
	c.stale = failure != nil && failure.Class == mail.Down && failure.Stage == "mail" && !keep
	return failure
}

func (c *conn) cut() {
	if c.raw != nil {
		_ = c.raw.Close()
	}
}

// quit takes leave of the server, briefly.
func (c *conn) quit() {
	_ = c.raw.SetDeadline(time.Now().Add(time.Second))
	_ = c.session.Quit()
	c.cut()
}

// letter writes a mail: the headers by the library, which folds and encodes them, then a
// part of text and one of HTML. Everything in it is the same for every attempt, the MIME
// boundary too.
func letter(b *bytes.Buffer, m *mail.Message) error {
	id, _, _ := strings.Cut(m.ID, "@")
	boundary := "b-" + id
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&m.From)
	msg.ToMailAddress(&netmail.Address{Address: m.To})
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Date)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	// Microsoft's mailboxes have words of their own. NDR is not among them: that a mail did not arrive is news.
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "DR, RN, NRN, OOF, AutoReply")
	if m.Language != "" {
		msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	}
	msg.SetGenHeader(gomail.HeaderContentType, "multipart/alternative; boundary="+boundary)
	if _, err := msg.WriteTo(b); err != nil {
		return err
	}
	for _, part := range []struct{ kind, text string }{{"plain", m.Text}, {"html", m.HTML}} {
		b.WriteString("\r\n--" + boundary +
			"\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/" + part.kind + "; charset=UTF-8\r\n\r\n")
		printable(b, part.text)
	}
	b.WriteString("\r\n--" + boundary + "--\r\n")
	return nil
}
