package sink_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/mail/smtp"
)

func start(t testing.TB, c sink.Config) *sink.Sink {
	t.Helper()
	s, err := sink.Start(sink.Deps{Clock: core.SystemClock{}, Log: slog.New(slog.DiscardHandler)}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// send hands mails to the sink the way the product does.
func send(t testing.TB, s *sink.Sink, mails ...*mail.Message) {
	t.Helper()
	host, port := s.Addr()
	p, err := smtp.New(smtp.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")},
		smtp.Config{Name: "sink", Host: host, Port: port, TLS: smtp.Off})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, m := range mails {
		if err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

func to(address, subject string) *mail.Message {
	return &mail.Message{
		ID: "1@example.com", From: netmail.Address{Name: "Usher", Address: "no-reply@example.com"}, To: address, Subject: subject,
		Text: "Hello Grâce,\n\nopen http://127.0.0.1:8080/a/" + strings.Repeat("x", 90) + ". Bye.\n",
		HTML: `<a href="http://127.0.0.1:8080/a/` + strings.Repeat("x", 90) + `">Open</a> <a href='https://example.com/?a=1&amp;b=2'>Help</a>`,
		Date: time.Now(),
	}
}

func TestMailIsTakenApart(t *testing.T) {
	t.Parallel()
	s := start(t, sink.Config{})
	send(t, s, to("grace@example.com", "Grüße aus Köln"))
	mails, err := s.Wait(t.Context(), "GRACE@example.com", 1)
	if err != nil {
		t.Fatal(err)
	}
	m := mails[0]
	if m.Subject != "Grüße aus Köln" || m.From != "no-reply@example.com" || m.To != "grace@example.com" || m.ReceivedAt.IsZero() {
		t.Errorf("got %+v", m)
	}
	if _, err := core.ParseID(m.ID); err != nil {
		t.Errorf("its id is %q", m.ID)
	}
	if !strings.HasPrefix(m.Text, "Hello Grâce,") || !strings.HasPrefix(m.HTML, "<a href=") {
		t.Errorf("got text %q and HTML %q", m.Text, m.HTML)
	}
	if got := m.Headers["Message-Id"]; !slices.Equal(got, []string{"<1@example.com>"}) {
		t.Errorf("headers: %v", m.Headers)
	}
	want := []string{"http://127.0.0.1:8080/a/" + strings.Repeat("x", 90), "https://example.com/?a=1&b=2"}
	if !slices.Equal(m.Links, want) {
		t.Errorf("links: %q, want %q", m.Links, want)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s := start(t, sink.Config{})
	for i := range 3 {
		send(t, s, to("a@example.com", fmt.Sprint("a", i)), to("b@example.com", fmt.Sprint("b", i)))
	}
	for _, tt := range []struct {
		to    string
		limit int
		want  []string
	}{
		{"", 0, []string{"b2", "a2", "b1", "a1", "b0", "a0"}},
		{"", 2, []string{"b2", "a2"}},
		{"a@example.com", 0, []string{"a2", "a1", "a0"}},
		{"a@example.com", 1, []string{"a2"}},
		{"c@example.com", 0, nil},
	} {
		var got []string
		for _, m := range s.List(tt.to, tt.limit) {
			got = append(got, m.Subject)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("List(%q, %d) = %v, want %v", tt.to, tt.limit, got, tt.want)
		}
	}
	s.Clear()
	if n := len(s.List("", 0)); n != 0 {
		t.Errorf("%d mails are left", n)
	}
}

func TestOldestAreDropped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]sink.Config{"by number": {Keep: 3}, "by size": {KeepBytes: 3000}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, c)
			for i := range 10 {
				send(t, s, to("a@example.com", fmt.Sprint(i)))
			}
			mails := s.List("", 0)
			if len(mails) == 0 || len(mails) > 4 || mails[0].Subject != "9" {
				t.Errorf("kept %d mails", len(mails))
			}
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := start(t, sink.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Wait(ctx, "", 1); err == nil {
		t.Error("no error")
	}
}

// TestNotMIME hands over what no mail program would.
func TestNotMIME(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"nothing": "", "no header": "\r\nbare text https://example.com/x\r\n", "broken header": "no colon here\r\n\r\nx\r\n",
		"open boundary":  "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhalf\r\n",
		"strange coding": "Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: x\r\n\r\nx\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sink.Config{})
			dialogue(t, s, "HELO x", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA", raw+"\r\n.")
			if mails, err := s.Wait(t.Context(), "b@example.com", 1); err != nil || len(mails) != 1 {
				t.Errorf("got %d mails, %v", len(mails), err)
			}
		})
	}
}

func dialogue(t *testing.T, s *sink.Sink, lines ...string) {
	t.Helper()
	host, port := s.Addr()
	c, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer := make([]byte, 512)
	for _, line := range append([]string{""}, lines...) {
		if line != "" {
			if _, err := c.Write([]byte(line + "\r\n")); err != nil {
				t.Fatal(err)
			}
		}
		n, err := c.Read(answer)
		if err != nil || answer[0] > '3' {
			t.Fatalf("%q: %q, %v", line, answer[:n], err)
		}
	}
}
