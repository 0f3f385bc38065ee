package event

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// History is what was committed, in its order.
type History interface {
	// EventsAfter gives what follows a place of what somebody wants, before the oldest transaction that still runs.
	EventsAfter(ctx context.Context, at core.EventPlace, f core.EventFilter, limit int) ([]core.OutboxEvent, error)
	// EventPlace reads a cursor, EventCursor writes one.
	EventPlace(cursor string) (core.EventPlace, error)
	EventCursor(core.EventPlace) string
}

// StreamConfig bounds streams. Zero in any field means the default beside it.
type StreamConfig struct {
	Source     string // of CloudEvents; "/"
	Most       int    // open at once; 1000
	MostTenant int    // of one tenant; 20
	Buffer     int    // events that a reader may be behind; 256
	Page       int    // events in one read of what was before; 100
}

func (c StreamConfig) withDefaults() StreamConfig {
	if c.Source == "" {
		c.Source = "/"
	}
	for _, d := range []struct {
		into  *int
		value int
	}{{&c.Most, 1000}, {&c.MostTenant, 20}, {&c.Buffer, 256}, {&c.Page, 100}} {
		if *d.into == 0 {
			*d.into = d.value
		}
	}
	return c
}

// Streams are the readers that are told of events as they come.
type Streams struct {
	tail    *Tail
	history History
	signals *signal.Signals
	config  StreamConfig

	mu   sync.Mutex
	open map[core.ID]int // by tenant; of operators under the zero id
	all  int
}

// NewStreams makes the readers' side of a tail.
func NewStreams(t *Tail, h History, s *signal.Signals, c StreamConfig) (*Streams, error) {
	if t == nil || h == nil || s == nil {
		return nil, errors.New("event: streams need a tail, a history and signals")
	}
	return &Streams{tail: t, history: h, signals: s, config: c.withDefaults(), open: map[core.ID]int{}}, nil
}

// ErrSlow ends the stream of a reader who is too far behind. He goes on from where he is with another one.
var ErrSlow = errors.New("the reader of a stream is too far behind")

// Stream gives events in the order of their commits, each once, from a place on. It is for one goroutine.
type Stream struct {
	streams *Streams
	filter  core.EventFilter
	last    core.EventPlace
	behind  []core.OutboxEvent // read and not given yet
	caught  bool               // up with what came while it was open

	fresh   chan core.OutboxEvent
	slow    chan struct{} // closed when fresh was full
	unwatch func()
}

// Open begins a stream: after the place that a cursor names, or else with what is committed from now on, and perhaps some
// that was just before. It must be closed. There is a bound to how many are open.
func (s *Streams) Open(ctx context.Context, f core.EventFilter, cursor string) (*Stream, error) {
	var after core.EventPlace
	if cursor != "" {
		var err error
		if after, err = s.history.EventPlace(cursor); err != nil {
			return nil, err
		}
	}
	if err := s.enter(f.TenantID); err != nil {
		return nil, err
	}
	o := &Stream{streams: s, filter: f, last: after, caught: cursor == "", fresh: make(chan core.OutboxEvent, s.config.Buffer), slow: make(chan struct{})}
	dropped := sync.OnceFunc(func() { close(o.slow) })
	o.unwatch = s.tail.Watch(func(events []core.OutboxEvent) {
		for _, e := range events {
			if !f.Wants(e.Event) {
				continue
			}
			select {
			case o.fresh <- e:
			default:
				dropped()
				return
			}
		}
	})
	select {
	case <-s.tail.begun:
		return o, nil
	case <-ctx.Done():
		o.Close()
		return nil, core.E(core.Unavailable, "The service cannot read events right now.").Because("tail_not_begun").Caused(ctx.Err())
	}
}

func (s *Streams) enter(tenant core.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.config.Most || !tenant.IsZero() && s.open[tenant] >= s.config.MostTenant {
		e := core.E(core.RateLimited, "There are as many streams as there may be. Close one, or share it.").Because("too_many_streams")
		e.RetryAfter = 10 * time.Second
		return e
	}
	s.all++
	s.open[tenant]++
	s.signals.EventStreams(context.Background(), int64(s.all))
	return nil
}

func (s *Streams) leave(tenant core.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.open[tenant]--; s.open[tenant] == 0 {
		delete(s.open, tenant)
	}
	s.signals.EventStreams(context.Background(), int64(s.all))
}

// Close ends the stream, once.
func (o *Stream) Close() {
	o.unwatch()
	o.streams.leave(o.filter.TenantID)
}

// Next waits for an event until the context ends, and gives its error then: the cursor behind it, its type, and the
// CloudEvent.
func (o *Stream) Next(ctx context.Context) (cursor, wireType string, cloudEvent []byte, err error) {
	e, err := o.next(ctx)
	if err != nil {
		return "", "", nil, err
	}
	cloudEvent, err = Marshal(o.streams.config.Source, e.Event)
	return o.streams.history.EventCursor(e.Place), core.EventPrefix + string(e.Type), cloudEvent, err
}

// next reads what was before in pages, once; from then on the process's one tail tells.
func (o *Stream) next(ctx context.Context) (core.OutboxEvent, error) {
	for !o.caught && len(o.behind) == 0 {
		var err error
		if o.behind, err = o.streams.history.EventsAfter(ctx, o.last, o.filter, o.streams.config.Page); err != nil {
			return core.OutboxEvent{}, err
		}
		o.caught = len(o.behind) < o.streams.config.Page
	}
	if len(o.behind) > 0 {
		e := o.behind[0]
		o.behind, o.last = o.behind[1:], e.Place
		return e, nil
	}
	for {
		select {
		case <-o.slow:
			return core.OutboxEvent{}, ErrSlow
		default:
		}
		select {
		case <-ctx.Done():
			return core.OutboxEvent{}, ctx.Err()
		case <-o.slow:
			return core.OutboxEvent{}, ErrSlow
		case e := <-o.fresh:
			if !e.Place.After(o.last) { // the history had it
				continue
			}
			o.last = e.Place
			return e, nil
		}
	}
}
