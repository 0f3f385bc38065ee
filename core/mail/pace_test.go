package mail_test

import (
	"fmt"
	"testing"
	"time"

	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// paced is a host that sends so many mails in a minute to example.com.
func paced(t *testing.T, s *smtptest.Server, perMinute int) *host {
	t.Helper()
	every := func(domain string) time.Duration {
		if domain != "example.com" {
			return 0
		}
		return time.Minute / time.Duration(perMinute)
	}
	h := newHostWith(t, pgtest.New(t), at(s), tracenoop.NewTracerProvider().Tracer(""), func(d *mail.Deps, _ *mail.Config) {
		d.Pacer, d.Pace = d.Store.(mail.Pacer), every
	})
	h.work(t)
	return h
}

// TestPacing has a domain take one mail in a minute: one of three leaves, and the others wait in
// the queue for their turns, without a worker and without an attempt being counted. When its turn
// has come a mail leaves, and none is sent without.
func TestPacing(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	h := paced(t, s, 1)
	for i := range 3 {
		h.signup(t, fmt.Sprint("ada", i), "")
	}
	h.until(t, `SELECT count(*) FILTER (WHERE status = 'sent') = 1 AND count(*) FILTER (WHERE status = 'pending' AND attempts = 0) = 2 FROM messages`)
	h.until(t, `SELECT count(*) = 2 FROM river_job WHERE state = 'scheduled' AND attempt = 0 AND errors IS NULL AND metadata ? 'turn'
		AND scheduled_at BETWEEN now() + interval '20 s' AND now() + interval '2 min'`)
	// A minute goes by for the first of them.
	h.exec(t, `UPDATE river_job SET state = 'available', scheduled_at = now(), metadata = jsonb_set(metadata, '{turn,at}', to_jsonb(now()))
		WHERE id = (SELECT min(id) FROM river_job WHERE state = 'scheduled')`)
	h.jobs.Wake()
	h.until(t, `SELECT count(*) = 2 FROM messages WHERE status = 'sent' AND attempts = 1`)
	// The other comes an hour too late for its turn, and is given another.
	h.exec(t, `UPDATE river_job SET state = 'available', scheduled_at = now(), metadata = jsonb_set(metadata, '{turn,at}', to_jsonb(now() - interval '1 h'))
		WHERE state = 'scheduled'`)
	h.jobs.Wake()
	h.until(t, `SELECT count(*) = 1 FROM river_job WHERE state = 'scheduled' AND (metadata->>'snoozes')::int = 2`)
	if n := len(s.Mails()); n != 2 {
		t.Errorf("%d mails left", n)
	}
}

// TestDomainThatWantsFewer is paused; mails to it wait, and those to others leave.
func TestDomainThatWantsFewer(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	s.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
		if stage == smtptest.Rcpt && n == 1 {
			return &smtptest.Reply{Code: 451, Enhanced: [3]int{4, 7, 1}}
		}
		return nil
	})
	h := paced(t, s, 60_000)
	first, _ := h.signup(t, "ada", "")
	h.until(t, `SELECT attempts = 1 AND reason = 'temporary: 451 4.7.1' FROM messages WHERE id = $1`, [16]byte(first))
	h.until(t, `SELECT state = 'retryable' AND scheduled_at > now() + interval '40 s' FROM river_job`) // its class's back-off
	second, _ := h.signup(t, "bob", "")
	h.until(t, `SELECT state = 'scheduled' AND attempt = 0 AND scheduled_at > now() + interval '10 s' FROM river_job WHERE args->>'message_id' = $1`, second.String())
	h.exec(t, `UPDATE users SET email = 'eve@elsewhere.example' WHERE email = 'bob@example.com'`)
	h.set(t, second, `state = 'available', scheduled_at = now()`)
	h.jobs.Wake()
	s.Wait(1)
	h.until(t, `SELECT paused_until > now() AND reason = '451 4.7.1' FROM mail_pace WHERE domain = 'example.com'`)
}
