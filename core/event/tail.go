package event

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
)

// Outbox is what a tail reads.
type Outbox interface {
	// OutboxHorizon is the place before which everything is committed.
	OutboxHorizon(context.Context) (core.EventPlace, error)
	// OutboxAfter gives what follows a place, before the oldest transaction that still runs.
	OutboxAfter(ctx context.Context, at core.EventPlace, limit int) ([]core.OutboxEvent, error)
}

// TailConfig tunes a tail. Zero in any field means the default beside it.
type TailConfig struct {
	Poll    time.Duration // between looks when there was nothing; 40 ms
	Batch   int           // events in one read; 500
	Timeout time.Duration // of one read; 5 s
}

func (c TailConfig) withDefaults() TailConfig {
	if c.Poll == 0 {
		c.Poll = 40 * time.Millisecond
	}
	if c.Batch == 0 {
		c.Batch = 500
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	return c
}

// Tail follows the outbox, once for a whole process, and shows each event to everybody in
// it who wants to know at once. It looks often instead of being told: a NOTIFY in the
// transactions of the pipeline would have them wait for one another.
type Tail struct {
	outbox Outbox
	log    *slog.Logger
	config TailConfig

	mu       sync.Mutex
	watchers map[*watcher]bool
	begun    chan struct{} // closed when what is committed from then on will be shown
}

// watcher is called with what was committed. It must not block.
type watcher struct{ show func([]core.OutboxEvent) }

// NewTail makes a tail; [Tail.Run] runs it.
func NewTail(o Outbox, log *slog.Logger, c TailConfig) (*Tail, error) {
	if o == nil || log == nil {
		return nil, errors.New("event: a tail needs an outbox and a log")
	}
	return &Tail{outbox: o, log: log, config: c.withDefaults(), watchers: map[*watcher]bool{}, begun: make(chan struct{})}, nil
}

// Watch has show called with the events that are committed after the tail has begun, in
// their order, until end is called. Show must not block.
func (t *Tail) Watch(show func([]core.OutboxEvent)) (end func()) {
	w := &watcher{show}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers[w] = true
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.watchers, w)
	}
}

// Run follows until the context ends. Trouble is logged once, and what was committed
// meanwhile is shown when it is over.
func (t *Tail) Run(ctx context.Context) {
	var at *core.EventPlace
	failing := false
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		n, err := t.look(ctx, &at)
		if err != nil && !failing && ctx.Err() == nil {
			t.log.WarnContext(ctx, "events cannot be followed", "error", err)
		}
		failing = err != nil
		wait := t.config.Poll
		if n == t.config.Batch {
			wait = 0
		}
		timer.Reset(wait)
	}
}

func (t *Tail) look(ctx context.Context, at **core.EventPlace) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, t.config.Timeout)
	defer cancel()
	if *at == nil {
		begin, err := t.outbox.OutboxHorizon(ctx)
		if err != nil {
			return 0, err
		}
		*at = &begin
		close(t.begun)
	}
	events, err := t.outbox.OutboxAfter(ctx, **at, t.config.Batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	*at = &events[len(events)-1].Place
	t.mu.Lock()
	defer t.mu.Unlock()
	for w := range t.watchers {
		w.show(events)
	}
	return len(events), nil
}
