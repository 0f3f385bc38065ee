package mail_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/dkim"
	"github.com/usher-id/usher/core/mail/smtp"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/tests/eximtest"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// through gives a provider that sends by Exim, tuned by change.
func through(t *testing.T, e *eximtest.Server, change func(*smtp.Config)) *smtp.Provider {
	t.Helper()
	c := smtp.Config{
		Name: "exim", Host: e.Host, Port: e.Port, RootCAs: e.CAs, HELO: "example.com", Username: eximtest.Username, Password: eximtest.Password,
	}
	if change != nil {
		change(&c)
	}
	p, err := smtp.New(smtp.Deps{Log: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider().Tracer("")}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// dkimKeys makes one key of each kind, and the DNS that has them.
func dkimKeys(t *testing.T) (*dkim.Signer, func(string) ([]string, error)) {
	t.Helper()
	var keys []*dkim.Key
	zone := map[string]string{}
	for _, kind := range []dkim.Kind{dkim.RSA, dkim.Ed25519} {
		text, err := dkim.Generate(kind)
		file := filepath.Join(t.TempDir(), "key.pem")
		if err = errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		key, err := dkim.Read(dkim.Config{Domain: "example.com", Selector: string(kind), File: file})
		if err != nil {
			t.Fatal(err)
		}
		name, record, err := key.Record()
		if err != nil {
			t.Fatal(err)
		}
		keys, zone[name] = append(keys, key), record
	}
	return dkim.NewSigner(keys), func(name string) ([]string, error) { return []string{zone[name]}, nil }
}

// TestThroughExim has mails leave by a mail server as the world has them: it defers one, relays,
// and writes a bounce when the next server refuses a recipient.
func TestThroughExim(t *testing.T) {
	t.Parallel()
	world := smtptest.Start(t, smtptest.Options{})
	exim := eximtest.Start(t, world)
	signer, dns := dkimKeys(t)
	var path *mail.ReturnPath
	h := newHostWith(t, pgtest.New(t), at(world), tracenoop.NewTracerProvider().Tracer(""), func(d *mail.Deps, _ *mail.Config) {
		var err error
		if path, err = mail.NewReturnPath("bounces@example.com", true, d.Linker.(mail.Marker)); err != nil {
			t.Fatal(err)
		}
		d.ReturnPath, d.Providers = path, []mail.Provider{through(t, exim, func(c *smtp.Config) { c.DKIM = signer })}
	})

	greylisted(t, h)
	relayed := world.Wait(1)[0]
	if relayed.To != "grey@example.com" || !bytes.Contains(relayed.Raw, []byte("by relay.example.com")) || !bytes.Contains(relayed.Raw, []byte("TLS1.3")) {
		t.Errorf("relayed to %s:\n%s", relayed.To, relayed.Raw)
	}
	verified, err := msgauth.VerifyWithOptions(bytes.NewReader(relayed.Raw), &msgauth.VerifyOptions{LookupTXT: dns})
	if err != nil || len(verified) != 2 || verified[0].Err != nil || verified[1].Err != nil {
		t.Errorf("signatures: %v, %v", verified, err)
	}

	world.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
		if stage == smtptest.Rcpt && n == 1 {
			return &smtptest.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "no such user"}
		}
		return nil
	})
	message, token := h.signup(t, "nobody", "")
	if err := h.sender.SendMail(t.Context(), first(message)); err != nil {
		t.Fatal(err)
	}
	report := world.Wait(2)[1]
	if report.From != "" || report.To != path.For(message) || bytes.Contains(report.Raw, []byte(token.Reveal())) {
		t.Errorf("from %q to %q, and the link must not be in it:\n%s", report.From, report.To, report.Raw)
	}
	takesBounce(t, h, path, message, report.Raw)

	if left := len(world.Mails()); left != 2 {
		t.Errorf("%d mails left", left)
	}
}

// greylisted sends a mail that the server defers at first.
func greylisted(t *testing.T, h *host) {
	t.Helper()
	message, _ := h.signup(t, eximtest.Grey, "")
	f := failure(t, h.sender.SendMail(t.Context(), first(message)))
	if f.Class != mail.Temporary || f.Code != "451 4.7.1" || f.Backoff() != time.Minute {
		t.Errorf("greylisting: %v, again after %v", f, f.Backoff())
	}
	if err := h.sender.SendMail(t.Context(), core.MailAttempt{MessageID: message, Number: 2}); err != nil {
		t.Fatal(err)
	}
}

func takesBounce(t *testing.T, h *host, path *mail.ReturnPath, message core.ID, raw []byte) {
	t.Helper()
	bounces, err := mail.NewBounces(mail.BouncesDeps{
		Store: h.Store, Path: path, Log: slog.New(slog.DiscardHandler), Tracer: h.tracer, Signals: signal.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	local, _, _ := strings.Cut(path.For(message), "@")
	forged := bytes.ReplaceAll(raw, []byte(local[len(local)-8:]), []byte("aaaaaaaa"))
	for _, tt := range []struct {
		name    string
		raw     []byte
		outcome core.ReportOutcome
		ignored string
	}{
		{"forged", forged, "", "not_our_return_path"},
		{"no report", []byte("Subject: I am away\r\nTo: " + path.For(message) + "\r\n\r\nUntil Monday.\r\n"), "", "not_a_report"},
		{"the report", raw, core.ReportChanged, ""},
		{"again", raw, core.ReportRepeated, ""},
	} {
		b, err := bounces.TakeBounce(t.Context(), tt.raw, "")
		if err != nil || b.Outcome != tt.outcome || b.Ignored != tt.ignored {
			t.Errorf("%s: %+v, %v", tt.name, b, err)
		}
	}
	h.until(t, "SELECT delivery = 'bounced' AND delivery_reason LIKE 'status_5_%' AND provider = 'exim' FROM messages WHERE id = $1", [16]byte(message))
	h.until(t, "SELECT count(*) = 1 FROM events WHERE type = 'MessageBounced' AND data->>'provider' = 'exim'")
}

// TestEximRefusesUs tells apart what is wrong with us from what is wrong with a mail.
func TestEximRefusesUs(t *testing.T) {
	t.Parallel()
	exim := eximtest.Start(t, smtptest.Start(t, smtptest.Options{}))
	for _, tt := range []struct {
		name        string
		change      func(*smtp.Config)
		stage, code string
	}{
		{"wrong password", func(c *smtp.Config) { c.Password = "wrong" }, "auth", "535"},
		{"a certificate of nobody that we trust", func(c *smtp.Config) { c.RootCAs = nil }, "tls", ""},
	} {
		b, m := sender(t, 1, func(d *mail.Deps, _ *mail.Config) { d.Providers = []mail.Provider{through(t, exim, tt.change)} })
		f := failure(t, b.SendMail(t.Context(), first(m[0].MessageID)))
		if f.Class != mail.Refused || f.Stage != tt.stage || f.Code != tt.code || f.Snooze() == 0 {
			t.Errorf("%s: %v, again after %v without being counted", tt.name, f, f.Snooze())
		}
	}
}
