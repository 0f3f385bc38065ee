package operator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/desk"
	"github.com/usher-id/usher/core/web/operator"
)

// mails notes what it is asked.
type mails struct{ asked string }

func (*mails) Status(context.Context) (desk.Status, error) {
	return desk.Status{
		MailQueue: core.MailQueue{
			Depth: map[core.MailState]int64{core.MailDead: 3}, Oldest: time.Minute, PausedAt: time.Unix(1_700_000_000, 0), PausedBy: "ann", Reason: "odd",
			Failures: []core.MailFailures{{Reason: "temporary: 451", Provider: "smtp", Mails: 2}},
			Paced:    []core.PacedDomain{{Domain: "example.com", Wait: time.Second}},
		},
		Providers: []mail.ProviderState{{Name: "smtp", Reason: "refused: 535", Since: time.Unix(1_700_000_000, 0)}, {Name: "relay"}},
		Busy:      1, Allowed: 8, Most: 100,
	}, nil
}

func (m *mails) List(_ context.Context, f core.MailFilter, cursor string, limit int) (core.Page[core.QueuedMail], error) {
	m.asked = fmt.Sprint(f.State, " ", f.TenantID, " ", cursor, " ", limit)
	return core.Page[core.QueuedMail]{Items: []core.QueuedMail{{To: "a***@example.com", State: core.MailDead, Priority: core.MailPriorityBulk}}, NextCursor: "n"}, nil
}

func (m *mails) Requeue(_ context.Context, r core.MailRequeue) (core.MailRequeued, error) {
	m.asked = fmt.Sprintf("%+v", r)
	return core.MailRequeued{Requeued: 2, Accepted: 1}, nil
}

func (m *mails) Pause(_ context.Context, actor, reason string) error {
	m.asked = "pause " + actor + " " + reason
	return nil
}

func (m *mails) Resume(_ context.Context, actor, reason string) error {
	m.asked = "resume " + actor + " " + reason
	return nil
}

func (m *mails) Test(_ context.Context, actor, to, provider string) (mail.Trial, error) {
	m.asked = actor + " " + to + " " + provider
	return mail.Trial{Provider: "smtp", MessageID: "1@example.com", Failure: mail.Fail(mail.Refused, "auth", "535 5.7.8", nil)}, nil
}

func (m *mails) Resend(_ context.Context, actor string, last int) ([]desk.Resent, error) {
	m.asked = fmt.Sprint(actor, " ", last)
	return []desk.Resent{{To: "a***@example.com", Kind: core.MessageInvitation}}, nil
}

func (*mails) Acts(context.Context, string, int) (core.Page[core.OperatorAct], error) {
	return core.Page[core.OperatorAct]{Items: []core.OperatorAct{{Actor: "ann", Action: core.ActMailPause}}}, nil
}

func TestMailCalls(t *testing.T) {
	t.Parallel()
	m := &mails{}
	h := start(t, func(d *operator.Deps) { d.Mails = m })
	id := "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, row := range []struct {
		method, path, body string
		status             int
		says, asks         string
	}{
		{"GET", "/admin/v1/mail", "", 200, `"dead":3`, ""},
		{"GET", "/admin/v1/mail", "", 200, `{"name":"smtp","up":false,"reason":"refused: 535"`, ""},
		{"GET", "/admin/v1/mail", "", 200, `"workers":{"busy":1,"allowed":8,"most":100}`, ""},
		{"GET", "/admin/v1/mail", "", 200, `"by":"ann"`, ""},
		{"GET", "/admin/v1/mail/messages?state=dead&tenant=" + id + "&cursor=c&limit=5", "", 200, `"next_cursor":"n"`, "dead " + id + " c 5"},
		{"GET", "/admin/v1/mail/messages", "", 200, `"to":"a***@example.com","domain":"","state":"dead","bulk":true`, " 00000000-0000-0000-0000-000000000000  100"},
		{"GET", "/admin/v1/mail/messages?state=lost", "", 400, "ready, running, stuck, retrying, scheduled", ""},
		{"GET", "/admin/v1/mail/messages?tenant=x", "", 422, "id of a tenant", ""},
		{"POST", "/admin/v1/mail/requeue", `{"ids":["` + id + `"],"dry_run":true,"reason":"r"}`, 200, `"accepted":1`, "IDs:[" + id + "] DryRun:true Actor:ann Reason:r"},
		{"POST", "/admin/v1/mail/requeue", `{"all":true}`, 400, "all", ""},
		{"POST", "/admin/v1/mail/pause", `{"reason":"odd"}`, 204, "", "pause ann odd"},
		{"POST", "/admin/v1/mail/resume", `{}`, 204, "", "resume ann "},
		{"POST", "/admin/v1/mail/test", `{"to":"a@example.com","provider":"smtp"}`, 200, `"accepted":false,"message_id":"1@example.com","class":"refused","stage":"auth","code":"535 5.7.8"`, "ann a@example.com smtp"},
		{"POST", "/admin/v1/mail/resend", `{"last":5,"to_sink":true}`, 200, `"kind":"invitation"`, "ann 5"},
		{"POST", "/admin/v1/mail/resend", `{"last":5,"to_sink":false}`, 422, "for the sink only", ""},
		{"GET", "/admin/v1/acts", "", 200, `"action":"mail_pause"`, ""},
	} {
		m.asked = ""
		status, body, _ := h.send(row.method, row.path, token, "ann", row.body)
		if status != row.status || !strings.Contains(body, row.says) || !strings.Contains(m.asked, row.asks) {
			t.Errorf("%s %s: %d %.400s; asked %s", row.method, row.path, status, body, m.asked)
		}
		if status, _, _ := h.send(row.method, row.path, "", "ann", row.body); status != 401 {
			t.Errorf("%s %s without the token: %d", row.method, row.path, status)
		}
	}
}
