package mail_test

import (
	"fmt"
	netmail "net/mail"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

// TestTenantsOwnWay has a tenant's mails leave by its own providers only, and others by those
// that are everyone's.
func TestTenantsOwnWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		plan  []string
		kind  core.MessageKind
		first mail.Class // of a, everyone's; b is dedicated and takes all
		tried string
		ok    bool
	}{
		{"its own", []string{"b"}, core.MessageInvitation, "", "0 1", true},
		{"its own, when everyone's is down", []string{"b"}, core.MessageInvitation, mail.Down, "0 1", true},
		{"its own order", []string{"b", "a"}, core.MessageInvitation, "", "0 1", true},
		{"everyone's", nil, core.MessageInvitation, "", "1 0", true},
		{"everyone's alone, when that is down", nil, core.MessageInvitation, mail.Down, "1 0", false},
		{"a name that waits for a restart", []string{"c"}, core.MessageInvitation, "", "1 0", true},
		{"whoever asks for its slug", []string{"b"}, core.MessageOwnerVerification, "", "1 0", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all, each := ways(tt.first, "")
			b, m := sender(t, 1, func(d *mail.Deps, c *mail.Config) {
				d.Providers, c.Dedicated = all, []string{"b"}
				d.Plan = func(tenant core.TenantRef) mail.Plan {
					if tenant.Slug != "example" {
						return mail.Plan{}
					}
					return mail.Plan{Providers: tt.plan, From: netmail.Address{Address: "hello@acme.example"}}
				}
			})
			row := b.rows.out[m[0].MessageID]
			row.Kind = tt.kind
			b.rows.out[row.MessageID] = row
			err := b.SendMail(t.Context(), first(row.MessageID))
			if (err == nil) != tt.ok || err != nil && failure(t, err).Snooze() == 0 {
				t.Errorf("got %v", err)
			}
			if tried := fmt.Sprint(each[0].set(""), " ", each[1].set("")); tried != tt.tried {
				t.Errorf("tried %s, want %s", tried, tt.tried)
			}
		})
	}
}
