package e2e_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/tests/hosttest"
)

// database is a connection of the test's own to what the host works on.
func database(t testing.TB, h *hosttest.Host) *pgx.Conn {
	t.Helper()
	return connect(t, h.DatabaseURL(t))
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

// one reads one value.
func one[T any](t testing.TB, db *pgx.Conn, sql string, args ...any) (value T) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%v: %s", err, sql)
	}
	return value
}

// all reads one column.
func all[T any](t testing.TB, db *pgx.Conn, sql string, args ...any) []T {
	t.Helper()
	rows, err := db.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%v: %s", err, sql)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%v: %s", err, sql)
	}
	return values
}
