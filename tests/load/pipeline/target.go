package pipeline

import (
	"fmt"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/mailbox"
)

// Target sends the steps of a run to the host. It implements [drive.Target].
type Target struct {
	*Run
	mails   *mailbox.Mailbox
	tenants []tenant
	guests  []guest
}

// tenant is what its owner has learnt so far.
type tenant struct {
	id, session string
	signedUp    time.Time
}

type guest struct {
	token   string // read once, so that the mailbox is not asked in each step
	invited time.Time
}

// NewTarget makes the requests of a run; the links come from the mailbox.
func NewTarget(r *Run, mails *mailbox.Mailbox) *Target {
	return &Target{Run: r, mails: mails, tenants: make([]tenant, r.Tenants), guests: make([]guest, r.Guests())}
}

// Prepare implements [drive.Target].
func (t *Target) Prepare(step drive.Step, i int, request *fasthttp.Request) bool {
	if !t.able(step, i) {
		return false
	}
	if step == drive.Page {
		request.SetRequestURI("/a/" + t.token(i))
		return true
	}
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	switch step {
	case drive.Signup:
		request.SetRequestURI("/v1/signups")
		request.AppendBodyString(`{"email":"` + t.Owner(i) + `","organization_name":"` + t.Organization(i) +
			`","display_name":"` + OwnerName + `","locale":"en"}`)
	case drive.Verify:
		mail, _ := t.mails.Mail(t.Owner(i))
		t.spend(request, mail.Token, OwnerName)
	case drive.Invite:
		at := t.tenants[t.TenantOf(i)]
		request.SetRequestURI("/v1/tenants/" + at.id + "/invitations")
		request.Header.Set("Authorization", "Bearer "+at.session)
		request.AppendBodyString(`{"email":"` + t.Guest(i) + `","role":"member","locale":"en"}`)
	case drive.Inspect:
		request.SetRequestURI("/v1/activations/inspect")
		request.AppendBodyString(`{"token":"` + t.token(i) + `"}`)
	case drive.Activate:
		t.spend(request, t.token(i), GuestName)
	case drive.Page: // above
	}
	return true
}

// able tells whether a person has come as far as the step before.
func (t *Target) able(step drive.Step, i int) bool {
	switch step {
	case drive.Signup:
		return true
	case drive.Verify:
		return !t.tenants[i].signedUp.IsZero()
	case drive.Invite:
		return t.tenants[t.TenantOf(i)].session != ""
	default:
		return !t.guests[i].invited.IsZero()
	}
}

func (t *Target) spend(request *fasthttp.Request, token, name string) {
	request.SetRequestURI("/v1/activations")
	request.AppendBodyString(`{"token":"` + token + `","profile":{"display_name":"` + name + `","locale":"en"}`)
	if t.Passwords {
		request.AppendBodyString(`,"password":"` + Password + `"`)
	}
	request.AppendBodyString(`}`)
}

// token is that of a guest's link, "" when no mail came: the host refuses it, which is counted.
func (t *Target) token(i int) string {
	if t.guests[i].token == "" {
		mail, _ := t.mails.Mail(t.Guest(i))
		t.guests[i].token = mail.Token
	}
	return t.guests[i].token
}

// expected is the status of each step's good answer.
func expected(step drive.Step) int {
	switch step {
	case drive.Signup:
		return fasthttp.StatusAccepted
	case drive.Verify, drive.Invite, drive.Activate:
		return fasthttp.StatusCreated
	default:
		return fasthttp.StatusOK
	}
}

// Accept implements [drive.Target].
func (t *Target) Accept(step drive.Step, i int, at time.Time, status int, body []byte) error {
	if status != expected(step) {
		return fmt.Errorf("%d %s", status, drive.Text(body, "code"))
	}
	switch step {
	case drive.Signup:
		t.tenants[i].signedUp = at
	case drive.Verify:
		t.tenants[i].id, t.tenants[i].session = drive.Text(body, "tenant_id"), drive.Text(body, "access_token")
		if t.tenants[i].id == "" || t.tenants[i].session == "" {
			return fmt.Errorf("%d without a membership and a session", status)
		}
	case drive.Invite:
		t.guests[i].invited = at
	case drive.Page, drive.Inspect, drive.Activate:
	}
	return nil
}

// Deliveries is what the mails of the last step took from the request's answer to the
// end of DATA: 0 for a mail that was there before its answer. The time of the last
// mail and the number of those that did not come are given too; requests that
// failed expect none.
func (t *Target) Deliveries(step drive.Step) (took []time.Duration, last time.Time, lost int) {
	n, to, answered := len(t.tenants), t.Owner, func(i int) time.Time { return t.tenants[i].signedUp }
	if step == drive.Invite {
		n, to, answered = len(t.guests), t.Guest, func(i int) time.Time { return t.guests[i].invited }
	}
	for i := range n {
		if answered(i).IsZero() {
			continue
		}
		mail, ok := t.mails.Mail(to(i))
		if !ok {
			lost++
			continue
		}
		took = append(took, max(mail.At.Sub(answered(i)), 0))
		if mail.At.After(last) {
			last = mail.At
		}
	}
	return took, last, lost
}
