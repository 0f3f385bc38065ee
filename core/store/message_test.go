package store_test

import (
	"testing"
	"time"

	"github.com/usher-id/usher/tests/storetest"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
)

func load(t testing.TB, s *store.Store, ids ...core.ID) map[core.ID]core.Outgoing {
	t.Helper()
	rows, err := s.LoadOutgoing(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[core.ID]core.Outgoing{}
	for _, o := range rows {
		byID[o.MessageID] = o
	}
	return byID
}

func TestLoadOutgoing(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	signup := provision("ada", "example")
	signup.Owner.DisplayName, signup.Owner.Locale, signup.Traceparent = "Ada Byron", "de", "00-1-2-01"
	if _, err := s.Provision(t.Context(), signup); err != nil {
		t.Fatal(err)
	}
	done, ok, err := s.Activate(t.Context(), activation(t, s, signup.Token.Hash))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	boss := core.Actor{UserID: done.User.ID, TenantID: done.Tenant.ID, SessionID: done.SessionID, Role: core.RoleOwner}
	invite := invitation(boss, "grace")
	if _, err := s.Invite(t.Context(), invite); err != nil {
		t.Fatal(err)
	}
	again := provision("ada", "second")
	if _, err := s.Provision(t.Context(), again); err != nil {
		t.Fatal(err)
	}

	got := load(t, s, signup.MessageID, invite.MessageID, again.MessageID, id())
	if len(got) != 3 {
		t.Fatalf("loaded %d messages", len(got))
	}
	verify := got[signup.MessageID]
	if verify.Kind != core.MessageOwnerVerification || verify.To != mail("ada") || verify.Locale != "de" || verify.Traceparent != "00-1-2-01" ||
		verify.Token != signup.Token.TokenRef || verify.Tenant != (core.TenantRef{ID: signup.Tenant.ID, Name: "Example", Slug: "example"}) ||
		verify.TenantID != signup.Tenant.ID || !verify.InvitationID.IsZero() || verify.InviterName != "" || verify.Skip != "consumed" {
		t.Errorf("owner verification: %+v", verify)
	}
	if age := time.Since(verify.CreatedAt); age < 0 || age > time.Minute || verify.ExpiresAt.Sub(verify.CreatedAt) != time.Hour {
		t.Errorf("created %v, expires %v", verify.CreatedAt, verify.ExpiresAt)
	}
	invited := got[invite.MessageID]
	if invited.Kind != core.MessageInvitation || invited.To != mail("grace") || invited.InvitationID != invite.Invitation.ID ||
		invited.Token != invite.Token.TokenRef || invited.InviterName == "" || invited.RecipientName != "" || invited.Skip != "" {
		t.Errorf("invitation: %+v", invited)
	}
	known := got[again.MessageID]
	if known.Kind != core.MessageExistingAccount || known.To != mail("ada") || !known.Token.ID.IsZero() || !known.TenantID.IsZero() ||
		!known.ExpiresAt.IsZero() || known.Skip != "" {
		t.Errorf("existing account: %+v", known)
	}
}

func TestLoadOutgoingSkips(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		skip string
		do   func(t *testing.T, s *store.Store, boss core.Actor, p core.Invite)
	}{
		{"", func(*testing.T, *store.Store, core.Actor, core.Invite) {}},
		{"sent", func(t *testing.T, s *store.Store, _ core.Actor, p core.Invite) {
			record(t, s, core.Delivery{MessageID: p.MessageID, Status: core.DeliverySent, Attempts: 1})
		}},
		{"", func(t *testing.T, s *store.Store, _ core.Actor, p core.Invite) { // an operator tries it again
			record(t, s, core.Delivery{MessageID: p.MessageID, Status: core.DeliveryFailed, Attempts: 1})
		}},
		{"revoked", func(t *testing.T, s *store.Store, boss core.Actor, p core.Invite) {
			if err := s.Revoke(t.Context(), boss, boss.TenantID, p.Invitation.ID, ""); err != nil {
				t.Fatal(err)
			}
		}},
		{"superseded", func(t *testing.T, s *store.Store, boss core.Actor, p core.Invite) {
			err := s.Resend(t.Context(), core.Resend{
				Actor: boss, TenantID: boss.TenantID, InvitationID: p.Invitation.ID, MaxLife: time.Hour, KeyID: "k1", MessageID: id(),
				HashOf: func(core.TokenRef) (core.TokenHash, error) { return hash(), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"consumed", func(t *testing.T, s *store.Store, _ core.Actor, p core.Invite) {
			if _, ok, err := s.Activate(t.Context(), activation(t, s, p.Token.Hash)); err != nil || !ok {
				t.Fatal(ok, err)
			}
		}},
		{"expired", func(t *testing.T, s *store.Store, _ core.Actor, _ core.Invite) {
			change(t, s, "UPDATE tokens SET expires_at = now()")
		}},
		{"expired", func(t *testing.T, s *store.Store, _ core.Actor, _ core.Invite) {
			change(t, s, "DELETE FROM tokens WHERE invitation_id IS NOT NULL")
		}},
		{"tenant_suspended", func(t *testing.T, s *store.Store, _ core.Actor, _ core.Invite) {
			change(t, s, "UPDATE tenants SET status = 'suspended'")
		}},
	} {
		t.Run(tt.skip, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t)
			boss := owner(t, s, "ada", "example")
			p := invitation(boss, "grace")
			if _, err := s.Invite(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			tt.do(t, s, boss, p)
			if got := load(t, s, p.MessageID)[p.MessageID].Skip; got != tt.skip {
				t.Errorf("got %q, want %q", got, tt.skip)
			}
		})
	}
}

func TestRecordDeliveries(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	boss := owner(t, s, "ada", "example")
	var invites []core.Invite
	for _, name := range []string{"a", "b", "c", "d"} {
		p := invitation(boss, name)
		if _, err := s.Invite(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		invites = append(invites, p)
	}
	record(
		t, s,
		core.Delivery{MessageID: invites[0].MessageID, Status: core.DeliverySent, Provider: "smtp", Attempts: 2},
		core.Delivery{MessageID: invites[1].MessageID, Status: core.DeliveryFailed, Provider: "smtp", Reason: "permanent: 550 5.1.1", Attempts: 1},
		core.Delivery{MessageID: invites[2].MessageID, Status: core.DeliverySkipped, Reason: "revoked", Attempts: 1},
		core.Delivery{MessageID: id(), Status: core.DeliverySent}, // nobody's
	)
	// A slower attempt of the same message is no news.
	record(t, s, core.Delivery{MessageID: invites[0].MessageID, Status: core.DeliveryFailed, Reason: "late", Attempts: 1})
	for i, want := range []core.DeliveryStatus{core.DeliverySent, core.DeliveryFailed, core.DeliverySkipped, core.DeliveryPending} {
		read, err := s.Invitation(t.Context(), boss.TenantID, invites[i].Invitation.ID)
		if err != nil || read.Delivery != want {
			t.Errorf("invitation %d is %s, want %s (%v)", i, read.Delivery, want, err)
		}
	}
}

func record(t testing.TB, s *store.Store, ds ...core.Delivery) {
	t.Helper()
	if err := s.RecordDeliveries(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

func change(t testing.TB, s *store.Store, sql string) {
	t.Helper()
	if _, err := s.JobPool().Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
