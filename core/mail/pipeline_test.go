package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

func startSink(t testing.TB) (*sink.Sink, server) {
	t.Helper()
	s, err := sink.Start(sink.Deps{Clock: core.SystemClock{}, Log: slog.New(slog.DiscardHandler)}, sink.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	at, port := s.Addr()
	return s, server{name: "sink", host: at, port: port, sink: s}
}

func at(s *smtptest.Server) server { return server{name: "smtp", host: s.Host, port: s.Port} }

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// TestSignupMailArrives goes from the commit of a signup to the mailbox: the link
// is the one whose hash was stored, and every step is a span of the request's trace.
func TestSignupMailArrives(t *testing.T) {
	t.Parallel()
	mailbox, to := startSink(t)
	spans := tracetest.NewInMemoryExporter()
	h := newHost(t, pgtest.New(t), to, sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer(""))
	h.work(t)
	message, token := h.signup(t, "ada", parent)
	mails, err := mailbox.Wait(t.Context(), "ada@example.com", 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"https://id.example.com/a/" + token.Reveal()}; !slices.Equal(mails[0].Links, want) {
		t.Errorf("links %q, want %q", mails[0].Links, want)
	}
	h.until(t, "SELECT status = 'sent' AND provider = 'sink' AND attempts = 1 FROM messages WHERE id = $1", [16]byte(message))
	h.until(t, "SELECT state = 'completed' FROM river_job")

	chain := map[string]string{} // span to parent, by name
	byID := map[string]string{"b7ad6b7169203331": "request"}
	for _, s := range spans.GetSpans() {
		byID[s.SpanContext.SpanID().String()] = s.Name
	}
	for _, s := range spans.GetSpans() {
		chain[s.Name] = byID[s.Parent.SpanID().String()]
		if s.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is in trace %s", s.Name, s.SpanContext.TraceID())
		}
		if text := fmt.Sprintf("%+v", s); strings.Contains(text, token.Reveal()) || strings.Contains(text, "ada@") {
			t.Errorf("%s says too much: %s", s.Name, text)
		}
	}
	for name, want := range map[string]string{
		signal.SpanJobWork: "request", signal.SpanMailSend: signal.SpanJobWork,
		signal.SpanMailRender: signal.SpanMailSend, signal.SpanSMTP: signal.SpanMailSend,
	} {
		if chain[name] != want {
			t.Errorf("%s is below %q, want %q", name, chain[name], want)
		}
	}
}

// TestRetryIsTheSameMail has the server take a mail and then say that it did not.
func TestRetryIsTheSameMail(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]smtptest.Reply{
		"refused for now": {Code: 451, Enhanced: [3]int{4, 3, 0}}, "no answer": {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{})
			s.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
				if stage == smtptest.Accept && n == 1 {
					return &reply
				}
				return nil
			})
			h := newHost(t, pgtest.New(t), at(s), tracenoop.NewTracerProvider().Tracer(""))
			h.work(t)
			message, _ := h.signup(t, "ada", "")
			mails := s.Wait(2)
			if !bytes.Equal(mails[0].Raw, mails[1].Raw) {
				t.Errorf("the second mail differs:\n%s\n%s", mails[0].Raw, mails[1].Raw)
			}
			h.until(t, "SELECT status = 'sent' AND attempts = 2 FROM messages WHERE id = $1", [16]byte(message))
		})
	}
}

// hanging is a store whose process dies before it records.
type hanging struct {
	*host
	died <-chan struct{}
}

func (s hanging) RecordDeliveries(ctx context.Context, _ []core.Delivery) error {
	select {
	case <-s.died:
	case <-ctx.Done():
	}
	return context.Canceled
}

// TestKilledBetweenAcceptAndRecord has a process die when the server has taken the
// mail and nobody else knows. Another one finds the job and sends the same mail again.
func TestKilledBetweenAcceptAndRecord(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	h := newHost(t, pgtest.New(t), at(s), tracenoop.NewTracerProvider().Tracer(""))
	message, _ := h.signup(t, "ada", "")
	died := make(chan struct{})
	first := h.newSender(t, hanging{h, died}, at(s), nil)
	gone := make(chan error, 1)
	go func() { gone <- first.SendMail(t.Context(), core.MailAttempt{MessageID: message, Number: 1}) }()
	s.Wait(1)
	if _, err := h.JobPool().Exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '4 min', attempted_by = '{gone}'`); err != nil {
		t.Fatal(err)
	}
	h.work(t)
	mails := s.Wait(2)
	if !bytes.Equal(mails[0].Raw, mails[1].Raw) {
		t.Error("the second mail differs")
	}
	h.until(t, "SELECT status = 'sent' AND attempts = 2 FROM messages WHERE id = $1", [16]byte(message))
	close(died)
	if err := <-gone; err == nil {
		t.Error("the process that died recorded the mail")
	}
}

// TestServerDownAndBack commits while nobody listens. Nothing is lost, no attempt
// is counted, and all mails leave soon after the server is back.
func TestServerDownAndBack(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	s.Stop()
	h := newHost(t, pgtest.New(t), at(s), tracenoop.NewTracerProvider().Tracer(""))
	h.work(t)
	const n = 120 // more than there are workers
	for i := range n {
		h.signup(t, fmt.Sprint("ada", i), "")
	}
	h.until(t, "SELECT count(*) FILTER (WHERE state = 'running') = 100 FROM river_job") // all workers wait
	s.Restart()
	back := time.Now()
	s.Wait(n)
	if took := time.Since(back); took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	h.until(t, "SELECT count(*) = $1 FROM messages WHERE status = 'sent' AND attempts = 1", n)
	h.until(t, "SELECT count(*) = $1 FROM river_job WHERE state = 'completed' AND attempt = 1 AND errors IS NULL", n)
}

// TestRefusedCredentials has the server turn our password down: no attempt of any mail is
// counted and nothing is given up, and all leave when somebody has put it right.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Username: "usher", Password: "secret"})
	refused := make(chan struct{})
	s.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
		if stage != smtptest.Auth {
			return nil
		}
		if n == 1 {
			close(refused)
		}
		return &smtptest.Reply{Code: 535, Enhanced: [3]int{5, 7, 8}}
	})
	to := at(s)
	to.as = "usher"
	h := newHostWith(t, pgtest.New(t), to, tracenoop.NewTracerProvider().Tracer(""), func(_ *mail.Deps, c *mail.Config) {
		c.ProbeRefused, c.Patience = 100*time.Millisecond, 10*time.Millisecond
	})
	h.work(t)
	const n = 40
	for i := range n {
		h.signup(t, fmt.Sprint("ada", i), "")
	}
	<-refused
	h.until(t, "SELECT count(*) FILTER (WHERE metadata ? 'snoozes' AND errors IS NULL) = $1 FROM river_job", n)
	h.until(t, "SELECT count(*) = $1 FROM messages WHERE status = 'pending' AND attempts = 0", n)
	if up, reason, _ := h.sender.Health(); up || reason != "refused: 535 5.7.8" {
		t.Errorf("health: %v, %q", up, reason)
	}
	s.Script(nil)
	s.Wait(n)
	h.until(t, "SELECT count(*) = $1 FROM messages WHERE status = 'sent' AND attempts = 1", n)
}

func TestUnknownMailbox(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	s.Script(func(stage smtptest.Stage, _ int) *smtptest.Reply {
		if stage == smtptest.Rcpt {
			return &smtptest.Reply{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "no ada@example.com here"}
		}
		return nil
	})
	h := newHost(t, pgtest.New(t), at(s), tracenoop.NewTracerProvider().Tracer(""))
	h.work(t)
	message, _ := h.signup(t, "ada", "")
	h.until(t, "SELECT status = 'failed' AND reason = 'permanent: 550 5.1.1' FROM messages WHERE id = $1", [16]byte(message))
	h.until(t, "SELECT state = 'cancelled' AND errors::text NOT LIKE '%ada@%' FROM river_job")
}

// BenchmarkJobToSink works off 1,000 jobs that are there already, with fsync on.
func BenchmarkJobToSink(b *testing.B) {
	const n = 1000
	mailbox, to := startSink(b)
	db := pgtest.Dedicated(b, pgtest.Options{Migrate: true})
	b.ReportAllocs()
	sent := 0
	for b.Loop() {
		b.StopTimer()
		h := newHost(b, db.URL("usher"), to, tracenoop.NewTracerProvider().Tracer(""))
		mailbox.Clear()
		preload(b, h, n)
		b.StartTimer()
		if err := h.jobs.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		h.until(b, "SELECT count(*) = $1 FROM messages WHERE status = 'sent'", n)
		b.StopTimer()
		sent += n
		if err := h.jobs.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
		h.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkCommitToSink measures from the return of a signup's commit to the mail
// server's end of the mail, one at a time.
func BenchmarkCommitToSink(b *testing.B) {
	mailbox, to := startSink(b)
	db := pgtest.Dedicated(b, pgtest.Options{Migrate: true})
	h := newHost(b, db.URL("usher"), to, tracenoop.NewTracerProvider().Tracer(""))
	h.work(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprint("ada", i)
		h.signup(b, name, "")
		committed := time.Now()
		if _, err := mailbox.Wait(b.Context(), name+"@example.com", 1); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(committed))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}

// preload commits n signups' worth of messages and jobs in a few statements.
func preload(t testing.TB, h *host, n int) {
	t.Helper()
	for _, sql := range []string{
		`TRUNCATE river_job, messages, tokens, memberships, invitations, users, tenants CASCADE`,
		`INSERT INTO tenants (id, slug, name, status) SELECT gen_random_uuid(), 'org-' || i, 'Organisation ' || i, 'pending' FROM generate_series(1, $1::int) i`,
		`INSERT INTO users (id, email, email_key, status) SELECT gen_random_uuid(), 'u' || i || '@example.com', 'u' || i || '@example.com', 'pending' FROM generate_series(1, $1::int) i`,
		`INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, user_id, expires_at)
			SELECT gen_random_uuid(), 1, 'owner_verification', 'k1', sha256(u.id::text::bytea), t.id, u.id, now() + interval '1 d'
			FROM (SELECT id, row_number() OVER () FROM users) u JOIN (SELECT id, row_number() OVER () FROM tenants) t USING (row_number) WHERE $1::int > 0`,
		`INSERT INTO messages (id, kind, tenant_id, user_id, token_id, token_version)
			SELECT gen_random_uuid(), 'owner_verification', tenant_id, user_id, id, 1 FROM tokens WHERE $1::int > 0`,
		`INSERT INTO river_job (args, kind, queue) SELECT jsonb_build_object('message_id', id), 'mail', 'mail' FROM messages WHERE $1::int > 0`,
	} {
		var args []any
		if strings.Contains(sql, "$1") {
			args = []any{n}
		}
		h.slowly(t, sql, args...)
	}
}
