package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/signal"
)

// Store keeps endpoints. A zero tenant means any.
type Store interface {
	// MayManage gives no error when the actor may manage the tenant right now.
	MayManage(ctx context.Context, a core.Actor, tenant core.ID) (core.Role, error)

	// AddWebhook makes the endpoint's place in the outbox too, in one commit.
	AddWebhook(ctx context.Context, w core.Webhook, by core.By, most int) (core.Webhook, error)
	Webhook(ctx context.Context, tenant, id core.ID) (core.Webhook, error)
	Webhooks(ctx context.Context, tenant core.ID) ([]core.Webhook, error)
	EnabledWebhooks(context.Context) ([]core.Webhook, error)
	ChangeWebhook(ctx context.Context, tenant, id core.ID, c core.WebhookChange, by core.By) (core.Webhook, error)
	RotateWebhook(ctx context.Context, tenant, id core.ID, to core.SealedSecret, overlap time.Duration, by core.By) (core.Webhook, error)
	RemoveWebhook(ctx context.Context, tenant, id core.ID, by core.By) error

	// NoteWebhookAttempt keeps an attempt, and disables an endpoint that is gone or fails for longer than patience.
	NoteWebhookAttempt(ctx context.Context, a core.WebhookAttempt, gone bool, patience time.Duration, traceparent string) (core.WebhookState, error)
	WebhookAttempts(ctx context.Context, id core.ID, before int64, limit int) ([]core.WebhookAttempt, error)
	// ReplayEvents has events sent again, and gives how many.
	ReplayEvents(ctx context.Context, f core.EventFilter, r core.EventReplay, most int, act core.EventAct) (int, error)
	WebhookBacklog(context.Context) (parked, dead int64, lag time.Duration, disabled map[core.WebhookOff]int64, err error)
}

// Deps are the parts that the service needs; all but the last two are required.
type Deps struct {
	Store   Store
	Keys    *keyring.Ring
	Tail    *event.Tail
	Wake    func(consumer string) // has a consumer looked at at once
	Clock   core.Clock
	Log     *slog.Logger
	Signals *signal.Signals

	Resolver *net.Resolver  // nil for the system's
	Roots    *x509.CertPool // likewise
}

// Config says what is sent where. Zero in any field means the default beside it.
type Config struct {
	Source       string         // of CloudEvents; "/"
	Networks     []netip.Prefix // that may be reached although they are not public
	Ports        []int          // that may be reached besides 443
	Loopback     bool           // http and any port on this machine may be reached by its own name: for development
	Timeout      time.Duration  // of one attempt; 10 s
	DisableAfter time.Duration  // of failures without a success; 5 days
	Schedule     []time.Duration
}

func (c Config) withDefaults() Config {
	if c.Source == "" {
		c.Source = "/"
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.DisableAfter == 0 {
		c.DisableAfter = 5 * 24 * time.Hour
	}
	if c.Schedule == nil {
		c.Schedule = schedule()
	}
	return c
}

// Service is the webhooks of one host.
type Service struct {
	Deps
	config    Config
	transport http.RoundTripper

	changed   chan struct{} // holds one: the endpoints are to be read again
	endpoints atomic.Pointer[map[core.ID]*endpoint]
	consumers atomic.Pointer[[]event.Consumer]
}

// New makes the service; [Service.Run] keeps it up to date.
func New(d Deps, c Config) (*Service, error) {
	if d.Store == nil || d.Keys == nil || d.Tail == nil || d.Wake == nil || d.Clock == nil || d.Log == nil || d.Signals == nil {
		return nil, errors.New("webhook: Store, Keys, Tail, Wake, Clock, Log and Signals are required")
	}
	c = c.withDefaults()
	s := &Service{Deps: d, config: c, transport: d.newTransport(c), changed: make(chan struct{}, 1)}
	s.endpoints.Store(&map[core.ID]*endpoint{})
	s.consumers.Store(&[]event.Consumer{})
	return s, nil
}

// Consumers are the endpoints that are sent events at this moment.
func (s *Service) Consumers() []event.Consumer { return *s.consumers.Load() }

const (
	// readEvery is how often the endpoints are read where nothing told of a change.
	readEvery = 10 * time.Second
	// measureEvery is between looks at what waits.
	measureEvery = 15 * time.Second
)

// Run follows the changes of endpoints, those of other replicas included, until the context ends.
func (s *Service) Run(ctx context.Context) {
	defer s.Tail.Watch(func(events []core.OutboxEvent) {
		for _, e := range events {
			if strings.HasPrefix(string(e.Type), "Webhook") {
				s.refresh()
			}
		}
	})()
	tick, measure := time.NewTicker(readEvery), time.NewTicker(measureEvery)
	defer tick.Stop()
	defer measure.Stop()
	failing := false
	s.refresh()
	for {
		select {
		case <-ctx.Done():
			return
		case <-measure.C:
			s.measure(ctx)
			continue
		case <-s.changed:
		case <-tick.C:
		}
		err := s.read(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "webhooks cannot be read", "error", err)
		}
		failing = err != nil
	}
}

// refresh has the endpoints read again soon.
func (s *Service) refresh() {
	select {
	case s.changed <- struct{}{}:
	default: // they will be
	}
}

func (s *Service) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	list, err := s.Store.EnabledWebhooks(ctx)
	if err != nil {
		return err
	}
	before := *s.endpoints.Load()
	now, consumers := make(map[core.ID]*endpoint, len(list)), make([]event.Consumer, 0, len(list))
	for _, w := range list {
		e, known := before[w.ID]
		if !known || e.Version != w.Version {
			e = s.open(ctx, w)
		}
		now[w.ID] = e
		consumers = append(consumers, s.consumer(e))
	}
	s.endpoints.Store(&now)
	s.consumers.Store(&consumers)
	return nil
}

func (s *Service) measure(ctx context.Context) {
	parked, dead, lag, disabled, err := s.Store.WebhookBacklog(ctx)
	if err != nil {
		return // the database says so elsewhere
	}
	s.Signals.EventBacklog(ctx, group, parked, dead, lag)
	for reason, n := range disabled {
		s.Signals.WebhooksDisabled(ctx, string(reason), n)
	}
}
