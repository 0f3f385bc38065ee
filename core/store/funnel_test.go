package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// manyRuns are 100,000 invitations of one tenant over two days, every fourth accepted.
const manyRuns = `WITH i AS (
	INSERT INTO invitations (id, tenant_id, email, email_key, role, status, invited_by, life, expires_at, created_at, accepted_at, accepted_by)
	SELECT uuid_v7(), t.id, n || '@example.com', n || '@example.com', 'member', CASE WHEN n % 4 = 0 THEN 'accepted' ELSE 'pending' END, m.user_id, '1 day', now(),
		now() - n * interval '1.7 seconds', CASE WHEN n % 4 = 0 THEN now() END, CASE WHEN n % 4 = 0 THEN m.user_id END
	FROM generate_series(1, 100000) n, tenants t JOIN memberships m ON m.tenant_id = t.id
	RETURNING id, tenant_id, invited_by, created_at, status),
m AS (
	INSERT INTO messages (id, kind, tenant_id, invitation_id, created_at, provider, rendered_by)
	SELECT uuid_v7(), 'invitation', tenant_id, id, created_at, 'smtp', 'native' FROM i)
INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, time)
SELECT 'InvitationCreated', tenant_id, 'invitation', id, 1, invited_by, created_at FROM i
UNION ALL
SELECT 'InvitationAccepted', tenant_id, 'invitation', id, 2, invited_by, created_at + interval '1 minute' FROM i WHERE status = 'accepted'`

// TestFunnelOfMany counts a day of many runs within the time of a statement, and finds where
// they begin, and what became of each, by an index.
func TestFunnelOfMany(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	owner(t, s, "ada", "example")
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	for _, sql := range []string{manyRuns, "ANALYZE"} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	q := core.FunnelQuery{Since: time.Now().Add(-24 * time.Hour), Until: time.Now(), By: []core.FunnelDimension{core.FunnelByTemplate, core.FunnelByProvider}}
	began := time.Now()
	f, err := s.Funnel(t.Context(), q)
	if err != nil || f.Truncated {
		t.Fatal(f.Truncated, err)
	}
	t.Logf("%d groups in %v", len(f.Groups), time.Since(began))
	if n := f.Groups[0].Steps[2].Count; n < 50_000 || n > 51_000 {
		t.Errorf("%d invitations in a day, want about 50,800", n)
	}
	q.Since = q.Until.Add(-time.Minute) // a short time must not read it all
	sql, err := store.FunnelSQL(false, q.By)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), "EXPLAIN "+sql, q.Since, q.Until, 200_000, 500)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	for _, table := range []string{"Seq Scan on events", "Seq Scan on messages", "Seq Scan on invitations"} {
		if strings.Contains(text, table) {
			t.Errorf("%s:\n%s", table, text)
		}
	}
	if !strings.Contains(text, "events_run_idx") {
		t.Errorf("the index of beginnings is not used:\n%s", text)
	}
}
