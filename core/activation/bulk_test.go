package activation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
)

func people(n int) []core.BulkRow {
	rows := make([]core.BulkRow, n)
	for i := range rows {
		rows[i] = core.BulkRow{Line: i + 1, Email: fmt.Sprintf("person%d@example.com", i), Metadata: map[string]string{"team": "engines"}}
	}
	return rows
}

func (p *pipeline) bulk(t testing.TB, a core.Actor, rows []core.BulkRow) core.ID {
	t.Helper()
	report, err := p.StartBulk(t.Context(), a, activation.BulkInvite{TenantID: a.TenantID, Rows: rows, Defaults: activation.BulkDefaults{Role: core.RoleMember}})
	if err != nil {
		t.Fatal(err)
	}
	return report.Bulk.ID
}

// work does a run over a list to its end, or one batch of it.
func (p *pipeline) work(t testing.TB, id core.ID, run int, until time.Time) (more bool) {
	t.Helper()
	more, err := p.WorkBulk(t.Context(), attempt(id, run), until)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func attempt(id core.ID, run int) core.BulkAttempt {
	return core.BulkAttempt{BulkJob: core.BulkJob{BulkID: id, Run: run}}
}

func toTheEnd() time.Time { return time.Now().Add(time.Hour) }

func (p *pipeline) steer(t testing.TB, a core.Actor, id core.ID, action core.BulkAction, want core.BulkStatus) {
	t.Helper()
	if b, err := p.SteerBulk(t.Context(), a, a.TenantID, id, action); err != nil || b.Status != want {
		t.Fatalf("%s: %+v, %v", action, b, err)
	}
}

// wholly checks that a list is done and each of so many was invited exactly once, with a mail, a
// job of a list and an event, and that the counts are those of the rows.
func (p *pipeline) wholly(t testing.TB, a core.Actor, id core.ID, invited int) core.Bulk {
	t.Helper()
	b, err := p.Bulk(t.Context(), a, a.TenantID, id)
	if err != nil || b.Status != core.BulkDone || b.FinishedAt.IsZero() || b.Counts.Pending != 0 || b.Counts.Invited != invited {
		t.Fatalf("the list is %+v, %v", b, err)
	}
	var rows, invitations, addresses, tokens, messages, jobs, events, tallied int
	of := `FROM bulk_invitation_rows r JOIN invitations i ON i.id = r.invitation_id WHERE r.bulk_id = '` + id.String() + `'`
	p.query(t, `SELECT (SELECT count(*) FROM bulk_invitation_rows WHERE bulk_id = '`+id.String()+`' AND status = 'invited'),
		(SELECT count(*) FROM invitations), (SELECT count(DISTINCT i.email_key) `+of+`),
		(SELECT count(*) FROM tokens WHERE invitation_id IN (SELECT i.id `+of+`)), (SELECT count(*) FROM messages WHERE invitation_id IN (SELECT i.id `+of+`)),
		(SELECT count(*) FROM river_job j JOIN messages m ON j.args->>'message_id' = m.id::text WHERE j.priority = 3 AND m.invitation_id IN (SELECT i.id `+of+`)),
		(SELECT count(*) FROM events WHERE type = 'InvitationCreated' AND aggregate_id IN (SELECT i.id `+of+`)),
		(SELECT count(*) FROM events WHERE type LIKE 'BulkInvitation%' AND aggregate_id = '`+id.String()+`')`,
		&rows, &invitations, &addresses, &tokens, &messages, &jobs, &events, &tallied)
	for name, n := range map[string]int{"rows": rows, "addresses": addresses, "tokens": tokens, "messages": messages, "jobs": jobs, "events": events} {
		if n != invited {
			t.Errorf("%d %s, want %d", n, name, invited)
		}
	}
	if invitations < invited || tallied < 2 {
		t.Errorf("%d invitations, %d events of the list", invitations, tallied)
	}
	return b
}

func TestBulkReport(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	p.invite(t, boss, "known@example.com")
	rows := []core.BulkRow{
		{Line: 2, Email: " New@Example.com "},
		{Line: 3, Email: "new@example.com"},
		{Line: 4, Email: "ADA@example.com"},
		{Line: 5, Email: "known@example.com"},
		{Line: 6, Email: "nobody"},
		{Line: 7, Email: "x@example.com", Role: core.RoleOwner, Locale: "not a tag", RedirectURL: "https://evil.example.com/", Metadata: map[string]string{"a\x00": "b"}},
		{Line: 8, Code: "wrong_number_of_fields", Message: "Line 8 has 3 fields."},
	}
	in := activation.BulkInvite{TenantID: boss.TenantID, Rows: rows, DryRun: true, Defaults: activation.BulkDefaults{
		Role: core.RoleAdmin, Locale: "de", Metadata: map[string]string{"team": "x"}, RedirectURL: "https://app.example.com/", ExpiresIn: time.Hour,
	}, Idempotency: core.Idempotency{Scope: "s", Route: "r", Key: "k", Hash: [32]byte{1}}}
	want := core.BulkCounts{Rows: 7, Pending: 1, Duplicate: 3, Failed: 3}
	p.hooks.bound = true
	dry, err := p.StartBulk(t.Context(), boss, in)
	if err != nil || !dry.DryRun || dry.Bulk.Counts != want || !dry.Bulk.ID.IsZero() || len(p.hooks.invitations) != 0 {
		t.Fatalf("a dry run: %+v, %v", dry, err)
	}
	codes := ""
	for _, e := range append(dry.Errors, dry.Duplicates...) {
		codes += fmt.Sprintf("%d %s %s\n", e.Line, e.Field, e.Code)
	}
	if wanted := "6 email invalid\n7 role invalid\n7 locale invalid\n7 redirect_url not_allowed\n7 metadata invalid\n8  wrong_number_of_fields\n" +
		"3 email repeated\n4 email already_member\n5 email pending_invitation\n"; codes != wanted || dry.Problems != 6 {
		t.Errorf("found %d:\n%s", dry.Problems, codes)
	}
	if n := p.count(t, "bulk_invitations") + p.count(t, "idempotency_keys"); n != 0 {
		t.Errorf("a dry run left %d rows", n)
	}

	in.DryRun, in.Rows, in.Refuse = false, append([]core.BulkRow{}, rows...), true
	var refusal *core.Error
	if _, err := p.StartBulk(t.Context(), boss, in); !errors.As(err, &refusal) || refusal.Code != core.ValidationFailed || len(refusal.Fields) != 6 || refusal.Fields[0].Field != "line 6: email" {
		t.Errorf("a list that is to be whole: %+v", err)
	}
	in.Refuse = false
	done, err := p.StartBulk(t.Context(), boss, in)
	if err != nil || done.Bulk.Counts != want || done.Bulk.Status != core.BulkQueued {
		t.Fatalf("started %+v, %v", done, err)
	}
	again, err := p.StartBulk(t.Context(), boss, in)
	if err != nil || again.Bulk.ID != done.Bulk.ID || len(again.Errors) != 3 || len(again.Duplicates) != 3 || p.count(t, "bulk_invitations") != 1 {
		t.Errorf("again with the same key: %+v, %v", again, err)
	}
	p.hooks.bound = false
	p.work(t, done.Bulk.ID, 1, toTheEnd())
	p.wholly(t, boss, done.Bulk.ID, 1)
	var email, role, locale, team, redirect string
	p.query(t, `SELECT email, role, locale, metadata->>'team', redirect_url FROM invitations WHERE email_key = 'new@example.com' AND expires_at - created_at = '1h'`, &email, &role, &locale, &team, &redirect)
	if got := email + " " + role + " " + locale + " " + team + " " + redirect; got != "New@example.com admin de x https://app.example.com/" {
		t.Errorf("invited %s", got)
	}
	failed, err := p.FailedRows(t.Context(), boss, boss.TenantID, done.Bulk.ID)
	if err != nil || len(failed) != 3 || failed[0].Email != "nobody" || failed[1].Valid {
		t.Errorf("failed %+v, %v", failed, err)
	}
	if a := p.activate(t, "new@example.com"); a.Role != core.RoleAdmin {
		t.Errorf("joined as %s", a.Role)
	}
}

func TestBulkRefusals(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss, eve := p.owner(t, "ada@example.com", "Engines"), p.owner(t, "eve@example.com", "Eve")
	p.invite(t, boss, "grace@example.com")
	grace := p.activate(t, "grace@example.com")
	for name, tt := range map[string]struct {
		actor core.Actor
		in    activation.BulkInvite
		want  core.Code
	}{
		"another tenant's": {eve, activation.BulkInvite{Rows: people(1)}, core.NotFound},
		"member":           {grace, activation.BulkInvite{Rows: people(1)}, core.Forbidden},
		"no rows":          {boss, activation.BulkInvite{}, core.ValidationFailed},
		"too many rows":    {boss, activation.BulkInvite{Rows: people(core.MaxBulkRows + 1)}, core.ValidationFailed},
		"owners":           {boss, activation.BulkInvite{Rows: people(1), Defaults: activation.BulkDefaults{Role: core.RoleOwner}}, core.ValidationFailed},
		"for ever":         {boss, activation.BulkInvite{Rows: people(1), Defaults: activation.BulkDefaults{ExpiresIn: 1e18}}, core.ValidationFailed},
	} {
		tt.in.TenantID = boss.TenantID
		if _, err := p.StartBulk(t.Context(), tt.actor, tt.in); core.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	id := p.bulk(t, boss, people(1))
	for name, err := range map[string]error{
		"read":  second(p.Bulk(t.Context(), grace, boss.TenantID, id)),
		"steer": second(p.SteerBulk(t.Context(), grace, boss.TenantID, id, core.BulkCancel)),
		"rows":  second(p.BulkRows(t.Context(), grace, boss.TenantID, id, core.BulkRowFilter{})),
	} {
		if core.CodeOf(err) != core.Forbidden {
			t.Errorf("a member may %s: %v", name, err)
		}
	}
	if _, err := p.Bulk(t.Context(), eve, eve.TenantID, id); core.CodeOf(err) != core.NotFound {
		t.Errorf("another tenant's list: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// A worker is cut off between two batches, while it asks plugins, and in the middle of a commit:
// the next one goes on, and nobody is invited twice or not at all.
func TestBulkBrokenOff(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	id := p.bulk(t, boss, people(450))
	if !p.work(t, id, 1, time.Time{}) { // one batch
		t.Fatal("a batch was the whole list")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.WorkBulk(ctx, attempt(id, 1), toTheEnd()); err == nil {
		t.Error("a worker that was cut off is done")
	}
	// Somebody invites an address of the next batch and holds the commit back; the batch waits in
	// the middle of its own, and is cut off there.
	conn, err := pgx.Connect(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `INSERT INTO invitations (id, tenant_id, email, email_key, role, status, invited_by, life, expires_at)
		VALUES (gen_random_uuid(), $1, 'person150@example.com', 'person150@example.com', 'member', 'pending', $2, '1h', now() + interval '1h')`, [16]byte(boss.TenantID), [16]byte(boss.UserID)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	broken := make(chan error, 1)
	go func() {
		_, err := p.WorkBulk(ctx, attempt(id, 1), toTheEnd())
		broken <- err
	}()
	for waiting := 0; waiting == 0; {
		p.query(t, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`, &waiting)
	}
	cancel()
	if err := <-broken; err == nil {
		t.Error("a commit that was cut off is done")
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Two workers at once, as after a rescue that came too early.
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			if _, err := p.WorkBulk(t.Context(), attempt(id, 1), toTheEnd()); err != nil && core.CodeOf(err) != core.Unavailable {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	p.work(t, id, 1, toTheEnd())
	if b := p.wholly(t, boss, id, 449); b.Counts.Duplicate != 1 {
		t.Errorf("the list is %+v", b)
	}
}

func TestBulkPauseResumeCancel(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	id := p.bulk(t, boss, people(250))
	p.work(t, id, 1, time.Time{})
	p.steer(t, boss, id, core.BulkPause, core.BulkPaused)
	p.steer(t, boss, id, core.BulkPause, core.BulkPaused)
	if more := p.work(t, id, 1, toTheEnd()); more {
		t.Error("a paused list goes on")
	}
	if b, err := p.Bulk(t.Context(), boss, boss.TenantID, id); err != nil || b.Counts.Invited != 100 || b.Status != core.BulkPaused {
		t.Errorf("paused %+v, %v", b, err)
	}
	if _, err := p.SteerBulk(t.Context(), boss, boss.TenantID, id, core.BulkRetry); core.ReasonOf(err) != "nothing_to_retry" {
		t.Errorf("retry without failures: %v", err)
	}
	p.steer(t, boss, id, core.BulkResume, core.BulkQueued)
	if p.work(t, id, 1, toTheEnd()); p.count(t, "river_job WHERE kind = 'bulk_invitation'") != 2 {
		t.Error("resuming makes no job")
	}
	if b, _ := p.Bulk(t.Context(), boss, boss.TenantID, id); b.Counts.Invited != 100 {
		t.Errorf("the run before goes on: %+v", b)
	}
	p.work(t, id, 2, toTheEnd())
	p.wholly(t, boss, id, 250)
	if _, err := p.SteerBulk(t.Context(), boss, boss.TenantID, id, core.BulkCancel); core.CodeOf(err) != core.Conflict {
		t.Errorf("cancelling what is done: %v", err)
	}

	other := p.bulk(t, boss, []core.BulkRow{{Line: 1, Email: "late@example.com"}})
	p.steer(t, boss, other, core.BulkCancel, core.BulkCancelled)
	p.work(t, other, 1, toTheEnd())
	if n := p.count(t, "invitations WHERE email_key = 'late@example.com'"); n != 0 {
		t.Error("a cancelled list invites")
	}
	page, err := p.Bulks(t.Context(), boss, boss.TenantID, "", 1)
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != other || page.NextCursor == "" {
		t.Fatalf("listed %+v, %v", page, err)
	}
	if page, err = p.Bulks(t.Context(), boss, boss.TenantID, page.NextCursor, 1); err != nil || page.Items[0].ID != id || page.NextCursor != "" {
		t.Errorf("listed %+v, %v", page, err)
	}
}

func TestBulkHookAndRetry(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	p.hooks.bound = true
	for _, tt := range []struct {
		refuse         error
		denied, failed int
		code           string
	}{{errDenied, 3, 0, "no_way"}, {errBroken, 0, 3, "unavailable"}} {
		p.hooks.refuse = map[string]error{"invitation": tt.refuse}
		rows := people(3)
		for i := range rows {
			rows[i].Email = tt.code + rows[i].Email
		}
		id := p.bulk(t, boss, rows)
		p.work(t, id, 1, toTheEnd())
		b := p.wholly(t, boss, id, 0)
		page, err := p.BulkRows(t.Context(), boss, boss.TenantID, id, core.BulkRowFilter{Limit: 2})
		if err != nil || b.Counts.Denied != tt.denied || b.Counts.Failed != tt.failed || len(page.Items) != 2 || page.Items[0].Code != tt.code || page.NextCursor == "" {
			t.Errorf("%+v, %+v, %v", b, page, err)
		}
		p.hooks.refuse = nil
		p.steer(t, boss, id, core.BulkRetry, core.BulkQueued)
		p.work(t, id, 2, toTheEnd())
		p.wholly(t, boss, id, 3)
	}
	for _, asked := range p.hooks.invitations {
		if !asked.Bulk || asked.InviterRole != core.RoleOwner || asked.ActorID != boss.UserID {
			t.Errorf("asked %+v", asked)
		}
	}
}

// Whoever began a list and may no longer invite stops it; another may go on with it.
func TestBulkInviterLosesRight(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	if _, err := p.Invite(t.Context(), boss, activation.Invite{TenantID: boss.TenantID, Email: "grace@example.com", Role: core.RoleAdmin}); err != nil {
		t.Fatal(err)
	}
	grace := p.activate(t, "grace@example.com")
	id := p.bulk(t, grace, people(150))
	p.work(t, id, 1, time.Time{})
	p.query(t, `WITH lost AS (UPDATE memberships SET role = 'member' WHERE user_id = '`+grace.UserID.String()+`' RETURNING 1) SELECT count(*) FROM lost`, new(int))
	p.work(t, id, 1, toTheEnd())
	b, err := p.Bulk(t.Context(), boss, boss.TenantID, id)
	if err != nil || b.Status != core.BulkPaused || b.Reason != activation.BulkLostRight || b.Counts.Invited != 100 {
		t.Fatalf("the list is %+v, %v", b, err)
	}
	p.steer(t, boss, id, core.BulkResume, core.BulkQueued)
	p.work(t, id, 2, toTheEnd())
	if b := p.wholly(t, boss, id, 150); b.ActorID != boss.UserID {
		t.Errorf("goes on in the name of %s", b.ActorID)
	}
}

// BenchmarkBulk takes a list of 10,000 and works it off.
func BenchmarkBulk(b *testing.B) {
	var accepted, worked time.Duration
	for range b.N {
		p := start(b)
		boss := p.owner(b, "ada@example.com", "Engines")
		rows := people(core.MaxBulkRows)
		began := time.Now()
		id := p.bulk(b, boss, rows)
		accepted += time.Since(began)
		began = time.Now()
		p.work(b, id, 1, toTheEnd())
		worked += time.Since(began)
		p.wholly(b, boss, id, core.MaxBulkRows)
	}
	b.ReportMetric(accepted.Seconds()/float64(b.N), "s/accept")
	b.ReportMetric(float64(b.N*core.MaxBulkRows)/worked.Seconds(), "rows/s")
}
