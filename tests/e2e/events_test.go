package e2e_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/storetest"
)

// cloudEvent is what a tenant reads of an event.
type cloudEvent struct {
	SpecVersion     string `json:"specversion"`
	ID, Source      string
	Type, Subject   string
	Time            time.Time
	DataContentType string `json:"datacontenttype"`
	DataSchema      string `json:"dataschema"`
	TenantID        string `json:"tenantid"`
	Traceparent     string
	Data            json.RawMessage
}

// TestEvents does everything there is in one tenant and reads its story again.
func TestEvents(t *testing.T) {
	t.Parallel()
	h := shared.Host(t)
	x := eventfulTenant(t, h)
	events := eventsOf(t, x)

	var types []string
	seen := map[string]bool{}
	for _, e := range events {
		types = append(types, strings.TrimPrefix(e.Type, "activation."))
		if seen[e.ID] {
			t.Errorf("the event %s is there twice", e.ID)
		}
		seen[e.ID] = true
		e.check(t, h, x)
	}
	for _, want := range []string{
		"SignupStarted", "TenantProvisioned", "OwnerVerified", "InvitationCreated", "InvitationResent", "InvitationRevoked", "InvitationExpired",
		"InvitationAccepted", "ActivationCompleted", "TenantSwitched", "SessionStarted", "SessionRefreshed", "SessionRevoked",
	} {
		if !slices.Contains(types, want) {
			t.Errorf("the tenant's events lack %s: %v", want, types)
		}
	}
	equal(t, "first", types[0], "SignupStarted")
	equal(t, "second", types[1], "TenantProvisioned")
	if accepted := slices.Index(types, "InvitationAccepted"); accepted < slices.Index(types, "InvitationCreated") || types[accepted+1] != "ActivationCompleted" {
		t.Errorf("the order is %v", types)
	}
	t.Run("of a person alone", func(t *testing.T) { personalEvents(t, h, x) })
	t.Run("no gaps", func(t *testing.T) { noGaps(t, h) })
}

func (e cloudEvent) check(t *testing.T, h *hosttest.Host, x *tenant) {
	t.Helper()
	kind, id, _ := strings.Cut(e.Subject, "/")
	if e.SpecVersion != "1.0" || e.Source != h.URL || e.DataContentType != "application/json" || e.TenantID != x.id ||
		!slices.Contains([]string{"signup", "tenant", "invitation", "user", "session"}, kind) || len(id) != 36 ||
		!strings.HasPrefix(e.Type, "activation.") || len(e.ID) != 36 || len(e.Data) == 0 || e.Data[0] != '{' {
		t.Errorf("not a CloudEvent of ours: %+v", e)
	}
	equal(t, "dataschema", e.DataSchema, h.URL+"/events/schemas/"+e.Type)
	judge, err := storetest.Schema(e.Type)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data)); err != nil || judge.Validate(data) != nil {
		t.Errorf("%s is not as its schema says: %s", e.Type, e.Data)
	}
	if age := time.Since(e.Time); age < -time.Second || age > 5*time.Minute {
		t.Errorf("%s says it happened at %v", e.Type, e.Time)
	}
	if e.Type != "activation.InvitationExpired" && len(strings.Split(e.Traceparent, "-")) != 4 {
		t.Errorf("%s has no trace: %q", e.Type, e.Traceparent)
	}
}

// settled waits until a tenant's events can be read: a reader is shown none while an
// older transaction runs, and other tests hold some open.
func settled(t *testing.T, x *tenant) {
	t.Helper()
	db := database(t, x.host)
	hosttest.Until(t, "older transactions to end", func() bool {
		return one[bool](t, db, "SELECT max(xid) < pg_snapshot_xmin(pg_current_snapshot()) FROM events WHERE tenant_id = $1", x.id)
	})
}

// eventsOf reads all events, a few at a time.
func eventsOf(t *testing.T, x *tenant) (events []cloudEvent) {
	t.Helper()
	settled(t, x)
	cursor := ""
	for {
		var page struct {
			Data       []cloudEvent
			NextCursor *string `json:"next_cursor"`
		}
		x.client().Get(x.path("/events?limit=3&cursor=" + cursor)).Want(200).Into(&page)
		if len(page.Data) == 0 {
			return events
		}
		events = append(events, page.Data...)
		cursor = *page.NextCursor
	}
}

// eventfulTenant has everything happen to it that is in scope.
func eventfulTenant(t *testing.T, h *hosttest.Host) *tenant {
	t.Helper()
	x := newTenant(t, h)
	again, gone, late := newAddress("again"), newAddress("gone"), newAddress("late")
	id := x.invite(again)
	h.Mail(t, again, 1) // else it would not be sent any more
	x.client().Post(x.path("/invitations/"+id+"/resend"), nil).Want(202)
	activate(t, h, h.Mail(t, again, 2).Token(), "Anna")
	x.client().Delete(x.path("/invitations/" + x.invite(gone))).Want(204)

	// An invitation whose time is over makes room for another.
	if _, err := database(t, h).Exec(t.Context(), "UPDATE invitations SET expires_at = now() - interval '1 s' WHERE id = $1", x.invite(late)); err != nil {
		t.Fatal(err)
	}
	x.invite(late)

	guest := newTenant(t, h)
	x.invite(guest.owner.User.Email)
	guest.client().Post("/v1/activations", hosttest.Object{"token": h.Mail(t, guest.owner.User.Email, 2).Token()}).Want(201)
	guest.client().Post("/v1/sessions/tenant", hosttest.Object{"tenant_id": x.id}).Want(200)

	s := signIn(t, h, x.owner.User.Email, passphrase)
	var next session
	refresh(t, h, s.RefreshToken).Want(200).Into(&next)
	h.Client(t).As(next.AccessToken).Delete("/v1/sessions/current").Want(204)
	return x
}

// personalEvents are those that belong to no tenant.
func personalEvents(t *testing.T, h *hosttest.Host, x *tenant) {
	email, sent := x.owner.User.Email, len(h.Mails(t, x.owner.User.Email))
	h.Client(t).Post("/v1/sessions/magic-link", hosttest.Object{"email": email}).Want(202)
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": h.Mail(t, email, sent+1).Token()}).Want(201)
	h.Client(t).Post("/v1/password-resets", hosttest.Object{"email": email}).Want(202)
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": h.Mail(t, email, sent+2).Token(), "password": "another long phrase"}).Want(201)
	got := all[string](t, database(t, h), "SELECT type FROM events WHERE aggregate_id = $1 AND tenant_id IS NULL ORDER BY aggregate_version", x.owner.User.ID)
	equal(t, "events", strings.Join(got, " "), "SignInRequested PasswordResetRequested PasswordReset")
}

// noGaps looks at every aggregate of the database, those of other tests included.
func noGaps(t *testing.T, h *hosttest.Host) {
	gaps := all[string](t, database(t, h), `
		SELECT aggregate_type || ' has ' || count(*) || ' events and the versions ' || min(aggregate_version) || ' to ' || max(aggregate_version)
		FROM events GROUP BY aggregate_type, aggregate_id
		HAVING count(*) <> max(aggregate_version) OR min(aggregate_version) <> 1 OR count(DISTINCT aggregate_version) <> count(*)`)
	for _, gap := range gaps {
		t.Error(gap)
	}
}
