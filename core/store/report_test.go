package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// sent makes an invitation whose mail a provider took under the name given.
func sent(t *testing.T, s *store.Store, boss core.Actor, name, provider, providerID string) core.Invite {
	t.Helper()
	p := invitation(boss, name)
	if _, err := s.Invite(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	record(t, s, core.Delivery{MessageID: p.MessageID, Status: core.DeliverySent, Provider: provider, ProviderID: providerID, Attempts: 1})
	return p
}

func report(t *testing.T, s *store.Store, provider string, reports ...core.MailReport) []core.ReportOutcome {
	t.Helper()
	outcomes, err := s.RecordReports(t.Context(), provider, reports, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// messageEvents counts those of mails, and fails when the versions of one have a gap.
const messageEvents = `SELECT count(*) FROM events WHERE aggregate_type = 'message' AND type = '%s'`

func TestReportsGoForwardOnly(t *testing.T) {
	t.Parallel()
	const changed, repeated = core.ReportChanged, core.ReportRepeated
	for name, tt := range map[string]struct {
		statuses []core.DeliveryStatus
		outcomes []core.ReportOutcome
		shown    core.DeliveryStatus
		events   string
	}{
		"delivered":           {[]core.DeliveryStatus{"delivered"}, []core.ReportOutcome{changed}, "delivered", "1 0 0"},
		"delivered twice":     {[]core.DeliveryStatus{"delivered", "delivered"}, []core.ReportOutcome{changed, repeated}, "delivered", "1 0 0"},
		"deferred":            {[]core.DeliveryStatus{"deferred", "deferred"}, []core.ReportOutcome{changed, repeated}, "sent", "0 0 0"},
		"late, then there":    {[]core.DeliveryStatus{"deferred", "delivered", "deferred"}, []core.ReportOutcome{changed, changed, repeated}, "delivered", "1 0 0"},
		"bounced afterwards":  {[]core.DeliveryStatus{"delivered", "bounced"}, []core.ReportOutcome{changed, changed}, "bounced", "1 1 0"},
		"never back":          {[]core.DeliveryStatus{"bounced", "delivered", "deferred"}, []core.ReportOutcome{changed, repeated, repeated}, "bounced", "0 1 0"},
		"complained":          {[]core.DeliveryStatus{"delivered", "complained", "bounced"}, []core.ReportOutcome{changed, changed, repeated}, "complained", "1 0 1"},
		"all, in their order": {[]core.DeliveryStatus{"deferred", "delivered", "bounced", "complained"}, []core.ReportOutcome{changed, changed, changed, changed}, "complained", "1 1 1"},
	} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " together ", together), func(t *testing.T) {
				t.Parallel()
				url := pgtest.New(t)
				s := storetest.OpenAt(t, url)
				boss := owner(t, s, "ada", "example")
				p := sent(t, s, boss, "grace", "api", "x-1")
				var reports []core.MailReport
				for _, status := range tt.statuses {
					reports = append(reports, core.MailReport{MessageID: p.MessageID, Status: status, Reason: "said_so"})
				}
				var got []core.ReportOutcome
				if together {
					got = report(t, s, "api", reports...)
				} else {
					for _, r := range reports {
						got = append(got, report(t, s, "api", r)...)
					}
				}
				if !slices.Equal(got, tt.outcomes) {
					t.Errorf("outcomes %v, want %v", got, tt.outcomes)
				}
				read, err := s.Invitation(t.Context(), boss.TenantID, p.Invitation.ID)
				if err != nil || read.Delivery != tt.shown {
					t.Errorf("shown as %s, want %s: %v", read.Delivery, tt.shown, err)
				}
				events := fmt.Sprint(count(t, url, fmt.Sprintf(messageEvents, core.MessageDelivered)), " ",
					count(t, url, fmt.Sprintf(messageEvents, core.MessageBounced)), " ", count(t, url, fmt.Sprintf(messageEvents, core.MessageComplained)))
				if events != tt.events {
					t.Errorf("events %s, want %s", events, tt.events)
				}
				const gaps = `SELECT count(*) FROM (SELECT max(aggregate_version) <> count(*) AS gap FROM events WHERE aggregate_type = 'message' GROUP BY aggregate_id) v WHERE gap`
				if n := count(t, url, gaps); n != 0 {
					t.Error("the versions of the message's events have a gap")
				}
			})
		}
	}
}

func TestReportsFindTheirMail(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	boss := owner(t, s, "ada", "example")
	a, b := sent(t, s, boss, "a", "api", "x-1"), sent(t, s, boss, "b", "other", "x-1")
	pending := invitation(boss, "c")
	if _, err := s.Invite(t.Context(), pending); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	got := report(
		t, s, "api",
		core.MailReport{ProviderID: "x-1", Status: core.DeliveryBounced, Reason: "no_such_mailbox", At: at}, // a
		core.MailReport{MessageID: b.MessageID, Status: core.DeliveryBounced},                               // another provider's
		core.MailReport{MessageID: id(), Status: core.DeliveryBounced},
		core.MailReport{ProviderID: "x-2", Status: core.DeliveryBounced},
		core.MailReport{Status: core.DeliveryBounced},
		core.MailReport{MessageID: pending.MessageID, Status: core.DeliveryDelivered, At: time.Now().Add(time.Hour)}, // its record is to come
	)
	if want := []core.ReportOutcome{"changed", "unknown", "unknown", "unknown", "unknown", "changed"}; !slices.Equal(got, want) {
		t.Fatalf("outcomes %v, want %v", got, want)
	}
	record(t, s, core.Delivery{MessageID: pending.MessageID, Status: core.DeliverySent, Provider: "api", Attempts: 1})
	for p, want := range map[core.ID]core.DeliveryStatus{a.Invitation.ID: "bounced", b.Invitation.ID: "sent", pending.Invitation.ID: "delivered"} {
		if read, err := s.Invitation(t.Context(), boss.TenantID, p); err != nil || read.Delivery != want {
			t.Errorf("shown as %s, want %s: %v", read.Delivery, want, err)
		}
	}
	const honest = `SELECT count(*) FROM messages WHERE delivery_at BETWEEN created_at AND now() AND version = 1`
	if n := count(t, url, honest); n != 2 {
		t.Errorf("%d mails have a time between their commit and now, want 2", n)
	}
	const told = `SELECT count(*) FROM events WHERE type = 'MessageBounced' AND tenant_id IS NOT NULL AND traceparent <> ''
		AND data->>'reason' = 'no_such_mailbox' AND data->>'provider' = 'api' AND data->>'invitation_id' IS NOT NULL AND data::text NOT LIKE '%@%'`
	if n := count(t, url, told); n != 1 {
		t.Errorf("%d events tell of the bounce as they should", n)
	}
}

// TestReportsAtOnce has a provider repeat a callback while it is worked on, with the
// mails in another order.
func TestReportsAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	boss := owner(t, s, "ada", "example")
	var reports []core.MailReport
	for i := range 20 {
		p := sent(t, s, boss, fmt.Sprint("grace", i), "api", "")
		reports = append(reports, core.MailReport{MessageID: p.MessageID, Status: core.DeliveryDelivered})
	}
	var wg sync.WaitGroup
	for range 6 {
		slices.Reverse(reports)
		mine := slices.Clone(reports)
		wg.Go(func() {
			if _, err := s.RecordReports(t.Context(), "api", mine, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, url, fmt.Sprintf(messageEvents, core.MessageDelivered)); n != 20 {
		t.Errorf("%d events of 20 changes", n)
	}
}

// TestRecordingStaysOnItsPage keeps the write of every mail from touching an index: see the
// migration that added the provider's name for a mail.
func TestRecordingStaysOnItsPage(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	const indexed = `SELECT count(*) FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey)
		WHERE x.indrelid = 'messages'::regclass AND a.attname IN ('status', 'provider', 'reason', 'attempts', 'updated_at', 'delivery', 'version')`
	if n := count(t, url, indexed); n != 0 {
		t.Errorf("%d columns that recording writes are in an index", n)
	}
}
