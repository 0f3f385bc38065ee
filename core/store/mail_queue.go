package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// mailState is the state of a job j as on-call sees it; $1 is how long an attempt may last.
const mailState = `CASE
	WHEN j.state = 'running' AND j.attempted_at < now() - $1::interval THEN 'stuck'
	WHEN j.state = 'running' THEN 'running'
	WHEN j.state IN ('discarded', 'cancelled') THEN 'dead'
	WHEN j.state = 'retryable' OR j.state IN ('available', 'scheduled') AND j.scheduled_at > now() AND cardinality(j.errors) > 0 THEN 'retrying'
	WHEN j.state = 'scheduled' OR j.scheduled_at > now() THEN 'scheduled'
	ELSE 'ready' END`

const ofMails = `j.queue = '` + core.MailJobQueue + `' AND j.state <> 'completed'`

// jobStates are the library's states in which jobs of a state are, for its index.
func jobStates(s core.MailState) []string {
	switch s {
	case core.MailRunning, core.MailStuck:
		return []string{"running"}
	case core.MailDead:
		return []string{"discarded", "cancelled"}
	case core.MailRetrying:
		return []string{"retryable", "available", "scheduled"}
	case core.MailReady, core.MailScheduled:
		return []string{"available", "scheduled"}
	default:
		return []string{"available", "pending", "retryable", "running", "scheduled", "discarded", "cancelled"}
	}
}

const listMails = `SELECT j.id, (j.args->>'message_id')::uuid, coalesce(m.kind, ''), m.tenant_id, coalesce(i.email, u.email, ''), ` + mailState + `,
	j.priority, j.attempt, coalesce(m.provider, ''),
	CASE WHEN j.metadata ? 'accepted_by' THEN 'accepted by ' || split_part(j.metadata->>'accepted_by', ' ', 1) ELSE coalesce(m.reason, '') END,
	j.created_at, CASE WHEN j.state IN ('available', 'retryable', 'scheduled') THEN j.scheduled_at END, coalesce(j.metadata->>'traceparent', '')
FROM river_job j
LEFT JOIN messages m ON m.id = (j.args->>'message_id')::uuid
LEFT JOIN invitations i ON i.id = m.invitation_id
LEFT JOIN users u ON u.id = m.user_id
WHERE ` + ofMails + ` AND j.state = ANY ($2::text[]::river_job_state[]) AND ($3::text = '' OR ` + mailState + ` = $3)
	AND ($4::uuid IS NULL OR m.tenant_id = $4) AND ($5::bigint = 0 OR j.id < $5)
ORDER BY j.id DESC LIMIT $6`

// mailCursor is the place of a mail in the queue.
type mailCursor struct {
	Job int64 `json:"j"`
}

// QueuedMails gives one page of the mails that have not left, the newest first. lasts is how
// long an attempt may last.
func (s *Store) QueuedMails(ctx context.Context, f core.MailFilter, lasts time.Duration, cursor string, limit int) (core.Page[core.QueuedMail], error) {
	var page core.Page[core.QueuedMail]
	var at mailCursor
	if cursor != "" {
		var err error
		if at, err = readCursor[mailCursor](cursor); err != nil {
			return page, err
		}
	}
	rows, err := s.cold.Query(ctx, listMails, lasts, jobStates(f.State), string(f.State), nullable(f.TenantID), at.Job, limit+1)
	if err != nil {
		return page, failure("list the mails of the queue", err)
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		m, id, err := scanQueued(rows)
		if err != nil {
			return page, failure("read a mail of the queue", err)
		}
		if len(page.Items) == limit {
			page.NextCursor = writeCursor(mailCursor{last})
			break
		}
		page.Items, last = append(page.Items, m), id
	}
	return page, failure("list the mails of the queue", rows.Err())
}

func scanQueued(row pgx.Row) (m core.QueuedMail, job int64, err error) {
	var (
		tenant pgtype.UUID
		next   pgtype.Timestamptz
		email  string
		trace  string
	)
	err = row.Scan(&job, into(&m.MessageID), &m.Kind, &tenant, &email, &m.State, &m.Priority, &m.Attempts, &m.Provider, &m.Reason, &m.CreatedAt, &next, &trace)
	m.TenantID, m.To, m.Domain = tenant.Bytes, core.Masked(email), domain(email)
	m.CreatedAt, m.NextTry = m.CreatedAt.UTC(), maybe(next)
	m.TraceID = traceID(trace)
	return m, job, err
}

// mailDepth looks at no more mails than a person tells from many.
const mailDepth = `SELECT state, count(*), coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state NOT IN ('dead', 'scheduled'))), 0)::float8
FROM (SELECT ` + mailState + ` AS state, j.created_at FROM river_job j WHERE ` + ofMails + ` LIMIT 500000) q GROUP BY state`

const mailPause = `SELECT q.paused_at, coalesce(a.actor, ''), coalesce(a.reason, '')
FROM river_queue q LEFT JOIN LATERAL (
	SELECT actor, reason FROM operator_acts WHERE action = '` + core.ActMailPause + `' ORDER BY id DESC LIMIT 1) a ON true
WHERE q.name = '` + core.MailJobQueue + `' AND q.paused_at IS NOT NULL`

// mailFailures are those of mails that are still there; one that left after all is no trouble.
const mailFailures = `SELECT m.reason, m.provider, count(*) FROM (
	SELECT (j.args->>'message_id')::uuid AS message FROM river_job j
	WHERE ` + ofMails + ` AND j.attempted_at > now() - $1::interval ORDER BY j.id DESC LIMIT 50000) q
JOIN messages m ON m.id = q.message
WHERE m.reason <> '' AND m.status IN ('pending', 'failed')
GROUP BY m.reason, m.provider ORDER BY count(*) DESC, m.reason LIMIT 10`

// MailQueue tells how the queue stands, and why mails failed of late. lasts is how long an
// attempt may last.
func (s *Store) MailQueue(ctx context.Context, lasts, late time.Duration) (core.MailQueue, error) {
	q := core.MailQueue{Depth: map[core.MailState]int64{}}
	batch := &pgx.Batch{}
	batch.Queue(mailDepth, lasts).Query(func(rows pgx.Rows) error {
		var state core.MailState
		var n int64
		var oldest float64
		_, err := pgx.ForEachRow(rows, []any{&state, &n, &oldest}, func() error {
			q.Depth[state] = n
			q.Oldest = max(q.Oldest, time.Duration(oldest*float64(time.Second)))
			return nil
		})
		return err
	})
	batch.Queue(mailPause).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&q.PausedAt, &q.PausedBy, &q.Reason}, func() error { return nil })
		return err
	})
	batch.Queue(mailFailures, late).Query(func(rows pgx.Rows) error {
		var f core.MailFailures
		_, err := pgx.ForEachRow(rows, []any{&f.Reason, &f.Provider, &f.Mails}, func() error {
			q.Failures = append(q.Failures, f)
			return nil
		})
		return err
	})
	if err := s.cold.SendBatch(ctx, batch).Close(); err != nil {
		return q, failure("look at the mail queue", err)
	}
	var err error
	q.Paced, err = s.pacedDomains(ctx)
	return q, err
}

// LastMessages gives the messages that were promised last, as they stand.
func (s *Store) LastMessages(ctx context.Context, limit int) ([]core.Outgoing, error) {
	rows, err := s.cold.Query(ctx, `SELECT id FROM messages ORDER BY id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, failure("find the last messages", err)
	}
	ids, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (id core.ID, err error) { return id, row.Scan(into(&id)) })
	if err != nil {
		return nil, failure("find the last messages", err)
	}
	return s.LoadOutgoing(ctx, ids)
}
