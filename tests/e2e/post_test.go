package e2e_test

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/smtptest"
)

// by lays settings over each other; the later ones win.
func by(all ...map[string]string) map[string]string {
	merged := map[string]string{}
	for _, settings := range all {
		maps.Copy(merged, settings)
	}
	return merged
}

// through has a host send its mail through a server.
func through(s *smtptest.Server) map[string]string {
	return map[string]string{
		"mail.provider": "smtp", "mail.smtp.host": s.Host, "mail.smtp.port": strconv.Itoa(s.Port), "mail.smtp.tls": "off",
	}
}

// letter is a mail as its reader has it.
type letter struct {
	to, id, subject, text, token string
}

var tokenInLink = regexp.MustCompile(`/a/([0-9A-Za-z]{43})`)

// opened takes a mail apart.
func opened(t testing.TB, m smtptest.Received) letter {
	t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	l := letter{to: m.To, id: message.Header.Get("Message-Id")}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	part, err := multipart.NewReader(message.Body, parameters["boundary"]).NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	var body io.Reader = part
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(part)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	l.text = string(text)
	if match := tokenInLink.FindStringSubmatch(l.text); match != nil {
		l.token = match[1]
	}
	return l
}

// lettersTo are the mails that a server got for one address, oldest first.
func lettersTo(t testing.TB, s *smtptest.Server, address string) (all []letter) {
	t.Helper()
	for _, m := range s.Mails() {
		if m.To == address {
			all = append(all, opened(t, m))
		}
	}
	return all
}

// letterTo waits for the nth mail to an address.
func letterTo(t testing.TB, s *smtptest.Server, address string, n int) letter {
	t.Helper()
	hosttest.Until(t, "mail to "+address, func() bool { return len(lettersTo(t, s, address)) >= n })
	return lettersTo(t, s, address)[n-1]
}

// ownerByPost is [newTenant] where the mail leaves through a server.
func ownerByPost(t testing.TB, h *hosttest.Host, s *smtptest.Server) *tenant {
	t.Helper()
	email := newAddress("owner")
	signUp(t, h, email, "By Post")
	owner := activate(t, h, letterTo(t, s, email, 1).token, "Olive Owner")
	return &tenant{t: t, host: h, owner: owner, id: owner.Tenant.ID}
}
