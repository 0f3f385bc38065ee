package ledger

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Ledger is a connection to the server's statistics. It is for one goroutine.
type Ledger struct {
	conn       *pgx.Conn
	statements bool // pg_stat_statements is there
}

// Open connects to any database of the server but a measured one. Without
// pg_stat_statements, statements are not counted.
func Open(ctx context.Context, url string, statements bool) (*Ledger, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{conn: conn, statements: statements}
	if statements {
		if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
	}
	return l, nil
}

// Close disconnects.
func (l *Ledger) Close(ctx context.Context) { _ = l.conn.Close(ctx) }

// CreateDatabase makes an empty database.
func (l *Ledger) CreateDatabase(ctx context.Context, name string) error {
	if _, err := l.conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// Settle writes what is in memory to the disk, so that no checkpoint that one side
// caused falls into the time of the other.
func (l *Ledger) Settle(ctx context.Context) error {
	if _, err := l.conn.Exec(ctx, "CHECKPOINT"); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// Mark is what the counters say at one moment.
type Mark struct {
	writes int64
	wal    int64
	calls  map[string]Call // by the statement's text
}

// Mark reads the counters for one database; transactions and WAL are the server's.
func (l *Ledger) Mark(ctx context.Context, database string) (Mark, error) {
	m := Mark{calls: map[string]Call{}}
	err := l.conn.QueryRow(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (pg_current_wal_insert_lsn() - '0/0')::bigint`).
		Scan(&m.writes, &m.wal)
	if err != nil {
		return m, fmt.Errorf("ledger: %w", err)
	}
	if !l.statements {
		return m, nil
	}
	rows, err := l.conn.Query(ctx, `SELECT query, sum(calls)::bigint, sum(total_exec_time) FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1) GROUP BY query`, database)
	if err != nil {
		return m, fmt.Errorf("ledger: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var query string
		var call Call
		if err := rows.Scan(&query, &call.Count, &call.Millis); err != nil {
			return m, fmt.Errorf("ledger: %w", err)
		}
		m.calls[query] = call
	}
	if err := rows.Err(); err != nil {
		return m, fmt.Errorf("ledger: %w", err)
	}
	return m, nil
}

// Cost is what happened between two marks.
type Cost struct {
	Statements int64           `json:"statements"` // of requests
	Background int64           `json:"background"` // statements of mail and jobs
	Writes     int64           `json:"writes"`     // transactions that wrote, of requests and background
	WAL        int64           `json:"wal_bytes"`
	Calls      map[string]Call `json:"calls,omitempty"` // by the first words of the statement
}

// Call is how often a statement was executed, and how long that took in Postgres,
// the waits for locks but not those for the commit included.
type Call struct {
	Count  int64   `json:"count"`
	Millis float64 `json:"ms"`
}

// Since is the cost between two marks of one database.
func (m Mark) Since(before Mark) Cost {
	c := Cost{Writes: m.writes - before.writes, WAL: m.wal - before.wal, Calls: map[string]Call{}}
	for query, call := range m.calls {
		n := call.Count - before.calls[query].Count
		if n == 0 {
			continue
		}
		// The queue wraps its own statements into transactions; the pipeline is one statement.
		if Background(query) || strings.EqualFold(query, "begin") || strings.EqualFold(query, "commit") {
			c.Background += n
		} else {
			c.Statements += n
		}
		c.add(Brief(query), Call{n, call.Millis - before.calls[query].Millis})
	}
	return c
}

// Add sums costs.
func (c Cost) Add(o Cost) Cost {
	sum := Cost{
		Statements: c.Statements + o.Statements, Background: c.Background + o.Background,
		Writes: c.Writes + o.Writes, WAL: c.WAL + o.WAL, Calls: map[string]Call{},
	}
	for _, calls := range []map[string]Call{c.Calls, o.Calls} {
		for query, call := range calls {
			sum.add(query, call)
		}
	}
	return sum
}

func (c Cost) add(query string, call Call) {
	sum := c.Calls[query]
	c.Calls[query] = Call{sum.Count + call.Count, sum.Millis + call.Millis}
}

// Background tells a statement of mail and jobs from one of a request by its text: it
// touches the job queue's tables other than by inserting a job, wakes the workers, or
// reads and updates messages.
func Background(query string) bool {
	if strings.Contains(query, "INSERT INTO river_job (args") {
		return false
	}
	for _, mark := range []string{"river_", "pg_notify", "FROM messages m", "UPDATE messages m", "LISTEN", "pg_advisory"} {
		if strings.Contains(query, mark) {
			return true
		}
	}
	return false
}

// Brief is enough of a statement to know it.
func Brief(query string) string {
	const most = 72
	query = strings.Join(strings.Fields(query), " ")
	if len(query) > most {
		return query[:most] + "…"
	}
	return query
}

// Version is the server's.
func (l *Ledger) Version(ctx context.Context) (string, error) {
	var version string
	if err := l.conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return "", fmt.Errorf("ledger: %w", err)
	}
	version, _, _ = strings.Cut(version, " ")
	return version, nil
}
