package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/usher-id/usher/tests/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Template(func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE migrated (n int)")
		return err
	})
	goleak.VerifyTestMain(pgtest.Runner(m)) // a caller's leak check must see nothing of ours
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func insert(t testing.TB, url string) (rows int) {
	t.Helper()
	err := connect(t, url).QueryRow(t.Context(),
		"WITH i AS (INSERT INTO migrated VALUES (1)) SELECT count(*) FROM migrated").Scan(&rows)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for range 8 {
		t.Run("clone", func(t *testing.T) {
			t.Parallel()
			if before := insert(t, pgtest.New(t)); before != 0 {
				t.Errorf("a new database has %d rows", before)
			}
		})
	}
}

// What a test leaves, rows, a session, another table, the next one does not find.
func TestNothingIsLeft(t *testing.T) { //nolint:paralleltest // the second has the clone of the first
	for _, leave := range []string{"INSERT INTO migrated VALUES (7)", "CREATE TABLE own (n serial)", "ALTER TABLE migrated ADD more int", "SELECT 1"} {
		t.Run(leave, func(t *testing.T) {
			url := pgtest.New(t)
			var columns int
			err := connect(t, url).QueryRow(t.Context(), `SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'`).Scan(&columns)
			if before := insert(t, url); err != nil || before != 0 || columns != 1 {
				t.Errorf("%d rows and %d columns before, %v", before, columns, err)
			}
			left, err := pgx.Connect(t.Context(), url) // and stays connected
			if err == nil {
				_, err = left.Exec(t.Context(), leave)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDedicatedSurvivesAKill(t *testing.T) {
	t.Parallel()
	db := pgtest.Dedicated(t, pgtest.Options{TCP: true, Migrate: true})
	url := db.TCPURL("usher")
	insert(t, url)
	db.Kill()
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Fatal("a killed server answers")
	}
	db.Start()
	if before := insert(t, url); before != 1 {
		t.Errorf("%d rows after the crash, want 1", before)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		pgtest.New(b)
	}
}
