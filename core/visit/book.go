package visit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
)

// Store keeps visits, many at a time; no two are of one link, kind and reason.
type Store interface {
	RecordVisits(context.Context, []core.Visit) error
}

// Deps are the parts that a book needs; all are required.
type Deps struct {
	Store Store
	Log   *slog.Logger
}

// Config bounds a book. Zero in a field means the default beside it.
type Config struct {
	Most  int           // notes in memory; 4096
	Every time.Duration // between two batches; 2 s
}

// storeTimeout bounds one batch.
const storeTimeout = 5 * time.Second

// key is what notes are one by.
type key struct {
	hash   core.TokenHash
	kind   core.VisitKind
	reason string
}

// Book takes notes. It is safe for concurrent use.
type Book struct {
	deps   Deps
	config Config

	mu      sync.Mutex
	notes   map[key]core.Visit
	dropped int64
}

// New makes an empty book; [Book.Run] keeps what is noted.
func New(d Deps, c Config) (*Book, error) {
	if d.Store == nil || d.Log == nil {
		return nil, errors.New("visit: Store and Log are required")
	}
	if c.Most == 0 {
		c.Most = 4096
	}
	if c.Every == 0 {
		c.Every = 2 * time.Second
	}
	return &Book{deps: d, config: c, notes: map[key]core.Visit{}}, nil
}

// Note takes a visit down and waits for nothing but other notes.
func (b *Book) Note(v core.Visit) {
	k := key{v.Hash, v.Kind, v.Reason}
	b.mu.Lock()
	defer b.mu.Unlock()
	known, ok := b.notes[k]
	switch {
	case ok:
		known.Last, known.Traceparent, known.Count = v.Last, v.Traceparent, known.Count+v.Count
		b.notes[k] = known
	case len(b.notes) >= b.config.Most:
		b.dropped += v.Count
	default:
		b.notes[k] = v
	}
}

// Run keeps the notes in batches until ctx ends, and then those that are left.
func (b *Book) Run(ctx context.Context) {
	tick := time.NewTicker(b.config.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.Flush(ctx)
		case <-ctx.Done():
			b.Flush(context.WithoutCancel(ctx))
			return
		}
	}
}

// Flush keeps what is noted now. What cannot be kept is lost: the links are worth more than
// the notes on them.
func (b *Book) Flush(ctx context.Context) {
	b.mu.Lock()
	notes, dropped := b.notes, b.dropped
	b.notes, b.dropped = make(map[key]core.Visit, len(notes)), 0
	b.mu.Unlock()
	if dropped > 0 {
		b.deps.Log.WarnContext(ctx, "visits of links were not noted; there were too many at once", "visits", dropped)
	}
	if len(notes) == 0 {
		return
	}
	visits := make([]core.Visit, 0, len(notes))
	for _, v := range notes {
		visits = append(visits, v)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := b.deps.Store.RecordVisits(ctx, visits); err != nil {
		b.deps.Log.WarnContext(ctx, "visits of links were not kept", "visits", len(visits), "error", err)
	}
}
