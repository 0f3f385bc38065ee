package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// paceAhead is how far ahead a turn counts as now: a job that sleeps is woken no finer.
const paceAhead = time.Second

// takeTurns gives each mail the next free turn of its line, however many domains and mails
// there are (GCRA, the leaky bucket as a clock: ITU-T I.371 annex A). A line is the time of
// its next turn; all replicas move it, each in one statement. A mail whose turn has come goes,
// unless its domain was paused since: then it gets a later one.
const takeTurns = `WITH asked AS (
	SELECT *, row_number() OVER (PARTITION BY domain, bulk, had ORDER BY n) - 1 AS place
	FROM unnest($1::text[], $2::interval[], $3::bool[], $4::bool[]) WITH ORDINALITY AS a (domain, every, bulk, had, n)),
counted AS (
	SELECT domain, max(every) AS every, count(*) FILTER (WHERE NOT bulk AND NOT had) AS singles, count(*) FILTER (WHERE bulk AND NOT had) AS bulks
	FROM asked GROUP BY domain ORDER BY domain),
line AS (
	INSERT INTO mail_pace AS p (domain, next_single, next_bulk)
	SELECT domain, now() + singles * every, now() + (singles + bulks) * every FROM counted
	ON CONFLICT (domain) DO UPDATE SET
		next_single = greatest(p.next_single, p.paused_until, now()) + (EXCLUDED.next_single - now()),
		next_bulk = greatest(p.next_bulk, p.paused_until, now()) + (EXCLUDED.next_bulk - now())
	RETURNING domain, next_single, next_bulk, paused_until, reason)
SELECT greatest(extract(epoch FROM CASE
		WHEN a.had AND l.paused_until <= now() THEN now()
		WHEN a.had THEN l.paused_until + a.place * a.every
		WHEN a.bulk THEN l.next_bulk - (c.bulks - a.place) * a.every
		ELSE l.next_single - (c.singles - a.place) * a.every
	END - now()), 0)::float8, CASE WHEN l.paused_until > now() THEN l.reason ELSE '' END
FROM asked a JOIN counted c USING (domain) JOIN line l USING (domain) ORDER BY a.n`

// TakeTurns tells of each mail when it may leave, and keeps the turn for it.
func (s *Store) TakeTurns(ctx context.Context, asks []core.PaceAsk) ([]core.PaceAnswer, error) {
	n := len(asks)
	domains, every, bulk, had := make([]string, n), make([]time.Duration, n), make([]bool, n), make([]bool, n)
	for i, a := range asks {
		domains[i], every[i], bulk[i], had[i] = a.Domain, a.Every, a.Bulk, a.Turn
	}
	rows, err := s.job.Query(ctx, takeTurns, domains, every, bulk, had)
	if err != nil {
		return nil, failure("take turns for mails", err)
	}
	answers := make([]core.PaceAnswer, 0, n)
	var seconds float64
	var reason string
	_, err = pgx.ForEachRow(rows, []any{&seconds, &reason}, func() error {
		a := core.PaceAnswer{Wait: time.Duration(seconds * float64(time.Second)), Reason: reason}
		if a.Wait <= paceAhead && reason == "" {
			a.Wait = 0
		}
		answers = append(answers, a)
		return nil
	})
	return answers, failure("take turns for mails", err)
}

// The first pause of a domain, the longest, and after how long without one the next is as the
// first again.
const (
	firstPause  = 30 * time.Second
	longPause   = 15 * time.Minute
	pauseForget = time.Hour
)

// pauseDomain makes a pause twice as long as the one before. A second answer of the same
// kind while the domain is paused changes nothing: that mail was under way.
const pauseDomain = `INSERT INTO mail_pace AS p (domain, next_single, next_bulk, paused_until, paused_at, pauses, reason)
VALUES ($1, now(), now(), now() + $2::interval, now(), 1, $5)
ON CONFLICT (domain) DO UPDATE SET
	paused_until = now() + least($3::interval, $2::interval * power(2, CASE WHEN p.paused_until < now() - $4::interval THEN 0 ELSE least(p.pauses, 20) END)),
	pauses = CASE WHEN p.paused_until < now() - $4::interval THEN 1 ELSE p.pauses + 1 END, paused_at = now(), reason = $5
WHERE p.paused_until <= now()`

// PauseDomain keeps mails from a domain for a while, because its server asked for it.
func (s *Store) PauseDomain(ctx context.Context, domain, reason string) error {
	_, err := s.job.Exec(ctx, pauseDomain, domain, firstPause, longPause, pauseForget, reason)
	return failure("pause a domain", err)
}

const pacedDomains = `SELECT domain, greatest(extract(epoch FROM greatest(next_single, paused_until) - now()), 0)::float8,
	greatest(extract(epoch FROM greatest(next_bulk, paused_until) - now()), 0)::float8,
	CASE WHEN paused_until > now() THEN paused_until END, CASE WHEN paused_until > now() THEN reason ELSE '' END
FROM mail_pace WHERE greatest(next_single, next_bulk, paused_until) > now() + interval '1 s'
ORDER BY greatest(next_single, next_bulk, paused_until) DESC LIMIT 20`

// pacedDomains are those for which mails wait longest.
func (s *Store) pacedDomains(ctx context.Context) ([]core.PacedDomain, error) {
	rows, err := s.cold.Query(ctx, pacedDomains)
	if err != nil {
		return nil, failure("list the paced domains", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d core.PacedDomain, err error) {
		var wait, bulk float64
		var until pgtype.Timestamptz
		err = row.Scan(&d.Domain, &wait, &bulk, &until, &d.Reason)
		d.Wait, d.WaitBulk = time.Duration(wait*float64(time.Second)), time.Duration(bulk*float64(time.Second))
		d.PausedUntil = maybe(until)
		return d, err
	})
	return list, failure("list the paced domains", err)
}

// PurgePaces forgets domains that no mail went to for a day.
func (s *Store) PurgePaces(ctx context.Context) (int64, error) {
	tag, err := s.cold.Exec(ctx, `DELETE FROM mail_pace WHERE greatest(next_single, next_bulk, paused_until) < now() - interval '1 d'`)
	return tag.RowsAffected(), failure("purge the paces of domains", err)
}
