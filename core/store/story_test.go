package store_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// told writes a story as its steps with some of their details.
func told(t *testing.T, s *store.Store, tenant, id core.ID, refusals bool, details ...string) string {
	t.Helper()
	steps, err := s.Timeline(t.Context(), tenant, id, refusals)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, step := range steps {
		word := step.Name
		for _, d := range details {
			if value, ok := step.Detail[d]; ok {
				word += "/" + value
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	boss := owner(t, s, "ada", "example")
	p := invitation(boss, "grace")
	p.Traceparent = trace
	p.Verdicts = []core.HookVerdict{{Hook: "invitation.validate", Plugin: "quota", Version: "1.0.0", Digest: strings.Repeat("a", 64), Outcome: "continue"}}
	if _, err := s.Invite(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	record(t, s, core.Delivery{
		MessageID: p.MessageID, Status: core.DeliveryPending, Provider: "smtp", Reason: "temporary: 451", Attempts: 1, RenderedBy: "letters 2.0.0", Language: "en",
		RoutedBy: "router 1.0.0", Tries: []core.MailTry{{Provider: "smtp", Outcome: "temporary: 451", Duration: 20 * time.Millisecond}}, Traceparent: trace,
	})
	accepted := core.Delivery{
		MessageID: p.MessageID, Status: core.DeliverySent, Provider: "api", Attempts: 2, RenderedBy: "letters 2.0.0",
		Tries: []core.MailTry{{Provider: "smtp", Outcome: "down: connect"}, {Provider: "api", Outcome: "accepted", Duration: time.Second}},
	}
	record(t, s, accepted)
	record(t, s, accepted) // again, which is no news
	report(t, s, "api", core.MailReport{MessageID: p.MessageID, Status: core.DeliveryDelivered})
	now := time.Now()
	visit := func(kind core.VisitKind, reason string) core.Visit {
		return core.Visit{Hash: p.Token.Hash, Kind: kind, Reason: reason, First: now, Last: now, Count: 1, Traceparent: trace}
	}
	stranger := core.Visit{Hash: sha256.Sum256([]byte("nobody's")), Kind: core.VisitPerson, First: now, Last: now, Count: 9}
	for range 2 {
		if err := s.RecordVisits(t.Context(), []core.Visit{visit(core.VisitPrefetch, ""), visit(core.VisitPerson, ""), visit(core.VisitRefused, "wrong_password"), stranger}); err != nil {
			t.Fatal(err)
		}
	}
	a := activation(t, s, p.Token.Hash)
	a.Traceparent = trace
	a.Verdicts = []core.HookVerdict{{Hook: "activation.validate", Plugin: "names", Version: "1.0.0", Outcome: "continue"}}
	if _, ok, err := s.Activate(t.Context(), a); err != nil || !ok {
		t.Fatal(ok, err)
	}

	const want = "hook/invitation.validate/quota/1.0.0/continue created rendered/letters 2.0.0/router 1.0.0 " +
		"attempt/1/smtp/temporary: 451/20 attempt/2/smtp/down: connect/0 attempt/2/api/accepted/1000 delivered/api"
	details := []string{"hook", "plugin", "version", "attempt", "provider", "outcome", "duration_ms", "routed_by", "seen", "count", "reason"}
	got := told(t, s, core.ID{}, p.Invitation.ID, true, slices.Concat([]string{"language"}, details)...)
	got = strings.ReplaceAll(got, "rendered/en/", "rendered/letters 2.0.0/")
	if !strings.HasPrefix(got, want) {
		t.Errorf("the story begins\n%s, want\n%s", got, want)
	}
	for _, step := range []string{"opened/prefetch/2", "opened/person/2", "refused/2/wrong_password", "hook/activation.validate/names/1.0.0/continue accepted activated"} {
		if !strings.Contains(got, step) {
			t.Errorf("the story lacks %s:\n%s", step, got)
		}
	}
	if own := told(t, s, boss.TenantID, p.Invitation.ID, false, details...); strings.Contains(own, "refused") || strings.Contains(own, "wrong_password") {
		t.Errorf("the tenant is told why a link was refused: %s", own)
	}
	if _, err := s.Timeline(t.Context(), id(), p.Invitation.ID, false); core.CodeOf(err) != core.NotFound {
		t.Errorf("another tenant's story: %v", err)
	}
	if n := count(t, url, `SELECT count(*) FROM link_visits`); n != 3 {
		t.Errorf("%d rows of visits, want 3: a link that never was leaves none", n)
	}
	steps, err := s.Timeline(t.Context(), boss.TenantID, p.Invitation.ID, false)
	if err != nil || steps[1].TraceID != strings.Split(trace, "-")[1] {
		t.Errorf("the trace of the first step: %+v, %v", steps[1], err)
	}
	read, err := s.Invitation(t.Context(), boss.TenantID, p.Invitation.ID)
	if m := read.Mail; err != nil || m.Status != core.MailOpened || m.Provider != "api" || m.Attempts != 2 || m.SentAt.IsZero() || m.DeliveredAt.IsZero() ||
		!m.BouncedAt.IsZero() || m.Opened.By != core.OpenedByHuman || m.Opened.Count != 2 || read.Delivery != core.DeliveryDelivered {
		t.Errorf("the mail stands %+v, delivery %s: %v", m, read.Delivery, err)
	}
}

// TestOpenedByScanner keeps a program that only looks from passing for a person, and from
// hiding a bounce.
func TestOpenedByScanner(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	boss := owner(t, s, "ada", "example")
	p := sent(t, s, boss, "grace", "api", "x-1")
	now := time.Now()
	if err := s.RecordVisits(t.Context(), []core.Visit{
		{Hash: p.Token.Hash, Kind: core.VisitPrefetch, First: now, Last: now, Count: 3},
		{Hash: p.Token.Hash, Kind: core.VisitScript, First: now, Last: now, Count: 1},
	}); err != nil {
		t.Fatal(err)
	}
	page, err := s.Invitations(t.Context(), boss.TenantID, core.InvitationFilter{Limit: 10})
	if m := page.Items[0].Mail; err != nil || m.Status != core.MailOpened || m.Opened.By != core.OpenedByScanner || m.Opened.Count != 3 {
		t.Errorf("the mail stands %+v: %v", m, err)
	}
	report(t, s, "api", core.MailReport{MessageID: p.MessageID, Status: core.DeliveryBounced, Reason: "no_such_mailbox"})
	page, err = s.Invitations(t.Context(), boss.TenantID, core.InvitationFilter{Limit: 10})
	if m := page.Items[0].Mail; err != nil || m.Status != "bounced" || m.BouncedAt.IsZero() || m.Reason != "no_such_mailbox" {
		t.Errorf("after its bounce the mail stands %+v: %v", m, err)
	}
}

// TestInviterIsToldOnce has mails of one invitation come back.
func TestInviterIsToldOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	boss := owner(t, s, "ada", "example")
	p := sent(t, s, boss, "grace", "api", "x-1")
	complained, revoked := sent(t, s, boss, "karl", "api", "x-2"), sent(t, s, boss, "rosa", "api", "x-3")
	if err := s.Revoke(t.Context(), boss, boss.TenantID, revoked.Invitation.ID, ""); err != nil {
		t.Fatal(err)
	}
	const notices = `SELECT count(*) FROM messages m JOIN river_job j ON (j.args->>'message_id')::uuid = m.id WHERE m.kind = 'invitation_bounced' AND m.token_id IS NULL`
	bounced := core.MailReport{MessageID: p.MessageID, Status: core.DeliveryBounced}
	report(
		t, s, "api", bounced, bounced, core.MailReport{MessageID: complained.MessageID, Status: core.DeliveryComplained},
		core.MailReport{MessageID: revoked.MessageID, Status: core.DeliveryBounced},
	)
	report(t, s, "api", bounced)
	if n := count(t, url, notices); n != 1 {
		t.Fatalf("%d notices, want 1", n)
	}
	again := core.Resend{
		Actor: boss, TenantID: boss.TenantID, InvitationID: p.Invitation.ID, MaxLife: time.Hour, KeyID: "k1", MessageID: id(),
		HashOf: func(core.TokenRef) (core.TokenHash, error) { return hash(), nil },
	}
	if err := s.Resend(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	record(t, s, core.Delivery{MessageID: again.MessageID, Status: core.DeliverySent, Provider: "api", Attempts: 1})
	report(t, s, "api", core.MailReport{MessageID: again.MessageID, Status: core.DeliveryBounced})
	if n := count(t, url, notices); n != 2 {
		t.Errorf("%d notices after the second mail came back too, want 2", n)
	}
	last, err := s.LastMessages(t.Context(), 1)
	if err != nil || len(last) != 1 || last[0].Kind != core.MessageInvitationBounced || last[0].To != mail("ada") || last[0].Skip != "" ||
		last[0].InviteeHint != core.Masked(mail("grace").Email) || !last[0].Token.ID.IsZero() || !last[0].InvitationID.IsZero() {
		t.Errorf("the notice is %+v: %v", last, err)
	}
	if story := told(t, s, boss.TenantID, p.Invitation.ID, false); strings.Count(story, "bounced") != 2 || strings.Count(story, "inviter_told") != 2 || !strings.Contains(story, "resent") {
		t.Errorf("the story: %s", story)
	}
}

func TestFunnel(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	began := time.Now().Add(-time.Minute)
	boss := owner(t, s, "ada", "example")
	for i, provider := range []string{"api", "api", "smtp"} {
		p := invitation(boss, fmt.Sprint("guest", i))
		if _, err := s.Invite(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		record(t, s, core.Delivery{MessageID: p.MessageID, Status: core.DeliverySent, Provider: provider, RenderedBy: "letters 2.0.0", Attempts: 1})
		if i == 0 {
			if _, ok, err := s.Activate(t.Context(), activation(t, s, p.Token.Hash)); err != nil || !ok {
				t.Fatal(ok, err)
			}
		}
	}
	alone, synthetic := provision("alone", "alone"), provision("robot", "robot")
	synthetic.Synthetic = true
	for _, p := range []core.Provision{alone, synthetic} {
		if _, err := s.Provision(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	q := core.FunnelQuery{Since: began, Until: time.Now().Add(time.Minute)}
	if got, want := flow(t, s, q), "[] 2 2/2 3 1/2 1/3 1/1"; got != want {
		t.Errorf("all: %s, want %s", got, want)
	}
	q.By = []core.FunnelDimension{core.FunnelByTemplate, core.FunnelByPluginVersion, core.FunnelByProvider}
	got := flow(t, s, q)
	for _, want := range []string{"[letters letters 2.0.0 api] 0 0/0 2 0/0 1/2 1/1", "[letters letters 2.0.0 smtp] 0 0/0 1 0/0 0/1 0/0", "[  ] 2 2/2 0 1/2 0/0 0/0"} {
		if !strings.Contains(got, want) {
			t.Errorf("by template, version and provider: %s\nlacks %s", got, want)
		}
	}
	q.By, q.Until = nil, began
	q.Since = began.Add(-time.Minute)
	if got := flow(t, s, q); got != "" {
		t.Errorf("before all: %s", got)
	}
	q.By = []core.FunnelDimension{"colour"}
	if _, err := s.Funnel(t.Context(), q); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("by colour: %v", err)
	}
}

// flow writes a funnel: of each group the counts of its steps, with the shares of those before.
func flow(t *testing.T, s *store.Store, q core.FunnelQuery) string {
	t.Helper()
	f, err := s.Funnel(t.Context(), q)
	if err != nil || f.Truncated {
		t.Fatal(f.Truncated, err)
	}
	var groups []string
	for _, g := range f.Groups {
		word := fmt.Sprint(g.By)
		for i, step := range g.Steps {
			if step.Median < 0 || step.P90 < step.Median {
				t.Errorf("the times of %s: %v, %v", step.Name, step.Median, step.P90)
			}
			switch i {
			case 0:
				word += fmt.Sprint(" ", step.Count)
			case 2:
				word += fmt.Sprint(" ", step.Count, " ", step.Converted, "/", step.From)
			default:
				word += fmt.Sprint(" ", step.Converted, "/", step.From)
			}
		}
		groups = append(groups, word)
	}
	return strings.Join(groups, "; ")
}
