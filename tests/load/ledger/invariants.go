package ledger

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Promised is what the answers said.
type Promised struct {
	Signups     int `json:"signups"`
	Verified    int `json:"verified"`
	Invitations int `json:"invitations"`
	Activated   int `json:"activated"`
}

// Finding is one invariant and how many rows break it.
type Finding struct {
	Invariant string `json:"invariant"`
	Broken    int64  `json:"broken"`
}

// Each counts rows that break an invariant; $1 to $4 are what was promised.
var invariants = []struct{ name, sql string }{
	{"a tenant for each signup answered", `SELECT abs(count(*) - $1) FROM tenants`},
	{"an active tenant for each owner verified", `SELECT abs(count(*) FILTER (WHERE status = 'active') - $2) FROM tenants`},
	{"a row for each invitation answered", `SELECT abs(count(*) - $3) FROM invitations`},
	{"an accepted invitation for each activation answered", `SELECT abs(count(*) FILTER (WHERE status = 'accepted') - $4) FROM invitations`},
	{"exactly one owner in each tenant", `SELECT count(*) FROM tenants t
WHERE (SELECT count(*) FROM memberships m WHERE m.tenant_id = t.id AND m.role = 'owner') <> 1`},
	{"an active membership for each activation", `SELECT abs(count(*) FILTER (WHERE status = 'active') - $2 - $4) FROM memberships`},
	{"one ActivationCompleted for each activation", `WITH
done AS (SELECT id, count(*) AS n FROM (
	SELECT user_id AS id FROM tokens WHERE purpose = 'owner_verification' AND consumed_at IS NOT NULL
	UNION ALL SELECT accepted_by FROM invitations WHERE status = 'accepted') d GROUP BY id),
told AS (SELECT aggregate_id AS id, count(*) AS n FROM events WHERE type = 'ActivationCompleted' GROUP BY 1)
SELECT count(*) FROM done FULL JOIN told USING (id) WHERE done.n IS DISTINCT FROM told.n`},
	{"one session for each activation", `SELECT abs(count(*) - $2 - $4) FROM sessions`},
	{"a message for each signup and invitation", `SELECT abs(count(*) - $1 - $3) FROM messages`},
	{"every message sent", `SELECT count(*) FROM messages WHERE status <> 'sent'`},
	{"every message sent at the first attempt", `SELECT count(*) FROM messages WHERE attempts <> 1`},
	{"every job completed", `SELECT count(*) FROM river_job WHERE state <> 'completed'`},
}

// Check counts the rows of a database that break an invariant.
func Check(ctx context.Context, url string, p Promised) ([]Finding, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	defer conn.Close(ctx)
	findings := make([]Finding, 0, len(invariants))
	for _, i := range invariants {
		f := Finding{Invariant: i.name}
		// Each statement has all four parameters, so that it need not say which it uses.
		sql := "SELECT n FROM (" + i.sql + ") AS broken (n), (SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint) AS promised"
		if err := conn.QueryRow(ctx, sql, p.Signups, p.Verified, p.Invitations, p.Activated).Scan(&f.Broken); err != nil {
			return nil, fmt.Errorf("ledger: %s: %w", i.name, err)
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// Unfinished is how many mails and jobs are not done yet.
func Unfinished(ctx context.Context, conn *pgx.Conn) (n int, err error) {
	err = conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM messages WHERE status = 'pending') +
(SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'pending'))`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("ledger: %w", err)
	}
	return n, nil
}
