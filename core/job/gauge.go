package job

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// measure counts what is not finished, and what was given up, from the library's
// fetching index (state, queue, priority, scheduled_at, id) alone; finished jobs, which are
// nearly all, are never touched, and no state is counted beyond 100,000. Ids grow with
// time, so the smallest is the oldest and one look-up by it tells its age.
const measure = `SELECT s.state::text, q.depth,
	CASE WHEN s.state IN ('available', 'running', 'retryable')
		THEN coalesce(extract(epoch FROM now() - j.created_at), 0) ELSE 0 END::float8
FROM unnest('{available,running,retryable,scheduled,discarded,cancelled}'::river_job_state[]) s (state)
CROSS JOIN LATERAL (SELECT count(*) AS depth, min(id) AS oldest FROM (
	SELECT id FROM river_job WHERE state = s.state AND queue = '` + core.MailJobQueue + `'
	ORDER BY priority, scheduled_at, id LIMIT 100000) counted) q
LEFT JOIN river_job j ON j.id = q.oldest`

const measureTimeout = 5 * time.Second

// gauge shows the length and age of the mail queue. Every process shows the same
// queue: read the greatest, not the sum.
type gauge struct {
	pool    *pgxpool.Pool
	signals *signal.Signals
	log     *slog.Logger
	every   time.Duration
	workers func() (busy, allowed, most int)

	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (g *gauge) start(ctx context.Context) {
	ctx, g.cancel = context.WithCancel(ctx)
	g.done.Go(func() { g.run(ctx) })
}

func (g *gauge) stop() {
	if g.cancel != nil {
		g.cancel()
	}
	g.done.Wait()
}

func (g *gauge) run(ctx context.Context) {
	ticker := time.NewTicker(g.every)
	defer ticker.Stop()
	for {
		busy, allowed, _ := g.workers()
		g.signals.EmailWorkers(ctx, int64(busy), int64(allowed))
		if err := g.measure(ctx); err != nil && ctx.Err() == nil {
			g.log.WarnContext(ctx, "the mail queue cannot be measured", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (g *gauge) measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	rows, err := g.pool.Query(ctx, measure)
	if err != nil {
		return err
	}
	defer rows.Close()
	depth := map[signal.QueueState]int64{
		signal.QueueReady: 0, signal.QueueRunning: 0, signal.QueueRetrying: 0, signal.QueueScheduled: 0, signal.QueueDead: 0,
	}
	var oldest float64
	for rows.Next() {
		var (
			state string
			n     int64
			age   float64
		)
		if err := rows.Scan(&state, &n, &age); err != nil {
			return err
		}
		depth[stateOf(state)] += n
		oldest = max(oldest, age)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for state, n := range depth {
		g.signals.EmailQueue(ctx, state, n)
	}
	g.signals.EmailQueueOldest(ctx, time.Duration(oldest*float64(time.Second)))
	var paused bool
	if err := g.pool.QueryRow(ctx, isPaused).Scan(&paused); err != nil {
		return err
	}
	g.signals.EmailPaused(ctx, paused)
	return nil
}

func stateOf(state string) signal.QueueState {
	switch state {
	case "running":
		return signal.QueueRunning
	case "retryable":
		return signal.QueueRetrying
	case "scheduled":
		return signal.QueueScheduled
	case "discarded", "cancelled":
		return signal.QueueDead
	default:
		return signal.QueueReady
	}
}
