package event

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Store keeps the places of consumers. Its methods but LeaseConsumer do nothing and give
// false for a holder whose lease was taken over.
type Store interface {
	// LeaseConsumer takes or prolongs the lease of a consumer, which is made when there is none.
	LeaseConsumer(ctx context.Context, c core.Lease) (held bool, err error)
	// ReadOutbox gives the events after the consumer's place, at most limit, and the place
	// up to which there are no others of these types.
	ReadOutbox(ctx context.Context, consumer string, types []core.EventType, limit int) ([]core.OutboxEvent, core.EventPlace, error)
	// Advance moves the place and parks what was not taken, in one commit.
	Advance(ctx context.Context, c core.Lease, to core.EventPlace, parked []core.ParkedEvent) (held bool, err error)
	// DueEvents gives the first parked event of each tenant whose time has come.
	DueEvents(ctx context.Context, consumer string, limit int) ([]core.OutboxEvent, error)
	// Unpark takes away events that were taken.
	Unpark(ctx context.Context, c core.Lease, taken []core.OutboxEvent) (held bool, err error)
	// Postpone says when events that were not taken are tried again.
	Postpone(ctx context.Context, c core.Lease, events []core.ParkedEvent) (held bool, err error)
	// RelayBacklog tells how many events are parked and how old the oldest is that was not taken.
	RelayBacklog(ctx context.Context, consumer string, types []core.EventType) (parked int64, lag time.Duration, err error)
}

// Consumer takes events.
type Consumer struct {
	// Name is its place's name in the database, such as "event.deliver/crm".
	Name string
	// Types are those that it wants; nil for all.
	Types []core.EventType
	// Deliver hands over one event; nil means that it was taken. An error with a method
	// RetryAfter() time.Duration says when to try again. It may be called for several
	// tenants at once, and again for an event that it took.
	Deliver func(ctx context.Context, e core.Event, attempt int) error
}

// Deps are the parts that a relay needs; all are required.
type Deps struct {
	Store Store
	// Consumers are those of the moment; asked again and again.
	Consumers func() []Consumer
	Log       *slog.Logger
	Tracer    trace.Tracer
	Signals   *signal.Signals
}

// Config tunes a relay. Zero in any field means the default beside it.
type Config struct {
	Poll     time.Duration // between looks when there was nothing; 250 ms
	Batch    int           // events in one read; 100
	Parallel int           // tenants at once; 4
	Lease    time.Duration // how long a process that died keeps a consumer; 15 s
	Timeout  time.Duration // of one statement; 5 s
	Deliver  time.Duration // of one delivery; 10 s
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		into  *time.Duration
		value time.Duration
	}{
		{&c.Poll, 250 * time.Millisecond},
		{&c.Lease, 15 * time.Second},
		{&c.Timeout, 5 * time.Second},
		{&c.Deliver, 10 * time.Second},
	} {
		if *d.into == 0 {
			*d.into = d.value
		}
	}
	if c.Batch == 0 {
		c.Batch = 100
	}
	if c.Parallel == 0 {
		c.Parallel = 4
	}
	return c
}

// Relay works off the outbox for its consumers.
type Relay struct {
	deps   Deps
	config Config
	holder core.ID // this process
	log    *slog.Logger
}

// New makes a relay; [Relay.Run] runs it.
func New(d Deps, c Config) (*Relay, error) {
	if d.Store == nil || d.Consumers == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("event: Store, Consumers, Log, Tracer and Signals are required")
	}
	return &Relay{deps: d, config: c.withDefaults(), holder: core.NewID(time.Now()), log: d.Log}, nil
}

// Run relays until the context ends; deliveries under way end first. Consumers that
// appear are begun, those that are gone are left where they are.
func (r *Relay) Run(ctx context.Context) {
	var all sync.WaitGroup
	running := map[string]*feed{}
	tick := time.NewTicker(r.config.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		wanted := map[string]bool{}
		for _, c := range r.deps.Consumers() {
			wanted[c.Name] = true
			if f, ok := running[c.Name]; ok {
				f.consumer.Store(&c)
				continue
			}
			running[c.Name] = r.begin(ctx, &all, c)
		}
		for name, f := range running {
			if !wanted[name] {
				f.stop()
				delete(running, name)
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	all.Wait()
}

func (r *Relay) begin(ctx context.Context, all *sync.WaitGroup, c Consumer) *feed {
	ctx, stop := context.WithCancel(ctx)
	f := &feed{relay: r, stop: stop, lease: core.Lease{Consumer: c.Name, Holder: r.holder, For: r.config.Lease}}
	f.consumer.Store(&c)
	all.Go(func() { f.run(ctx) })
	return f
}
