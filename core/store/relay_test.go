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

// The outbox grows without end: a read that begins elsewhere than at the place would be
// slower every day.
func TestOutboxIsReadFromItsPlace(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version)
		SELECT 'SignupStarted', id, 'signup', id, 1 FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 20000)) made`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `ANALYZE events; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
		SET enable_hashjoin = off; SET enable_mergejoin = off`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "PREPARE read (text, text[], bigint) AS "+store.ReadOutboxSQL); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), "EXPLAIN EXECUTE read ('c', NULL, 10)")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	if !strings.Contains(plan, "Index Scan using events_order_idx") || !strings.Contains(plan, "Index Cond: ((ROW(xid, \"position\") > ROW(") || strings.Contains(plan, "Sort") {
		t.Errorf("the plan is\n%s", plan)
	}
}

func TestReferencesAreKeptOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	boss := owner(t, s, "ada", "example")
	p, err := s.ProvisionedTenant(t.Context(), boss.TenantID)
	if err != nil || p.Slug != "example" || p.OwnerID != boss.UserID || p.CreatedAt.IsZero() {
		t.Fatalf("%+v: %v", p, err)
	}
	before := len(eventTypes(t, s, boss.TenantID, 100))
	for range 2 {
		if err := s.KeepReferences(t.Context(), boss.TenantID, "crm", map[string]string{"account": "42"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	types := eventTypes(t, s, boss.TenantID, 100)
	if len(types) != before+1 || types[len(types)-1] != string(core.TenantLinked) {
		t.Errorf("events %v", types)
	}
	if _, err := s.ProvisionedTenant(t.Context(), core.NewID(time.Now())); core.CodeOf(err) != core.NotFound {
		t.Errorf("no such tenant: %v", err)
	}
}
