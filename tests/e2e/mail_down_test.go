package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// TestSMTPDown: who invites does not notice; the mail leaves when the server is back,
// and one that is tried again is the same mail.
func TestSMTPDown(t *testing.T) {
	t.Parallel()
	server := smtptest.Start(t, smtptest.Options{})
	h := hosttest.Start(t, hosttest.Options{Settings: by(through(server), map[string]string{"database.url": pgtest.New(t)})})
	x := ownerByPost(t, h, server)

	const invitations = 20
	up, _ := x.inviteMany(invitations)
	server.Stop()
	down, waiting := x.inviteMany(invitations)
	t.Logf("an invitation takes %v, with the mail server down %v", up, down)
	if down > 2*up+50*time.Millisecond {
		t.Errorf("an invitation takes %v when the mail server is down, and %v when it is not", down, up)
	}
	hosttest.Until(t, "health to say so", func() bool {
		return h.Client(t).Get("/health/email").Want(200).Text("status") == "degraded"
	})
	h.Client(t).Get("/readyz").Want(200) // people can go on
	first := x.client().Get(x.path("/invitations?email=" + waiting[0])).Want(200)
	equal(t, "delivery meanwhile", first.Text("data", 0, "status")+" "+first.Text("data", 0, "delivery"), "pending pending")

	server.Restart()
	tokens := map[string]bool{}
	for _, email := range waiting {
		l := letterTo(t, server, email, 1)
		tokens[l.token] = true
		h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": l.token}).Want(200)
	}
	equal(t, "different links", len(tokens), invitations)
	hosttest.Until(t, "all to be recorded", func() bool {
		return one[int](t, database(t, h), "SELECT count(*) FROM messages WHERE status <> 'sent'") == 0
	})
	for _, email := range waiting {
		equal(t, "mails to one address", len(lettersTo(t, server, email)), 1)
	}
	hosttest.Until(t, "health to say so", func() bool { return h.Client(t).Get("/health/email").Text("status") == "ok" })
	t.Run("the same mail again", func(t *testing.T) { sameMailAgain(t, h, server, x) })
}

// inviteMany gives the median time of an answer, and the addresses.
func (x *tenant) inviteMany(n int) (median time.Duration, emails []string) {
	x.t.Helper()
	var took []time.Duration
	for range n {
		email := newAddress("invited")
		began := time.Now()
		x.invite(email)
		took = append(took, time.Since(began))
		emails = append(emails, email)
	}
	slices.Sort(took)
	return took[n/2], emails
}

// sameMailAgain has the server keep two mails and say that it did not, once by an error
// and once by hanging up.
func sameMailAgain(t *testing.T, h *hosttest.Host, server *smtptest.Server, x *tenant) {
	for name, reply := range map[string]smtptest.Reply{"an error": {Code: 451, Enhanced: [3]int{4, 3, 0}}, "no answer": {Drop: true}} {
		server.Script(func(stage smtptest.Stage, n int) *smtptest.Reply {
			if stage == smtptest.Accept && n == 1 {
				return &reply
			}
			return nil
		})
		email := newAddress("again")
		x.invite(email)
		second := letterTo(t, server, email, 2)
		first := lettersTo(t, server, email)[0]
		equal(t, name+": Message-ID", second.id, first.id)
		equal(t, name+": token", second.token, first.token)
		equal(t, name+": text", second.text, first.text)
		activate(t, h, first.token, "Anna Again")
	}
}
