package wire_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/tests/load/wire"
	"github.com/usher-id/usher/tests/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func background(statement string) bool {
	return strings.HasPrefix(statement, "DELETE FROM rows_of_jobs")
}

// dial connects to a new database through a relay.
func dial(t *testing.T) (*wire.Relay, *pgx.Conn) {
	t.Helper()
	config, err := pgx.ParseConfig(pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	name := ".s.PGSQL." + strconv.Itoa(int(config.Port))
	dir := t.TempDir()
	relay, err := wire.Listen(t.Context(), filepath.Join(dir, name), filepath.Join(config.Host, name), background)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	config.Host = dir
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE rows_of_requests (n int); CREATE TABLE rows_of_jobs (n int)"); err != nil {
		t.Fatal(err)
	}
	return relay, conn
}

func TestCount(t *testing.T) {
	t.Parallel()
	const insert = "INSERT INTO rows_of_requests VALUES ($1)"
	for name, tc := range map[string]struct {
		do   func(*testing.T, *pgx.Conn) error
		want wire.Count // without Calls
	}{
		"one statement": {func(t *testing.T, c *pgx.Conn) error {
			_, err := c.Exec(t.Context(), insert, 1)
			return err
		}, wire.Count{RoundTrips: 1, Statements: 1, Commits: 1}},
		"a read": {func(t *testing.T, c *pgx.Conn) error {
			return c.QueryRow(t.Context(), "SELECT $1::int", 1).Scan(new(int))
		}, wire.Count{RoundTrips: 1, Statements: 1}},
		"a batch": {func(t *testing.T, c *pgx.Conn) error {
			var b pgx.Batch
			b.Queue(insert, 1)
			b.Queue(insert, 2)
			return c.SendBatch(t.Context(), &b).Close()
		}, wire.Count{RoundTrips: 1, Statements: 2, Commits: 1}},
		"a transaction": {func(t *testing.T, c *pgx.Conn) error {
			return pgx.BeginFunc(t.Context(), c, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), insert, 1)
				return err
			})
		}, wire.Count{RoundTrips: 3, Statements: 3, Commits: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			relay, conn := dial(t)
			if err := tc.do(t, conn); err != nil { // prepares
				t.Fatal(err)
			}
			relay.Take()
			if err := tc.do(t, conn); err != nil {
				t.Fatal(err)
			}
			got, back := relay.Take()
			if got.RoundTrips != tc.want.RoundTrips || got.Statements != tc.want.Statements || got.Commits != tc.want.Commits {
				t.Errorf("counted %+v, want %+v", got, tc.want)
			}
			if back.RoundTrips != 0 {
				t.Errorf("background %+v", back)
			}
		})
	}
}

func TestBackground(t *testing.T) {
	t.Parallel()
	relay, conn := dial(t)
	relay.Take()
	if _, err := conn.Exec(t.Context(), "DELETE FROM rows_of_jobs"); err != nil {
		t.Fatal(err)
	}
	if got, back := relay.Take(); got.RoundTrips != 0 || back.Commits != 1 {
		t.Errorf("requests %+v, background %+v", got, back)
	}
	_ = conn.Close(t.Context()) // what it did is still counted when it is gone
	if got, _ := relay.Take(); got.RoundTrips != 0 {
		t.Errorf("requests %+v", got)
	}
}
