package store_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// TestNewsIsCarried: what a notification carries of a release is what a reading finds, and a release
// that is too long for one is found by the reading alone.
func TestNewsIsCarried(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAt(t, pgtest.New(t))
	v := addVersion(t, s, "gate", "1.0.0", []byte("1"))
	setStatus(t, s, addVersion(t, s, "gate", "1.1.0", []byte("2")), core.VersionRevoked)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	heard := make(chan core.PluginNews, 10)
	go func() { _ = s.ListenPlugins(ctx, func(n core.PluginNews) { heard <- n }) }()
	<-heard // it begins
	short := core.PluginRelease{
		Kind: core.ReleaseRollback, State: core.ReleaseServing, Plugin: "gate", Restores: 1, Actor: "ada", Automatic: true, Reason: "signups “fail”",
		Content: core.ReleaseContent{
			Plugins:  []core.ReleasedPlugin{{Name: "gate", Digest: v.Digest, Candidate: &core.PluginCandidate{Digest: v.Digest, Percent: 2.5, ByTenant: true}}},
			Bindings: []core.ReleasedBinding{{Hook: "signup.validate", Plugin: "gate", OnFailure: "closed", Timeout: time.Second, Tenants: []string{"t"}}},
		},
	}
	if _, err := s.AddPluginRelease(ctx, short, 0); err != nil {
		t.Fatal(err)
	}
	carried, read := <-heard, <-heard
	if !carried.Carried || read.Carried || !reflect.DeepEqual(carried.Ledger, read.Ledger) || len(read.Ledger.Barred) != 1 {
		t.Errorf("carried %+v\nread %+v", carried, read)
	}
	long := short
	long.Base, long.Reason = 1, strings.Repeat("x", 8000)
	if _, err := s.AddPluginRelease(ctx, long, 1); err != nil {
		t.Fatal(err)
	}
	if n := <-heard; n.Carried || n.Ledger.Serving.Number != 2 {
		t.Errorf("too long to be carried: %+v", n)
	}
}

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
