package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/smtp"
	"github.com/usher-id/usher/tests/smtptest"
)

var when = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func message(n string) *mail.Message {
	return &mail.Message{
		ID:   "0190a1b2-0000-7000-8000-00000000000" + n + "@example.com",
		From: netmail.Address{Name: "Usher", Address: "no-reply@example.com"}, To: "grace@example.com",
		Subject: "Grüße", Text: "text part\n", HTML: "<p>html part</p>", Language: "de", Date: when,
	}
}

// provider gives one that sends to the server, tuned for the test by change.
func provider(t testing.TB, s *smtptest.Server, change func(*smtp.Config)) *smtp.Provider {
	t.Helper()
	c := smtp.Config{Host: s.Host, Port: s.Port, TLS: smtp.Off, HELO: "example.com"}
	if change != nil {
		change(&c)
	}
	p, err := smtp.New(smtp.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func failure(t *testing.T, err error) *mail.Failure {
	t.Helper()
	f, ok := err.(*mail.Failure) //nolint:errorlint // the type is the contract
	if !ok {
		t.Fatalf("%v is not a *mail.Failure", err)
	}
	return f
}

func TestMailOnTheWire(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	p := provider(t, s, nil)
	for range 2 { // an attempt and its retry
		if err := p.Send(t.Context(), message("1")); err != nil {
			t.Fatal(err)
		}
	}
	mails := s.Wait(2)
	if !bytes.Equal(mails[0].Raw, mails[1].Raw) {
		t.Error("the second attempt differs from the first")
	}
	if mails[0].HELO != "example.com" || mails[0].From != "no-reply@example.com" || mails[0].To != "grace@example.com" {
		t.Errorf("the envelope is %+v", mails[0])
	}
	raw := string(mails[0].Raw)
	for _, want := range []string{
		"Message-ID: <0190a1b2-0000-7000-8000-000000000001@example.com>\r\n",
		"Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n",
		"Auto-Submitted: auto-generated\r\n", "Subject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?=\r\n", "text part", "html part",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("the mail lacks %q:\n%s", want, raw)
		}
	}
	headers, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply", "Content-Language": "de",
		"Content-Type": "multipart/alternative; boundary=b-0190a1b2-0000-7000-8000-000000000001", "Mime-Version": "1.0",
		// What a transactional mail does not have: nobody subscribed, and relays name their own feedback.
		"List-Unsubscribe": "", "List-Unsubscribe-Post": "", "List-Id": "", "Precedence": "", "Feedback-Id": "",
		"Reply-To": "", "Sender": "", "Return-Path": "", "Bcc": "", "Disposition-Notification-To": "", "Return-Receipt-To": "",
	} {
		if got := strings.Join(headers.Header[name], "|"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, leak := range []string{"User-Agent", "X-Mailer", "go-mail", "Received:"} {
		if strings.Contains(raw, leak) {
			t.Errorf("the mail says %q", leak)
		}
	}
}

// TestContentArrivesAsItIs sends what means something to SMTP or to quoted-printable, and
// reads it with other people's code.
func TestContentArrivesAsItIs(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	p := provider(t, s, nil)
	texts := []string{
		".\n..\n.dot\n\n.\nQUIT\n" + strings.Repeat(".", 200) + "\nend", "", "\n", "a\n", "\n\nb", "windows\r\nlines\r\n",
		"a=b = c=3D\n=", "blanks at the end \nand\t\n \n  in  between", "blank at the very end ", "\x00\x7f\u00a0\ufffd€ 🜁",
	}
	for n := range 8 { // whatever stands where a line must break
		for _, word := range []string{"a", " ", "=", "ü", "€", "🜁", " x", "x=", "\t="} {
			texts = append(texts, strings.Repeat("-", 70+n)+strings.Repeat(word, 90)+"\n"+word)
		}
	}
	for i, text := range texts {
		m := message("1")
		m.Text, m.HTML = text, "<p>"+text+"</p>\n"
		if err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		raw := s.Wait(i + 1)[i].Raw
		for line := range bytes.Lines(raw) {
			if len(line) > 78 || !bytes.HasSuffix(line, []byte("\r\n")) || bytes.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
				t.Errorf("of %q: the line %q", text, line)
			}
		}
		read, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		_, params, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(read.Body, params["boundary"])
		for _, want := range []string{m.Text, m.HTML} {
			part, err := parts.NextPart() // decodes quoted-printable
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(part)
			if err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != strings.ReplaceAll(want, "\r\n", "\n") {
				t.Errorf("%q, %v arrives, want %q", got, err, want)
			}
		}
		if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
			t.Errorf("%v after the last part", err)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	at := func(stage smtptest.Stage, r smtptest.Reply) func(smtptest.Stage, int) *smtptest.Reply {
		return func(s smtptest.Stage, _ int) *smtptest.Reply {
			if s == stage {
				return &r
			}
			return nil
		}
	}
	for _, tt := range []struct {
		name   string
		script func(smtptest.Stage, int) *smtptest.Reply
		class  mail.Class
		stage  string
		code   string
	}{
		{"unknown mailbox", at(smtptest.Rcpt, smtptest.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "no such user grace@example.com"}), mail.Permanent, "rcpt", "550 5.1.1"},
		{"greylisting", at(smtptest.Rcpt, smtptest.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}}), mail.Temporary, "rcpt", "451 4.7.1"},
		{"mailbox full", at(smtptest.Rcpt, smtptest.Reply{Code: 452, Enhanced: [3]int{4, 2, 2}}), mail.Temporary, "rcpt", "452 4.2.2"},
		{"authentication required", at(smtptest.Rcpt, smtptest.Reply{Code: 530, Enhanced: [3]int{5, 7, 0}}), mail.Refused, "rcpt", "530 5.7.0"},
		{"a session that ran out", at(smtptest.Rcpt, smtptest.Reply{Code: 535, Enhanced: [3]int{5, 7, 8}}), mail.Refused, "rcpt", "535 5.7.8"},
		{"sender refused", at(smtptest.Mail, smtptest.Reply{Code: 553, Enhanced: [3]int{5, 7, 1}}), mail.Refused, "mail", "553 5.7.1"},
		{"too many mails", at(smtptest.Mail, smtptest.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}}), mail.Down, "mail", "452 4.3.1"},
		{"shutting down", at(smtptest.Rcpt, smtptest.Reply{Code: 421, Enhanced: [3]int{4, 3, 2}}), mail.Down, "rcpt", "421 4.3.2"},
		{"content refused", at(smtptest.Accept, smtptest.Reply{Code: 554, Enhanced: [3]int{5, 7, 1}}), mail.Permanent, "accept", "554 5.7.1"},
		{"no room for the content", at(smtptest.Accept, smtptest.Reply{Code: 452, Enhanced: [3]int{4, 3, 1}}), mail.Temporary, "accept", "452 4.3.1"},
		{"connection lost before the mail", at(smtptest.Mail, smtptest.Reply{Drop: true}), mail.Down, "mail", ""},
		{"connection lost at the recipient", at(smtptest.Rcpt, smtptest.Reply{Drop: true}), mail.Down, "rcpt", ""},
		{"connection lost after the final dot", at(smtptest.Accept, smtptest.Reply{Drop: true}), mail.Unknown, "accept", ""},
		{"not welcome", at(smtptest.Hello, smtptest.Reply{Code: 554, Enhanced: [3]int{5, 7, 1}}), mail.Refused, "connect", "554 5.7.1"},
		{"busy", at(smtptest.Hello, smtptest.Reply{Code: 421, Enhanced: [3]int{4, 3, 2}}), mail.Down, "connect", "421 4.3.2"},
	} {
		for way, oneByOne := range ways {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				t.Parallel()
				s := smtptest.Start(t, smtptest.Options{OneByOne: oneByOne})
				s.Script(tt.script)
				p := provider(t, s, nil)
				f := failure(t, p.Send(t.Context(), message("1")))
				if f.Class != tt.class || f.Stage != tt.stage || f.Code != tt.code {
					t.Errorf("got %s at %s with %q, want %s at %s with %q", f.Class, f.Stage, f.Code, tt.class, tt.stage, tt.code)
				}
				if strings.Contains(f.Error(), "grace") {
					t.Errorf("%q holds the address", f.Error())
				}
				s.Script(nil)
				if err := p.Send(t.Context(), message("2")); err != nil {
					t.Errorf("the next mail failed: %v", err)
				}
			})
		}
	}
}

// ways are the two kinds of servers: those that take commands in groups, and the others.
var ways = map[string]bool{"grouped": false, "one by one": true}

func TestCommandsAreGroupedWhereAnnounced(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options smtptest.Options
		tls     smtp.TLS
		want    int
	}{
		"announced":            {smtptest.Options{}, smtp.Off, 2},
		"announced, under TLS": {smtptest.Options{Implicit: true}, smtp.Implicit, 2},
		"not announced":        {smtptest.Options{OneByOne: true}, smtp.Off, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, tt.options)
			p := provider(t, s, func(c *smtp.Config) { c.TLS, c.RootCAs = tt.tls, s.CAs })
			for range 2 {
				if err := p.Send(t.Context(), message("1")); err != nil {
					t.Fatal(err)
				}
			}
			if n := s.Grouped(); n != tt.want || len(s.Wait(2)) != 2 {
				t.Errorf("the commands of %d mails came at once, want %d", n, tt.want)
			}
		})
	}
}

// TestServerWantsTheContentOfARefusedMail has a server that answers 354 though it took no
// recipient, as RFC 2920 §3.1 lets it: it gets an empty content, never the mail.
func TestServerWantsTheContentOfARefusedMail(t *testing.T) {
	t.Parallel()
	replies := map[string]string{
		"EHLO": "250-localhost\r\n250 PIPELINING", "MAIL": "250 2.1.0 Yes", "RCPT": "550 5.1.1 Nobody", "DATA": "354 Go on",
		".": "554 5.5.1 No valid recipients", "RSET": "250 2.0.0 Yes",
	}
	heard := make(chan string, 100)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "220 localhost\r\n")
		for lines := bufio.NewScanner(c); lines.Scan(); {
			verb, _, _ := strings.Cut(lines.Text(), " ")
			heard <- verb
			_, _ = io.WriteString(c, replies[verb]+"\r\n")
		}
	}()
	p := provider(t, &smtptest.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}, nil)
	for range 2 { // over one connection: there is no second Accept
		if f := failure(t, p.Send(t.Context(), message("1"))); f.Class != mail.Permanent || f.Stage != "rcpt" || f.Code != "550 5.1.1" {
			t.Errorf("got %v", f)
		}
	}
	for i, want := range []string{"EHLO", "MAIL", "RCPT", "DATA", ".", "RSET", "MAIL", "RCPT", "DATA", ".", "RSET"} {
		if got := <-heard; got != want {
			t.Fatalf("line %d is %q, want %q", i, got, want)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	s.Stop()
	if f := failure(t, provider(t, s, nil).Send(t.Context(), message("1"))); f.Class != mail.Down || f.Stage != "connect" {
		t.Errorf("got %v", f)
	}
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	secret := core.Secret("correct horse")
	auth := func(mode smtp.TLS, password core.Secret, trust bool) func(*smtptest.Server, *smtp.Config) {
		return func(s *smtptest.Server, c *smtp.Config) {
			c.TLS = mode
			if password != "" {
				c.Username, c.Password = "usher", password
			}
			if trust {
				c.RootCAs = s.CAs
			}
		}
	}
	for _, tt := range []struct {
		name    string
		options smtptest.Options
		config  func(*smtptest.Server, *smtp.Config)
		class   mail.Class // "" for a mail that is accepted
		stage   string
	}{
		{"STARTTLS", smtptest.Options{TLS: true}, auth(smtp.StartTLS, "", true), "", ""},
		{"STARTTLS and AUTH", smtptest.Options{TLS: true, Username: "usher", Password: "correct horse"}, auth(smtp.StartTLS, secret, true), "", ""},
		{"implicit and AUTH", smtptest.Options{Implicit: true, Username: "usher", Password: "correct horse"}, auth(smtp.Implicit, secret, true), "", ""},
		{"AUTH on loopback without TLS", smtptest.Options{Username: "usher", Password: "correct horse"}, auth(smtp.Off, secret, true), "", ""},
		{"STARTTLS missing", smtptest.Options{}, auth(smtp.StartTLS, "", true), mail.Refused, "tls"},
		{"STARTTLS, certificate of a stranger", smtptest.Options{TLS: true}, auth(smtp.StartTLS, "", false), mail.Refused, "tls"},
		{"implicit, certificate of a stranger", smtptest.Options{Implicit: true}, auth(smtp.Implicit, "", false), mail.Refused, "tls"},
		{"wrong password", smtptest.Options{TLS: true, Username: "usher", Password: "other"}, auth(smtp.StartTLS, secret, true), mail.Refused, "auth"},
		{"AUTH missing", smtptest.Options{TLS: true}, auth(smtp.StartTLS, secret, true), mail.Refused, "auth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, tt.options)
			err := provider(t, s, func(c *smtp.Config) { tt.config(s, c) }).Send(t.Context(), message("1"))
			if tt.class == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if f := failure(t, err); f.Class != tt.class || f.Stage != tt.stage {
				t.Errorf("got %v, want %s at %s", f, tt.class, tt.stage)
			}
			if strings.Contains(err.Error(), secret.Reveal()) {
				t.Error("the failure holds the password")
			}
			if n := len(s.Mails()); n != 0 {
				t.Errorf("%d mails left all the same", n)
			}
		})
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	p := provider(t, s, func(c *smtp.Config) { c.Connections = 3 })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				if err := p.Send(t.Context(), message("1")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, mails := s.Connections(), len(s.Mails()); mails != 40 || n > 3 {
		t.Errorf("%d mails over %d connections", mails, n)
	}
}

func TestConnectionSurvivesARefusal(t *testing.T) {
	t.Parallel()
	for _, refused := range []smtptest.Stage{smtptest.Mail, smtptest.Rcpt} {
		for way, oneByOne := range ways {
			t.Run(string(refused)+", "+way, func(t *testing.T) {
				t.Parallel()
				s := smtptest.Start(t, smtptest.Options{OneByOne: oneByOne})
				s.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
					if stage == refused && n == 1 {
						return &smtptest.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}}
					}
					return nil
				})
				p := provider(t, s, nil)
				_ = failure(t, p.Send(t.Context(), message("1")))
				if err := p.Send(t.Context(), message("2")); err != nil {
					t.Fatal(err)
				}
				if n := s.Connections(); n != 1 {
					t.Errorf("it took %d connections", n)
				}
			})
		}
	}
}

// TestIdleConnectionClosedByServer restarts the server between two mails: the
// second mail finds its connection dead, dials again and is accepted.
func TestIdleConnectionClosedByServer(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	p := provider(t, s, nil)
	if err := p.Send(t.Context(), message("1")); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Restart()
	if err := p.Send(t.Context(), message("2")); err != nil {
		t.Fatal(err)
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	p := provider(t, s, func(c *smtp.Config) { c.Idle = time.Millisecond })
	if err := p.Send(t.Context(), message("1")); err != nil {
		t.Fatal(err)
	}
	s.WaitGone(1)
}

// TestContextEndsAMail has a server that never answers: the mail ends with its
// context, and what is not known to be refused counts as perhaps accepted.
func TestContextEndsAMail(t *testing.T) {
	t.Parallel()
	for stage, class := range map[smtptest.Stage]mail.Class{
		smtptest.Hello: mail.Down, smtptest.Rcpt: mail.Down, smtptest.Accept: mail.Unknown,
	} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			hang := make(chan struct{})
			defer close(hang)
			s.Script(func(at smtptest.Stage, _ int) *smtptest.Reply {
				if at == stage {
					cancel()
					return &smtptest.Reply{Hang: hang}
				}
				return nil
			})
			f := failure(t, provider(t, s, nil).Send(ctx, message("1")))
			if f.Class != class {
				t.Errorf("got %v, want %s", f, class)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config smtp.Config
		want   string
	}{
		{"no host", smtp.Config{}, "host is required"},
		{"off for a stranger", smtp.Config{Host: "mail.example.com", TLS: smtp.Off}, "loopback"},
		{"unknown mode", smtp.Config{Host: "mail.example.com", TLS: "maybe"}, "required, implicit or off"},
		{"user without password", smtp.Config{Host: "mail.example.com", Username: "usher"}, "belong together"},
		{"port", smtp.Config{Host: "mail.example.com", Port: 70000}, "between 1 and 65535"},
		{"good", smtp.Config{Host: "mail.example.com"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := smtp.New(smtp.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")}, tt.config)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func BenchmarkSend(b *testing.B) {
	s := smtptest.Start(b, smtptest.Options{})
	p := provider(b, s, nil)
	m := message("1")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := p.Send(b.Context(), m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
