package mailbox_test

import (
	"errors"
	"net"
	"net/smtp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/load/mailbox"
)

const token = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"

func TestToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ mail, want string }{
		"plain":        {"Hello\r\nhttp://127.0.0.1:8080/a/" + token + "\r\n", token},
		"in a tag":     {`<a href=3D"http://id.example.com/a/` + token + `">`, token},
		"soft break":   {"http://id.example.com/a/" + token[:20] + "=\r\n" + token[20:] + "\r\n", token},
		"break in /a/": {"http://id.example.com/=\r\na/" + token + "\r\n", token},
		"too short":    {"http://id.example.com/a/short and nothing more", ""},
		"none":         {"Hello", ""},
		"second":       {"/a/b and http://id.example.com/a/" + token, token},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mailbox.Token([]byte(tc.mail)); got != tc.want {
				t.Errorf("token %q, want %q", got, tc.want)
			}
		})
	}
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	box, err := mailbox.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	send := func(to string) {
		t.Helper()
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(box.Port()))
		text := strings.NewReader("Subject: Hello\r\n\r\nhttp://id.example.com/a/" + token + "\r\n")
		body := make([]byte, text.Len())
		_, _ = text.Read(body)
		if err := smtp.SendMail(address, nil, "no-reply@example.com", []string{to}, body); err != nil {
			t.Fatal(err)
		}
	}
	send("one@example.com")
	send("two@example.com")
	send("two@example.com")
	if err := box.Wait(t.Context(), 2, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := box.Wait(t.Context(), 3, time.Millisecond); !errors.Is(err, mailbox.ErrMissing) {
		t.Errorf("waiting for a mail that does not come: %v", err)
	}
	mail, ok := box.Mail("two@example.com")
	if !ok || mail.Token != token || mail.Times != 2 || mail.At.IsZero() {
		t.Errorf("mail %+v", mail)
	}
	if n := box.Doubled(); n != 1 {
		t.Errorf("%d doubled, want 1", n)
	}
}
