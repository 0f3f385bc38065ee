package job

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-id/usher/core"
)

// River listens on "<schema>.river_insert" and reads the queue from the payload
// (v0.51: riverpgxv5 Listener.Connect, internal/notifier, producer.go insertPayload). A
// test here fails when an upgrade changes either.
const notify = `SELECT pg_notify(current_schema() || '.river_insert', '{"queue":"` + core.MailJobQueue + `"}')`

const notifyTimeout = 2 * time.Second

// waker tells the workers of all processes of new jobs, on a connection of its
// own outside any transaction: a NOTIFY takes a lock over all databases until its commit
// is done, so that one inside the pipeline's transactions would make them wait for
// each other's disk.
type waker struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	rest time.Duration // shortest time between two notifications

	asked  chan struct{} // holds one: any number of wishes are one notification
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func newWaker(pool *pgxpool.Pool, log *slog.Logger, rest time.Duration) *waker {
	return &waker{pool: pool, log: log, rest: rest, asked: make(chan struct{}, 1), cancel: func() {}}
}

func (w *waker) wake() {
	select {
	case w.asked <- struct{}{}:
	default: // one is due already
	}
}

func (w *waker) start(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	w.done.Go(func() { w.run(ctx) })
}

func (w *waker) stop() {
	w.cancel()
	w.done.Wait()
}

func (w *waker) run(ctx context.Context) {
	timer := time.NewTimer(0)
	<-timer.C
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.asked:
		}
		err := w.notify(ctx)
		if err != nil && !failing && ctx.Err() == nil { // once, not once a mail
			w.log.WarnContext(ctx, "workers cannot be woken; mails wait for the next poll", slog.Any("error", err))
		}
		failing = err != nil
		timer.Reset(w.rest)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

func (w *waker) notify(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	_, err := w.pool.Exec(ctx, notify)
	return err
}
