package e2e_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/smtptest"
)

// TestSIGTERMDrains stops a host while one request waits in the database and one mail
// is with the mail server. Both end well, and nothing is left running.
func TestSIGTERMDrains(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{})
	settings := by(through(server), map[string]string{"database.lock_timeout": "20s", "database.statement_timeout": "20s"})
	h := hosttest.Start(t, hosttest.Options{Settings: settings})
	x := ownerByPost(t, h, server)

	taken := make(chan struct{})
	server.Script(func(stage smtptest.Stage, _ int) *smtptest.Reply {
		if stage == smtptest.Accept {
			return &smtptest.Reply{Hang: taken}
		}
		return nil
	})
	slowMail := newAddress("slow-mail")
	id := x.invite(slowMail)
	letterTo(t, server, slowMail, 1)
	letGo := holdTenants(t, h)
	answers := make(chan hosttest.Answer, 1)
	slow := newAddress("slow-request")
	go func() { answers <- signUp(t, h, slow, "Slow Request") }()
	watch := database(t, h)
	hosttest.Until(t, "the request to wait in the database", func() bool {
		return one[int](t, watch, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 1
	})
	postmaster := postmasterPID(t, h)

	h.Signal(t, syscall.SIGTERM)
	h.Log.WaitLine(t, "msg=stopping")
	for _, address := range []string{h.URL, h.Operator} {
		hosttest.Until(t, "nobody to be let in", func() bool { return refused(address) || address == h.Operator })
	}
	if h.Ended() {
		t.Fatal("the host ended under its caller")
	}
	letGo()
	(<-answers).Want(202)
	close(taken)
	equal(t, "exit code", h.Wait(t), 0)
	if _, err := os.Stat(h.ReadyFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("ready.json is still there: %v", err)
	}
	if err := syscall.Kill(postmaster, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("its Postgres still runs: %v", err)
	}
	if !refused(h.URL) || !refused(h.Operator) {
		t.Error("something still listens")
	}

	again := hosttest.Start(t, hosttest.Options{Dir: h.Dir, Settings: settings})
	db := database(t, again)
	equal(t, "the mail under way", one[string](t, db, "SELECT status || ' ' || attempts FROM messages WHERE invitation_id = $1", id), "sent 1")
	equal(t, "mails", len(lettersTo(t, server, slowMail)), 1)
	activate(t, again, letterTo(t, server, slow, 1).token, "Sue Slow")
}

// holdTenants has every signup wait until the function is called.
func holdTenants(t *testing.T, h *hosttest.Host) (letGo func()) {
	t.Helper()
	holder, err := database(t, h).Begin(t.Context())
	if err == nil {
		_, err = holder.Exec(t.Context(), "LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = holder.Rollback(context.WithoutCancel(t.Context())) }
}

func refused(address string) bool {
	connection, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err == nil {
		_ = connection.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// postmasterPID is the process of a host's private Postgres.
func postmasterPID(t *testing.T, h *hosttest.Host) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.DataDir, "postgres", "pg-*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the pid files of the private Postgres are %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestKill9 kills a host under load, with mails at every stage of being sent. The next
// one on the same directory finds everything that was promised, and keeps each promise
// at least once, with one and the same mail.
func TestKill9(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{})
	h := hosttest.Start(t, hosttest.Options{Settings: through(server)})
	ownerByPost(t, h, server)
	postmaster := postmasterPID(t, h)
	dead := make(chan struct{})
	server.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
		if stage == smtptest.Accept && n%10 == 3 {
			return &smtptest.Reply{Hang: dead} // the server has the mail, and the host never hears
		}
		return nil
	})

	accepted := signUpUntilKilled(t, h, 80)
	killed := time.Now()
	close(dead)
	hosttest.Until(t, "its Postgres to end with it", func() bool { return errors.Is(syscall.Kill(postmaster, 0), syscall.ESRCH) })
	server.Script(nil)

	again := hosttest.Start(t, hosttest.Options{Dir: h.Dir, Settings: through(server)})
	db := database(t, again)
	equal(t, "signups that are there", one[int](t, db, "SELECT count(*) FROM users WHERE email = ANY ($1)", accepted), len(accepted))
	// Nobody tells a job whose worker died from one that takes long: it is tried again
	// after minutes. They pass here at once.
	lost := all[int64](t, db, `UPDATE river_job SET attempted_at = attempted_at - interval '1 hour'
		WHERE state = 'running' AND attempted_at < $1 RETURNING id`, killed)
	t.Logf("%d signups were accepted; of %d jobs nobody knew how they ended", len(accepted), len(lost))
	if len(lost) == 0 {
		t.Error("the host was killed at a quiet moment: this shows nothing")
	}
	hosttest.Until(t, "every mail to be sent", func() bool {
		return one[int](t, db, "SELECT count(*) FROM messages WHERE status <> 'sent'") == 0
	})
	repeated := 0
	for _, email := range accepted {
		letters := lettersTo(t, server, email)
		if len(letters) == 0 {
			t.Errorf("a promised mail was never sent")
			continue
		}
		repeated += len(letters) - 1
		for _, l := range letters {
			equal(t, "Message-ID and token of a repeated mail", l.id+" "+l.token, letters[0].id+" "+letters[0].token)
		}
	}
	t.Logf("%d mails came twice", repeated)
	for _, email := range accepted[len(accepted)-3:] {
		activate(t, again, letterTo(t, server, email, 1).token, "Kim Killed")
	}
}

// signUpUntilKilled signs people up from several connections and kills the host when
// some have been accepted. It gives the addresses of all that were.
func signUpUntilKilled(t *testing.T, h *hosttest.Host, some int) (accepted []string) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	var done atomic.Bool
	enough := make(chan struct{})
	c := h.Client(t)
	for range 6 {
		all.Go(func() {
			for !done.Load() {
				email := newAddress("killed")
				answer, err := c.Try(t.Context(), "POST", "/v1/signups", hosttest.Object{"email": email, "organization_name": "Killed"})
				if err != nil || answer.Status != 202 {
					return
				}
				mu.Lock()
				if accepted = append(accepted, email); len(accepted) == some {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	h.Kill(t)
	done.Store(true)
	all.Wait()
	return accepted
}
