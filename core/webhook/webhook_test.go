package webhook_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/webhook"
)

// The judges are the public libraries that receivers use.
func TestOthersUnderstandADelivery(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(nil)
	r := receive(t, nil)
	tenant := s.tenant("acme")
	_, secret, err := w.Add(t.Context(), operator, r.URL+"/hook", []core.EventType{core.InvitationResent})
	must(t, err)
	s.happen(tenant, 2)
	for _, d := range r.until(t, "two", atLeast(2))[:2] {
		verifies(t, secret, d, true)
		d.body = append(d.body, ' ')
		verifies(t, secret, d, false)
		var e cloudevents.Event
		must(t, e.UnmarshalJSON(d.body))
		must(t, e.Validate())
		if e.ID() != d.id() || e.Type() != "activation.InvitationResent" || e.Source() != "https://id.example.com" || e.Extensions()["tenantid"] != tenant.String() ||
			e.DataSchema() != "https://id.example.com/events/schemas/activation.InvitationResent" || d.header.Get("Content-Type") != "application/cloudevents+json; charset=utf-8" {
			t.Errorf("%v %s", d.header, d.body)
		}
	}
}

func verifies(t *testing.T, secret core.Secret, d delivery, want bool) {
	t.Helper()
	judge, err := standard.NewWebhook(secret.Reveal())
	must(t, err)
	if err := judge.Verify(d.body, d.header); (err == nil) != want {
		t.Errorf("verified: %v, want %v", err, want)
	}
}

// While a secret is replaced, who has either can verify; later only who has the new one.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(nil)
	r := receive(t, nil)
	tenant := s.tenant("acme")
	hook, old, err := w.Add(t.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(t, err)
	_, fresh, err := w.Rotate(t.Context(), operator, hook.ID, time.Hour)
	must(t, err)
	a, err := w.Test(t.Context(), operator, hook.ID)
	if err != nil || !a.OK() || a.Status != http.StatusNoContent {
		t.Fatalf("%+v, %v", a, err)
	}
	d := r.until(t, "the test", atLeast(1))[0]
	verifies(t, old, d, true)
	verifies(t, fresh, d, true)
	_, last, err := w.Rotate(t.Context(), operator, hook.ID, 0)
	must(t, err)
	if _, err := w.Test(t.Context(), operator, hook.ID); err != nil {
		t.Fatal(err)
	}
	d = r.until(t, "another", atLeast(2))[1]
	verifies(t, fresh, d, false)
	verifies(t, last, d, true)
	s.happen(tenant, 1)
	verifies(t, last, r.until(t, "an event", atLeast(3))[2], true)
}

// An event that fails comes again with one id, those behind it wait, and none is out of its order.
func TestSentAgainInOrderWithOneID(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(nil)
	r := receive(t, func(n int, _ delivery, w http.ResponseWriter) {
		if n <= 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	tenant := s.tenant("acme")
	hook, _, err := w.Add(t.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(t, err)
	s.happen(tenant, 3)
	got := r.until(t, "five", atLeast(5))
	if got[0].id() != got[1].id() || got[1].id() != got[2].id() || got[3].id() == got[2].id() || got[4].id() == got[3].id() {
		t.Errorf("ids %s", ids(got))
	}
	if want := s.committed(); ids(got[2:5]) != want {
		t.Errorf("order %s, committed %s", ids(got), want)
	}
	eventually(t, "attempts kept", func() bool {
		return s.count(`SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1`, [16]byte(hook.ID)) == 5
	})
	attempts, err := w.Attempts(t.Context(), operator, hook.ID, 0, 10)
	must(t, err)
	if len(attempts) != 5 || attempts[4].Status != 503 || attempts[4].Error != "status" || attempts[4].Attempt != 1 || !attempts[0].OK() {
		t.Errorf("%+v", attempts)
	}
}

// One that fails for its whole schedule is given up and seen, and the ones behind it go on; asked to, it comes again.
func TestPoisonIsParkedAsDead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(nil)
	var poison string
	r := receive(t, nil)
	r.turn(func(_ int, d delivery, w http.ResponseWriter) {
		if poison == "" {
			poison = d.id()
		}
		if d.id() == poison {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	tenant := s.tenant("acme")
	hook, _, err := w.Add(t.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(t, err)
	s.happen(tenant, 3)
	got := r.until(t, "the others", func(d []delivery) bool { return len(d) >= 6 })
	if got[3].id() != poison || got[4].id() == poison || got[5].id() == poison {
		t.Errorf("ids %s", ids(got))
	}
	eventually(t, "dead", func() bool { return s.count(`SELECT count(*) FROM event_parked WHERE dead_at IS NOT NULL`) == 1 })
	if n := s.count(`SELECT count(*) FROM event_parked`); n != 1 {
		t.Errorf("%d parked", n)
	}
	if n, err := s.store.RetryEvents(t.Context(), core.EventAct{Actor: "ann", Action: core.ActEventRetry, Consumer: "nobody", Reason: "no"}); n != 0 || err != nil {
		t.Error(n, err)
	}
	stuck, err := s.store.StuckEvents(t.Context(), core.WebhookConsumer(hook.ID), true, "", 10)
	if err != nil || len(stuck.Items) != 1 || stuck.Items[0].Attempts != 4 || stuck.Items[0].Event.ID.String() != poison {
		t.Errorf("%+v, %v", stuck, err)
	}
	consumers, err := s.store.EventConsumers(t.Context())
	if err != nil || len(consumers) != 1 || consumers[0].Dead != 1 || consumers[0].Parked != 1 || consumers[0].Holder.IsZero() {
		t.Errorf("%+v, %v", consumers, err)
	}
	r.turn(status(http.StatusOK))
	id, err := core.ParseID(poison)
	must(t, err)
	n, more, err := w.Replay(t.Context(), operator, hook.ID, core.EventReplay{EventID: id}, "mended")
	if n != 1 || more || err != nil {
		t.Fatal(n, more, err)
	}
	if got := r.until(t, "it again", atLeast(7)); got[6].id() != poison {
		t.Errorf("ids %s", ids(got))
	}
	n, _, err = w.Replay(t.Context(), operator, hook.ID, core.EventReplay{Since: time.Now().Add(-time.Hour)}, "")
	if n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if got := r.until(t, "all again", atLeast(10)); got[7].id() != poison || got[8].id() != got[4].id() || got[9].id() != got[5].id() {
		t.Errorf("ids %s", ids(got))
	}
}

// A 410 ends it at once, which is an event; enabled again it is sent what it missed.
func TestGoneIsDisabledAndMissesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(nil)
	gone, other := receive(t, status(http.StatusGone)), receive(t, nil)
	tenant := s.tenant("acme")
	hook, _, err := w.Add(t.Context(), operator, gone.URL, []core.EventType{core.InvitationResent})
	must(t, err)
	_, _, err = w.Add(t.Context(), operator, other.URL, []core.EventType{core.WebhookDisabled, core.InvitationResent})
	must(t, err)
	s.happen(tenant, 2)
	other.until(t, "two and the word of it", atLeast(3))
	hook, err = w.Find(t.Context(), operator, hook.ID)
	if err != nil || hook.Disabled != core.WebhookGone || hook.DisabledAt.IsZero() {
		t.Fatalf("%+v %v", hook, err)
	}
	if got := gone.until(t, "one", atLeast(1)); len(got) != 1 {
		t.Errorf("%d requests after the 410", len(got)-1)
	}
	gone.turn(status(http.StatusAccepted))
	on := core.WebhookOff("")
	_, err = w.Change(t.Context(), operator, hook.ID, core.WebhookChange{Off: &on})
	must(t, err)
	if got := gone.until(t, "both", atLeast(3)); got[0].id() != got[1].id() || got[2].id() == got[1].id() {
		t.Errorf("ids %s", ids(got))
	}
}

func TestFailingForTooLongIsDisabled(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(func(_ *webhook.Deps, c *webhook.Config) { c.DisableAfter = time.Nanosecond })
	r := receive(t, status(http.StatusBadGateway))
	hook, _, err := w.Add(t.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(t, err)
	s.happen(s.tenant("acme"), 1)
	eventually(t, "disabled", func() bool {
		hook, err = w.Find(t.Context(), operator, hook.ID)
		return err == nil && hook.Disabled == core.WebhookFailing
	})
	if n := s.count(`SELECT count(*) FROM event_parked WHERE dead_at IS NULL`); n != 1 {
		eventually(t, "what failed waits", func() bool { return s.count(`SELECT count(*) FROM event_parked WHERE dead_at IS NULL`) == 1 })
	}
	if n := s.count(`SELECT count(*) FROM events WHERE type = 'WebhookDisabled' AND data->>'reason' = 'failing'`); n != 1 {
		t.Errorf("%d events of it", n)
	}
}

// A slow or a dead endpoint holds up nobody else, and a tenant's gets its own events alone.
func TestOneEndpointIsNobodyElsesTrouble(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	hold := make(chan struct{})
	slow := receive(t, func(int, delivery, http.ResponseWriter) { <-hold })
	defer close(hold)
	w := s.replica(nil)
	quick := receive(t, nil)
	ours, theirs := s.tenant("ours"), s.tenant("theirs")
	_, _, err := w.Add(t.Context(), operator, slow.URL, nil)
	must(t, err)
	owner := core.NewID(time.Now())
	hook := core.Webhook{ID: core.NewID(time.Now()), TenantID: ours, URL: quick.URL, Types: []core.EventType{core.InvitationResent}, Secret: core.SealedSecret{Sealed: []byte{1}, By: "k1"}}
	_, err = s.store.AddWebhook(t.Context(), hook, core.By{UserID: owner}, 5)
	must(t, err)
	if _, _, err := w.Rotate(t.Context(), operator, hook.ID, 0); err != nil { // a secret that opens
		t.Fatal(err)
	}
	s.happen(theirs, 1)
	s.happen(ours, 1)
	got := quick.until(t, "ours", atLeast(1))
	if !strings.Contains(string(got[0].body), ours.String()) || len(got) != 1 {
		t.Errorf("%d: %s", len(got), got[0].body)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.replica(nil)
	r := receive(t, func(n int, _ delivery, w http.ResponseWriter) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, _, err := w.Add(t.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(t, err)
	s.happen(s.tenant("acme"), 1)
	eventually(t, "an hour", func() bool {
		return s.count(`SELECT count(*) FROM event_parked WHERE next_at > now() + '59 minutes'::interval`) == 1
	})
	if got := r.until(t, "one", atLeast(1)); len(got) != 1 {
		t.Errorf("asked %d times", len(got))
	}
}

func TestWhoMayManage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.parts(nil).hooks
	tenant := s.tenant("acme")
	stranger := webhook.Caller{Actor: core.Actor{UserID: core.NewID(time.Now()), TenantID: tenant, SessionID: core.NewID(time.Now())}, Tenant: tenant}
	if _, err := w.List(t.Context(), stranger); err == nil {
		t.Error("a stranger lists")
	}
	foreign := stranger
	foreign.Tenant = core.NewID(time.Now())
	if _, _, err := w.Add(context.Background(), foreign, "https://example.com", nil); core.CodeOf(err) != core.NotFound {
		t.Errorf("a foreign tenant: %v", err)
	}
	if _, _, err := w.Add(t.Context(), operator, "https://example.com", []core.EventType{"Nonsense"}); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("an unknown type: %v", err)
	}
	hook, _, err := w.Add(t.Context(), operator, "https://example.com/hook", nil)
	must(t, err)
	if n := s.count(`SELECT count(*) FROM webhooks WHERE position('\x77687365635f'::bytea IN secret) > 0`); n != 0 {
		t.Error("a secret is in the clear")
	}
	url := "https://example.com/other"
	if _, err := w.Change(t.Context(), operator, hook.ID, core.WebhookChange{URL: &url, Version: hook.Version + 1}); core.CodeOf(err) != core.Conflict {
		t.Errorf("a lost update: %v", err)
	}
	changed, err := w.Change(t.Context(), operator, hook.ID, core.WebhookChange{URL: &url, Version: hook.Version})
	if err != nil || changed.URL != url || changed.Version != hook.Version+1 {
		t.Errorf("%+v, %v", changed, err)
	}
	must(t, w.Remove(t.Context(), operator, hook.ID))
	if n := s.count(`SELECT count(*) FROM operator_acts WHERE actor = 'ann' AND subject = $1 AND action IN ('webhook_added', 'webhook_changed', 'webhook_removed')`, hook.ID.String()); n != 3 {
		t.Errorf("%d acts are kept", n)
	}
	if n := s.count(`SELECT count(*) FROM event_consumers WHERE name LIKE 'webhook/%'`); n != 0 {
		t.Error("its place is still there")
	}
	if _, err := w.Find(t.Context(), operator, hook.ID); core.CodeOf(err) != core.NotFound {
		t.Errorf("removed: %v", err)
	}
}
