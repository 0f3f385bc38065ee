package mail_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/desk"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// levers is a host with a desk, whose mails nobody works off before the test says so.
func levers(t *testing.T, s *smtptest.Server) (*host, *desk.Desk, server) {
	t.Helper()
	_, box := startSink(t)
	tracer := tracenoop.NewTracerProvider().Tracer("")
	h := newHostWith(t, pgtest.New(t), at(s), tracer, func(_ *mail.Deps, c *mail.Config) { c.Patience = 10 * time.Millisecond })
	d, err := desk.New(desk.Deps{
		Store: h.Store, Sender: h.sender, Queue: h.jobs, Log: slog.New(slog.DiscardHandler),
		Sink: func() (mail.Provider, error) { return box.provider(t, tracer), nil },
	}, desk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return h, d, box
}

// set changes the job of a message.
func (h *host) set(t testing.TB, message core.ID, change string) {
	t.Helper()
	if _, err := h.JobPool().Exec(t.Context(), `UPDATE river_job SET `+change+` WHERE args->>'message_id' = $1`, message.String()); err != nil {
		t.Fatal(err)
	}
}

func (h *host) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := h.JobPool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

const (
	diedWhileSending = `state = 'running', attempt = 3, attempted_at = now() - interval '5 min'`
	givenUp          = `state = 'discarded', attempt = 25, attempted_at = now(), finalized_at = now()`
)

// TestRequeue has one mail in each state and tries them again: what was accepted is not sent
// twice, what is under way is left alone, and who did it is kept.
func TestRequeue(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	h, d, _ := levers(t, s)
	ids := map[string]core.ID{}
	for _, name := range []string{"stuck", "running", "dead", "deadaccepted", "deadsent", "stucksent", "later"} {
		ids[name], _ = h.signup(t, name, parent)
	}
	h.set(t, ids["stuck"], diedWhileSending)
	h.set(t, ids["stucksent"], diedWhileSending)
	h.set(t, ids["running"], `state = 'running', attempt = 1, attempted_at = now()`)
	h.set(t, ids["dead"], givenUp)
	h.set(t, ids["deadsent"], givenUp)
	h.set(t, ids["deadaccepted"], givenUp+`, metadata = metadata || '{"accepted_by": "smtp"}'`)
	h.set(t, ids["later"], `scheduled_at = now() + interval '1 h'`)
	h.exec(t, `UPDATE messages SET status = 'failed', provider = 'smtp', reason = 'permanent: 550 5.1.1', attempts = 25 WHERE id = $1`, [16]byte(ids["dead"]))
	h.exec(t, `UPDATE messages SET status = 'sent', provider = 'smtp' WHERE id = ANY($1::uuid[])`, [][16]byte{ids["deadsent"], ids["stucksent"]})

	status, err := d.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if status.Depth[core.MailDead] != 3 || status.Depth[core.MailStuck] != 2 || status.Depth[core.MailRunning] != 1 || status.Depth[core.MailScheduled] != 1 {
		t.Errorf("the queue is %v", status.Depth)
	}
	if len(status.Failures) != 1 || status.Failures[0] != (core.MailFailures{Reason: "permanent: 550 5.1.1", Provider: "smtp", Mails: 1}) {
		t.Errorf("failures: %v", status.Failures)
	}
	page, err := d.List(t.Context(), core.MailFilter{State: core.MailDead}, "", 2)
	if err != nil || len(page.Items) != 2 || page.NextCursor == "" {
		t.Fatalf("%v, %v", page, err)
	}
	if page, err = d.List(t.Context(), core.MailFilter{State: core.MailDead}, page.NextCursor, 2); err != nil || len(page.Items) != 1 || page.NextCursor != "" {
		t.Fatalf("%v, %v", page, err)
	}
	if m := page.Items[0]; m.MessageID != ids["dead"] || m.To != "d***@example.com" || m.Domain != "example.com" || m.Attempts != 25 ||
		m.Reason != "permanent: 550 5.1.1" || m.TraceID != strings.Split(parent, "-")[1] || m.TenantID.IsZero() {
		t.Errorf("listed %+v", m)
	}

	for _, step := range []struct {
		ask  core.MailRequeue
		want core.MailRequeued
	}{
		{core.MailRequeue{Dead: true, DryRun: true}, core.MailRequeued{Requeued: 1, Accepted: 2}},
		{core.MailRequeue{Dead: true, Actor: "ann", Reason: "relay was wrong"}, core.MailRequeued{Requeued: 1, Accepted: 2}},
		{core.MailRequeue{Dead: true, Actor: "ann"}, core.MailRequeued{}},
		{core.MailRequeue{Stuck: true, Actor: "bob"}, core.MailRequeued{Requeued: 1, Accepted: 1}},
		{core.MailRequeue{IDs: []core.ID{ids["running"], ids["later"], ids["deadsent"], core.NewID(time.Now())}, Actor: "bob"}, core.MailRequeued{Requeued: 1, Running: 1, Unknown: 2}},
	} {
		if got, err := d.Requeue(t.Context(), step.ask); err != nil || got != step.want {
			t.Errorf("%+v: %+v, %v", step.ask, got, err)
		}
	}
	if _, err := d.Requeue(t.Context(), core.MailRequeue{Stuck: true, Dead: true}); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("two ways at once: %v", err)
	}
	h.work(t)
	h.until(t, `SELECT count(*) FILTER (WHERE status = 'sent') = 6 FROM messages`)
	h.until(t, `SELECT count(*) FILTER (WHERE state = 'completed') = 6 FROM river_job`)
	to := map[string]int{}
	for _, m := range s.Mails() {
		to[m.To]++
	}
	if len(to) != 3 || to["stuck@example.com"] != 1 || to["dead@example.com"] != 1 || to["later@example.com"] != 1 {
		t.Errorf("sent to %v", to)
	}
	acts, err := d.Acts(t.Context(), "", 10)
	if err != nil || len(acts.Items) != 3 || acts.Items[2].Actor != "ann" || acts.Items[2].Subject != "dead: 3" || acts.Items[2].Reason != "relay was wrong" {
		t.Errorf("acts: %+v, %v", acts.Items, err)
	}
}

// TestTestMail has an operator try a provider: what it answers is told, and a shut one opens.
func TestTestMail(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	h, d, _ := levers(t, s)
	s.Script(func(stage smtptest.Stage, _ int) *smtptest.Reply {
		if stage == smtptest.Mail {
			return &smtptest.Reply{Code: 550, Enhanced: [3]int{5, 7, 1}}
		}
		return nil
	})
	trial, err := d.Test(t.Context(), "ann", "someone@example.net", "")
	if err != nil || trial.Failure == nil || trial.Failure.Reason() != "refused: 550 5.7.1" || trial.Provider != "smtp" {
		t.Errorf("%+v, %v", trial, err)
	}
	if up, _, _ := h.sender.Health(); up {
		t.Error("the provider is up")
	}
	s.Script(nil)
	trial, err = d.Test(t.Context(), "ann", "someone@example.net", "smtp")
	if err != nil || trial.Failure != nil {
		t.Errorf("%+v, %v", trial, err)
	}
	if up, _, _ := h.sender.Health(); !up {
		t.Error("the provider is shut")
	}
	if raw := string(s.Wait(1)[0].Raw); !strings.Contains(raw, trial.MessageID) || strings.Contains(raw, "/a/") {
		t.Errorf("the mail is %s", raw)
	}
	if _, err := d.Test(t.Context(), "ann", "someone@example.net", "nobody"); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("a provider that is not there: %v", err)
	}
	h.until(t, `SELECT count(*) = 3 AND bool_and(subject = 's***@example.net') FROM operator_acts WHERE action = 'mail_test'`)
	h.until(t, `SELECT count(*) = 0 FROM messages`)
}

// TestResendToTheSink has the sink get copies, and nobody else anything; no copy has a token.
func TestResendToTheSink(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	h, d, box := levers(t, s)
	var tokens []string
	for _, name := range []string{"ann", "bob", "eve"} {
		_, token := h.signup(t, name, "")
		tokens = append(tokens, token.Reveal())
	}
	list, err := d.Resend(t.Context(), "ann", 2)
	if err != nil || len(list) != 2 || list[0].Failure != "" || list[1].Failure != "" {
		t.Fatalf("%+v, %v", list, err)
	}
	mails := box.sink.List("", 0)
	if len(mails) != 2 {
		t.Fatalf("the sink has %d mails", len(mails))
	}
	for _, m := range mails {
		if m.To == "ann@example.com" || len(m.Links) != 0 || !strings.Contains(m.Text, mail.DeadLink) || !strings.Contains(m.HTML, mail.DeadLink) {
			t.Errorf("a copy is %+v", m)
		}
		for _, token := range tokens {
			if strings.Contains(m.Text+m.HTML, token) {
				t.Error("a copy holds a token")
			}
		}
	}
	if len(s.Mails()) != 0 {
		t.Error("a mail left")
	}
	h.until(t, `SELECT count(*) = 3 FROM messages WHERE status = 'pending'`)
	if _, err := d.Resend(t.Context(), "ann", 51); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("51: %v", err)
	}
}
