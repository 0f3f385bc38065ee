package e2e_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// stalls has a mail server stand still at one stage of one mail after the other.
type stalls struct {
	mu      sync.Mutex
	stage   smtptest.Stage
	reached chan struct{}
	goOn    chan struct{}
}

// next says where the server is to stand still next. It tells by a channel that it does, and
// goes on when the other is closed.
func (s *stalls) next(stage smtptest.Stage) (reached <-chan struct{}, goOn chan<- struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stage, s.reached, s.goOn = stage, make(chan struct{}), make(chan struct{})
	return s.reached, s.goOn
}

// script is asked by the server.
func (s *stalls) script(stage smtptest.Stage, _ int) *smtptest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stage != s.stage {
		return nil
	}
	s.stage = "" // the mails after it pass
	close(s.reached)
	return &smtptest.Reply{Hang: s.goOn}
}

// recording are the records of mails that wait for a row.
const recording = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH message AS%'`

// TestKilledWhileSending has a host die by SIGKILL with four mails on their ways, each at another
// step: before the server greets it, after RCPT, after the final dot without its 250, and after
// the 250 but before the row says so. Another host finds them stuck and sends them: none is
// lost, and only the two that the protocol leaves unknown come twice, each as the same mail.
func TestKilledWhileSending(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{})
	settings := by(through(server), map[string]string{
		"database.url": pgtest.New(t), "public_url": "http://localhost:8080", "mail.smtp.timeout": "2m", "database.lock_timeout": "1m", "database.statement_timeout": "2m",
	})
	h := hosttest.Start(t, hosttest.Options{Settings: settings})
	x := ownerByPost(t, h, server)
	db := database(t, h)

	var at stalls
	server.Script(at.script)
	sent := map[string]string{}
	var standing []chan<- struct{}
	for _, step := range []struct {
		name  string
		stage smtptest.Stage
	}{{"no 250", smtptest.Accept}, {"after RCPT", smtptest.Rcpt}, {"no greeting", smtptest.Hello}, {"no record", smtptest.Accept}} {
		reached, goOn := at.next(step.stage)
		sent[step.name], standing = newAddress("killed"), append(standing, goOn)
		x.invite(sent[step.name])
		<-reached
	}
	// The last gets its 250, and cannot be recorded: its row is held.
	holder, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), `SELECT FROM messages m JOIN invitations i ON i.id = m.invitation_id WHERE i.email = $1 FOR UPDATE OF m`, sent["no record"]); err != nil {
		t.Fatal(err)
	}
	close(standing[3])
	watcher := database(t, h)
	hosttest.Until(t, "the record to wait for the row", func() bool {
		return one[int](t, watcher, `SELECT count(*) `+recording) == 1
	})
	h.Kill(t)
	for _, goOn := range standing[:3] {
		close(goOn)
	}
	// The database would not notice that nobody waits for its answer, and record the mail.
	equal(t, "records broken off", one[int](t, watcher, `SELECT count(pg_terminate_backend(pid)) `+recording), 1)
	hosttest.Until(t, "the record to be broken off", func() bool { return one[int](t, watcher, `SELECT count(*) `+recording) == 0 })
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "mails that are said to be under way", one[int](t, db, `SELECT count(*) FROM river_job WHERE state = 'running'`), 4)

	settings["mail.rescue_after"] = "3s"
	again := hosttest.Start(t, hosttest.Options{Settings: settings, Dir: h.Dir})
	hosttest.Until(t, "all to be recorded", func() bool {
		return one[bool](t, watcher, `SELECT count(*) = 0 FROM messages WHERE status <> 'sent'`)
	})
	hosttest.Until(t, "all jobs to end", func() bool {
		return one[bool](t, watcher, `SELECT count(*) = 5 AND bool_and(state = 'completed') FROM river_job`)
	})
	for name, times := range map[string]int{"no greeting": 1, "after RCPT": 1, "no 250": 2, "no record": 2} {
		letters := lettersTo(t, server, sent[name])
		equal(t, name+": mails", len(letters), times)
		for _, l := range letters {
			equal(t, name+": the mail", l, letters[0]) // its Message-ID, link and words
		}
		again.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": letters[0].token}).Want(200)
	}
	t.Run("levers", func(t *testing.T) { mailLevers(t, again, server, settings) })
}

// mailLevers pulls each lever on a host that runs.
func mailLevers(t *testing.T, h *hosttest.Host, server *smtptest.Server, settings map[string]string) {
	run := func(args ...string) string {
		t.Helper()
		r := hosttest.Run(t, h.Dir, map[string]string{"data_dir": h.DataDir, "database.url": settings["database.url"]}, append([]string{"mail"}, args...)...)
		if r.Code != 0 {
			t.Fatalf("usher mail %v: %s%s", args, r.Stdout, r.Stderr)
		}
		return r.Stdout
	}
	contains(t, run("pause", "--reason", "a drill"), "usher mail resume")
	contains(t, run("status"), "a drill", "smtp", "up", "dead       0")
	run("resume")
	to := newAddress("tried")
	contains(t, run("test", "--to", to), "smtp took the mail")
	hosttest.Until(t, "the test mail", func() bool { return len(lettersTo(t, server, to)) == 1 })
	contains(t, run("resend", "--last", "2", "--to-sink"), "in the sink")
	var copies struct{ Data []hosttest.Mail }
	h.Operators(t).Get("/admin/v1/sink/messages").Want(200).Into(&copies)
	equal(t, "copies", len(copies.Data), 2)
	for _, m := range copies.Data {
		equal(t, "the link of a copy", m.Link(), "")
	}
	contains(t, run("audit"), "mail_pause", "mail_resume", "mail_test", "mail_resend", "a drill")
	h.Operators(t).Post("/admin/v1/mail/requeue", hosttest.Object{"dead": true}).Want(200)
}

func contains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}
