package event

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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
	// up to which there are no others that it wants.
	ReadOutbox(ctx context.Context, consumer string, f core.EventFilter, limit int) ([]core.OutboxEvent, core.EventPlace, error)
	// Advance moves the place and parks what was not taken, in one commit.
	Advance(ctx context.Context, c core.Lease, to core.EventPlace, parked []core.ParkedEvent) (held bool, err error)
	// DueEvents gives the first parked events of each tenant whose time has come, at most of limit tenants.
	DueEvents(ctx context.Context, consumer string, limit int) ([]core.OutboxEvent, error)
	// Unpark takes away events that were taken.
	Unpark(ctx context.Context, c core.Lease, taken []core.OutboxEvent) (held bool, err error)
	// Postpone says when events that were not taken are tried again.
	Postpone(ctx context.Context, c core.Lease, events []core.ParkedEvent) (held bool, err error)
	// RelayBacklog tells how many events are parked, how many of them for ever, and how old the oldest is that was not taken.
	RelayBacklog(ctx context.Context, consumer string, types []core.EventType) (parked, dead int64, lag time.Duration, err error)
}

// Consumer takes events.
type Consumer struct {
	// Name is its place's name in the database, such as "event.deliver/crm".
	Name string
	// Types are those that it wants; nil for all. Tenant is whose; zero for everybody's.
	Types  []core.EventType
	Tenant core.ID
	// Group stands in metrics for consumers of which there may be any number, and whose
	// backlog somebody else measures; empty for one that is measured by its name.
	Group string
	// Batch is how many events are taken in one read; 0 for what the relay has.
	Batch int
	// Deliver hands over one event; nil means that it was taken. An error with a method
	// RetryAfter() time.Duration says when to try again, one whose method GivesUp() bool
	// is true that this event is not tried again. It may be called for several
	// tenants at once, and again for an event that it took.
	Deliver func(ctx context.Context, e core.Event, attempt int) error
	// DeliverAll is for who takes events in bulk and in the order of all tenants, in the
	// place of Deliver. It gives how many of the first were taken. Those that were not
	// hold up what follows; none is ever parked.
	DeliverAll func(ctx context.Context, events []core.OutboxEvent) (taken int, err error)
}

func (c *Consumer) filter() core.EventFilter {
	return core.EventFilter{Types: c.Types, TenantID: c.Tenant}
}

// label is the consumer's name in metrics.
func (c *Consumer) label() string {
	if c.Group != "" {
		return c.Group
	}
	return c.Name
}

// Deps are the parts that a relay needs; all but Tail are required.
type Deps struct {
	Store Store
	// Tail tells of what is committed as it comes. Without one, each consumer looks at every Poll.
	Tail *Tail
	// Consumers are those of the moment; asked again and again.
	Consumers func() []Consumer
	Log       *slog.Logger
	Tracer    trace.Tracer
	Signals   *signal.Signals
}

// Config tunes a relay. Zero in any field means the default beside it.
type Config struct {
	Poll     time.Duration // between looks when there was nothing; 250 ms
	Idle     time.Duration // likewise, where a tail tells of what comes; 5 s
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
		{&c.Idle, 5 * time.Second},
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

	mu      sync.Mutex
	running map[string]*feed
}

// New makes a relay; [Relay.Run] runs it.
func New(d Deps, c Config) (*Relay, error) {
	if d.Store == nil || d.Consumers == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("event: Store, Consumers, Log, Tracer and Signals are required")
	}
	return &Relay{deps: d, config: c.withDefaults(), holder: core.NewID(time.Now()), log: d.Log, running: map[string]*feed{}}, nil
}

// Run relays until the context ends; deliveries under way end first. Consumers that
// appear are begun, those that are gone are left where they are.
func (r *Relay) Run(ctx context.Context) {
	if r.deps.Tail != nil {
		defer r.deps.Tail.Watch(r.tell)()
	}
	var all sync.WaitGroup
	tick := time.NewTicker(r.config.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		r.compare(ctx, &all)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	all.Wait()
}

// compare begins and ends feeds as the consumers of the moment want it.
func (r *Relay) compare(ctx context.Context, all *sync.WaitGroup) {
	consumers := r.deps.Consumers()
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := make(map[string]bool, len(consumers))
	for _, c := range consumers {
		wanted[c.Name] = true
		if f, ok := r.running[c.Name]; ok {
			f.consumer.Store(&c)
			continue
		}
		r.running[c.Name] = r.begin(ctx, all, c)
	}
	for name, f := range r.running {
		if !wanted[name] {
			f.stop()
			delete(r.running, name)
		}
	}
}

func (r *Relay) begin(ctx context.Context, all *sync.WaitGroup, c Consumer) *feed {
	ctx, stop := context.WithCancel(ctx)
	f := &feed{
		relay: r, stop: stop, wake: make(chan struct{}, 1),
		lease: core.Lease{Consumer: c.Name, Holder: r.holder, For: r.config.Lease},
	}
	f.consumer.Store(&c)
	all.Go(func() { f.run(ctx) })
	return f
}

// tell wakes those who want one of the events.
func (r *Relay) tell(events []core.OutboxEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.running {
		wants := f.consumer.Load().filter()
		if slices.ContainsFunc(events, func(e core.OutboxEvent) bool { return wants.Wants(e.Event) }) {
			f.rouse()
		}
	}
}

// Wake has a consumer looked at at once, what it has parked included.
func (r *Relay) Wake(consumer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.running[consumer]; ok {
		f.again.Store(true)
		f.rouse()
	}
}
