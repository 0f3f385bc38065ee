package drills_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestARunEndsWithTheVersionItBeganWith: who was invited under a version activates under it, on
// another replica than the one that invited, whatever was released and rolled back since; when
// that version is quarantined, what serves is asked.
func TestARunEndsWithTheVersionItBeganWith(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), 2)
	here, there := f.replicas[0], f.replicas[1]
	f.publish(doors, "doors.c", "1.0.0")
	f.publish(doors, "strict.c", "2.0.0")
	f.publish(doors, "strict.c", "2.1.0")

	here.Client(t).Post("/v1/signups", hosttest.Object{"email": "owner@company.example", "organization_name": "Acme", "locale": "en"}).Want(202)
	owner := activation(here.Client(t), f.mail("owner@company.example").Token()).Want(201)
	invite := func(email string) {
		here.Client(t).As(owner.Text("session", "access_token")).
			Post("/v1/tenants/"+owner.Text("tenant", "id")+"/invitations", hosttest.Object{"email": email, "role": "member"}).Want(201)
	}
	f.typed("plugin", "activate", "doors@1.0.0")
	invite("early@company.example")
	for i := range patient {
		invite(fmt.Sprintf("patient-%d@company.example", i))
	}
	f.typed("plugin", "activate", "doors@2.0.0")
	invite("late@company.example")
	f.typed("plugin", "activate", "doors@2.1.0")
	f.typed("plugin", "rollback", "--reason", "drill")

	activation(there.Client(t), f.mail("late@company.example").Token()).Problem(422, "validation_failed")
	activation(there.Client(t), f.mail("early@company.example").Token()).Want(201)
	digest := ""
	for _, line := range strings.Split(f.typed("plugin", "list", "doors"), "\n") {
		if fields := strings.Fields(line); len(fields) > 2 && fields[1] == "1.0.0" {
			digest = fields[2]
		}
	}
	f.typed("plugin", "quarantine", digest, "--reason", "it lets everybody in")
	came := 0
	wait(t, "nobody is asked of it", func() bool { // each who comes in before the replica heard uses up an invitation
		token := f.mail(fmt.Sprintf("patient-%d@company.example", came)).Token()
		came = min(came+1, patient-1)
		answer, err := there.Client(t).Try(t.Context(), "POST", "/v1/activations", activate(token))
		must(t, err)
		return answer.Status == 422
	})
}

// patient is how many wait until their version is quarantined.
const patient = 50

func activate(token string) hosttest.Object {
	return hosttest.Object{"token": token, "profile": hosttest.Object{"display_name": "Somebody", "locale": "en"}}
}

func activation(c *hosttest.Client, token string) hosttest.Answer {
	return c.Post("/v1/activations", activate(token))
}

// mail is the one to an address, whichever replica sent it.
func (f *fleet) mail(to string) (m hosttest.Mail) {
	f.t.Helper()
	wait(f.t, "a mail to "+to, func() bool {
		for _, r := range f.replicas {
			if mails := r.Mails(f.t, to); len(mails) > 0 {
				m = mails[0]
				return true
			}
		}
		return false
	})
	return m
}
