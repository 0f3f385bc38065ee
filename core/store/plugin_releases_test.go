package store_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestLongHistory: what every replica reads each second takes indexes, however many releases
// and versions there were.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, statement := range []string{
		`INSERT INTO plugin_releases (number, kind, state, content, base, actor)
			SELECT n, 'activate', CASE WHEN n = 10000 THEN 'serving' ELSE 'served' END, '{"plugins": []}', n - 1, 'ada' FROM generate_series(1, 10000) n`,
		`INSERT INTO plugin_versions (digest, plugin, version, hooks, manifest, wasm, pushed_by, status)
			SELECT md5(n::text) || md5(n::text), 'gate', '1.0.' || n, '{}', '{}', '', 'ada', CASE WHEN n % 1000 = 0 THEN 'revoked' ELSE 'good' END
			FROM generate_series(1, 10000) n`,
		"ANALYZE plugin_releases, plugin_versions",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.Query(t.Context(), "EXPLAIN "+store.ReadLedgerSQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Seq Scan") {
		t.Errorf("the plan is\n%s", plan)
	}
}
