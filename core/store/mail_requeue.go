package store

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-id/usher/core"
)

// mostRequeued bounds one statement, so that it ends within its time however many there are.
const mostRequeued = 10_000

// Which jobs are meant; $1 is how long an attempt may last, $2 the messages.
const (
	stuckJobs = `SELECT j.* FROM river_job j WHERE ` + ofMails + ` AND j.state = 'running' AND j.attempted_at < now() - $1::interval AND $2::text[] IS NULL`
	deadJobs  = `SELECT j.* FROM river_job j WHERE ` + ofMails + ` AND j.state IN ('discarded', 'cancelled') AND $2::text[] IS NULL`
	namedJobs = `SELECT j.* FROM unnest($2::text[]::uuid[]) AS wanted (id) JOIN river_job j ON j.args @> jsonb_build_object('message_id', wanted.id) WHERE ` + ofMails
)

// A job whose row somebody holds is left to him. A mail that is recorded as sent ends here; one
// that was accepted and could not be recorded is tried, which records it and sends nothing (its
// row says who accepted it). The attempts of one that was given up begin anew.
const requeueSQL = `WITH chosen AS MATERIALIZED (
	SELECT j.id, j.state, (j.args->>'message_id')::uuid AS message, j.metadata ? 'accepted_by' AS accepted, ` + mailState + ` AS standing
	FROM (%s ORDER BY j.id LIMIT $3 FOR UPDATE OF j SKIP LOCKED) j),
judged AS (
	SELECT c.*, c.accepted OR coalesce(m.status = 'sent', false) AS sent, coalesce(m.status = 'sent', false) AS recorded
	FROM chosen c LEFT JOIN messages m ON m.id = c.message)
%s
SELECT count(*) FILTER (WHERE standing <> 'running' AND NOT sent), count(*) FILTER (WHERE standing <> 'running' AND sent),
	count(*) FILTER (WHERE standing = 'running'), count(*) FROM judged`

const requeueDo = `, ended AS (
	UPDATE river_job SET state = 'completed', finalized_at = now() FROM judged WHERE river_job.id = judged.id AND recorded AND standing <> 'running'),
again AS (
	UPDATE river_job SET state = 'available', scheduled_at = now(), finalized_at = NULL,
		attempt = CASE standing WHEN 'dead' THEN 0 WHEN 'stuck' THEN greatest(attempt - 1, 0) ELSE attempt END
	FROM judged WHERE river_job.id = judged.id AND NOT recorded AND standing <> 'running'),
pending AS (
	UPDATE messages SET status = 'pending', updated_at = now() FROM judged
	WHERE messages.id = judged.message AND messages.status = 'failed' AND standing <> 'running'),
act AS (
	INSERT INTO operator_acts (actor, action, subject, reason)
	SELECT $4, '` + core.ActMailRequeue + `', $5::text || ': ' || count(*), $6 FROM judged WHERE standing <> 'running' HAVING count(*) > 0)`

// RequeueMails has mails tried now, at most 10,000 in one call, and keeps who wanted it in the
// same commit. No mail that was accepted is sent again. lasts is how long an attempt may last:
// a mail that is being sent for less is left alone.
func (s *Store) RequeueMails(ctx context.Context, r core.MailRequeue, lasts time.Duration) (core.MailRequeued, error) {
	which, subject, do := namedJobs, "named", requeueDo
	args := []any{lasts, texts(r.IDs), mostRequeued}
	switch {
	case r.Stuck:
		which, subject = stuckJobs, "stuck"
	case r.Dead:
		which, subject = deadJobs, "dead"
	}
	if r.Stuck || r.Dead {
		args[1] = nil
	}
	if r.DryRun {
		do = ""
	} else {
		args = append(args, r.Actor, subject, r.Reason)
	}
	var done core.MailRequeued
	var all int64
	err := s.cold.QueryRow(ctx, fmt.Sprintf(requeueSQL, which, do), args...).
		Scan(&done.Requeued, &done.Accepted, &done.Running, &all)
	if err != nil {
		return done, failure("requeue mails", err)
	}
	done.More = all == mostRequeued
	if len(r.IDs) > 0 {
		done.Unknown = max(int64(len(r.IDs))-all, 0)
	}
	return done, nil
}

// texts are ids in a form that every protocol of the driver knows.
func texts(ids []core.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
