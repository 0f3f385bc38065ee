package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Store is what a sender reads and writes of messages, many at a time.
type Store interface {
	LoadOutgoing(context.Context, []core.ID) ([]core.Outgoing, error)
	RecordDeliveries(context.Context, []core.Delivery) error
}

// Renderer asks the plugins for a message; false when none of them renders it.
type Renderer interface {
	MessageRender(context.Context, core.MessageView) (core.RenderedMessage, bool, error)
}

// Linker derives a token from its reference.
type Linker interface {
	Token(core.TokenRef) (core.Secret, error)
}

// Router asks the plugins by which providers a mail leaves, and when; false when none
// of them says.
type Router interface {
	MessageRoute(context.Context, core.RouteView) (core.Routing, bool, error)
}

// Pacer shares the turns of mails at the domains that they go to, over all replicas.
type Pacer interface {
	TakeTurns(context.Context, []core.PaceAsk) ([]core.PaceAnswer, error) // one for each, in order
	PauseDomain(ctx context.Context, domain, reason string) error
}

// Deps are the parts that a sender needs; Renderer, Router, Branding, and Pacer with Pace may be nil.
type Deps struct {
	Store    Store
	Linker   Linker
	Renderer Renderer
	Router   Router
	// Branding is the installation's, for what a tenant's lacks; asked for each mail, so that a reload takes effect.
	Branding  func() core.Branding
	Pacer     Pacer
	Pace      func(domain string) time.Duration // between two mails to a domain, at each call; 0 for one that is not paced
	Providers []Provider                        // in the order in which they are tried; their names differ
	// Plan is how the mails of a tenant leave, of now, at each call. It may be nil, as may ReturnPath.
	Plan       func(core.TenantRef) Plan
	ReturnPath *ReturnPath
	Log        *slog.Logger
	Tracer     trace.Tracer
	Signals    *signal.Signals
}

// Config says who writes and where links lead. From and PublicURL are required;
// zero in any other field means the default beside it.
type Config struct {
	From         string        // such as "Usher <no-reply@example.com>"
	PublicURL    string        // such as "https://accounts.example.com"; never taken from a request
	LinkURL      string        // that links begin with; PublicURL
	Batch        int           // most messages in one statement; 128
	Linger       time.Duration // how long a message waits for others to be loaded with; 2 ms
	StoreTimeout time.Duration // of one such statement; 5 s
	Dedicated    []string      // providers that only tenants whose plan names them have
	Probe        time.Duration // between tries of a provider that is down; 1 s
	ProbeRefused time.Duration // between tries of one that refuses our credentials; 30 s
	Patience     time.Duration // how long a mail waits in memory for a provider that is down; 10 s
}

func (c Config) withDefaults() Config {
	if c.LinkURL == "" {
		c.LinkURL = c.PublicURL
	}
	if c.Batch == 0 {
		c.Batch = 128
	}
	if c.Linger == 0 {
		c.Linger = 2 * time.Millisecond
	}
	if c.StoreTimeout == 0 {
		c.StoreTimeout = 5 * time.Second
	}
	if c.Probe == 0 {
		c.Probe = time.Second
	}
	if c.ProbeRefused == 0 {
		c.ProbeRefused = 30 * time.Second
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	return c
}

// recordPatience is how many times longer than a load the record of a delivery waits
// for others.
const recordPatience = 5

// Sender sends messages. It is safe for concurrent use, and meant to be: messages
// that are sent at the same time share their statements.
type Sender struct {
	providers []Provider
	all       []int          // of them
	order     []int          // those of mails whose tenant has no plan
	byName    map[string]int // where in providers
	router    Router
	composer  *composer
	gates     *gates
	loads     *batcher[core.ID, loaded]
	records   *batcher[core.Delivery, struct{}]
	pacer     Pacer
	pace      func(domain string) time.Duration // nil when nothing is paced
	turns     *batcher[core.PaceAsk, core.PaceAnswer]
	log       *slog.Logger
	tracer    trace.Tracer
	signals   *signal.Signals
}

// New makes a sender. It neither dials nor starts anything.
func New(d Deps, c Config) (*Sender, error) {
	if d.Store == nil || d.Linker == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("mail: Store, Linker, Log, Tracer and Signals are required")
	}
	c = c.withDefaults()
	composer, err := newComposer(d, c)
	if err != nil {
		return nil, err
	}
	s := &Sender{
		router: d.Router, composer: composer, gates: newGates(c, len(d.Providers)),
		log: d.Log, tracer: d.Tracer, signals: d.Signals,
	}
	if err := s.take(d.Providers, c.Dedicated); err != nil {
		return nil, err
	}
	s.loads = &batcher[core.ID, loaded]{max: c.Batch, linger: c.Linger, timeout: c.StoreTimeout, run: loadFrom(d.Store)}
	// Nobody waits for a record, and each statement saved is a commit saved.
	s.records = &batcher[core.Delivery, struct{}]{max: c.Batch, linger: recordPatience * c.Linger, timeout: c.StoreTimeout, run: recordIn(d.Store)}
	if d.Pacer != nil && d.Pace != nil {
		s.pacer, s.pace = d.Pacer, d.Pace
		s.turns = &batcher[core.PaceAsk, core.PaceAnswer]{max: c.Batch, linger: c.Linger, timeout: c.StoreTimeout, run: d.Pacer.TakeTurns}
	}
	return s, nil
}

// take makes these the providers.
func (s *Sender) take(providers []Provider, dedicated []string) error {
	s.providers, s.byName = providers, map[string]int{}
	for i, p := range providers {
		if _, twice := s.byName[p.Name()]; twice {
			return fmt.Errorf("mail: two providers are called %q", p.Name())
		}
		s.byName[p.Name()] = i
		s.all = append(s.all, i)
		if !slices.Contains(dedicated, p.Name()) {
			s.order = append(s.order, i)
		}
		s.signals.EmailProvider(context.Background(), p.Name())
	}
	if len(s.order) == 0 {
		return errors.New("mail: a provider that is not dedicated is required")
	}
	return nil
}

// SendMail makes one attempt to send a message. nil means that the job is done:
// the mail was accepted, or must not be sent any more. Every failure of the mail or its
// providers is a [*Failure].
func (s *Sender) SendMail(ctx context.Context, a core.MailAttempt) (err error) {
	ctx, span := s.tracer.Start(ctx, signal.SpanMailSend, trace.WithAttributes(signal.AttrMessageID.String(a.MessageID.String())))
	defer func() { end(span, err) }()

	if a.AcceptedBy != "" {
		by, id, _ := strings.Cut(a.AcceptedBy, " ")
		return s.recordAccepted(ctx, a, core.Delivery{Provider: by, ProviderID: id})
	}
	t, err := s.gates.pass(ctx, s.all)
	if err != nil {
		return s.postpone(err)
	}
	defer func() { s.gates.abandon(t) }() // whatever happened on the way, the next probe must not wait for this one
	out, ctx, err := s.load(ctx, a, span)
	if err != nil {
		return err
	}
	if out.Skip != "" {
		return s.skip(ctx, a, t, out.Skip)
	}
	var d core.Delivery // what is known of this attempt
	failure := s.waitTurn(ctx, a, out)
	var order []int
	if failure == nil {
		order, d.RoutedBy, failure = s.route(ctx, a, out)
	}
	if failure == nil {
		failure = s.turnTo(&t, order)
	}
	var m *Message
	if failure == nil {
		m, failure = s.render(ctx, out, &d)
	}
	if failure != nil {
		if failure.counts() {
			s.count(ctx, t, failure, a.Last)
		}
		return s.failed(ctx, a, out, failure, d)
	}
	m.Attempt = a.Number
	return s.offer(ctx, a, out, m, &t, order, d)
}

// Drain makes mails that wait for a provider that is down go back to the queue at
// once. Call it before the job workers stop.
func (s *Sender) Drain() { s.gates.drain() }

// Health tells whether every provider takes mails as far as the last attempts
// showed; if not, why the first of the others does not, in a few words that name no host,
// and since when.
func (s *Sender) Health() (up bool, reason string, since time.Time) {
	for i, p := range s.providers {
		f, since := s.gates.state(i)
		if f == nil {
			continue
		}
		if reason = f.Reason(); len(s.providers) > 1 {
			reason = p.Name() + ": " + reason
		}
		return false, reason, since
	}
	return true, "", time.Time{}
}

func end(span trace.Span, err error) {
	if err != nil {
		f := asFailure(err)
		span.SetAttributes(signal.AttrErrorType.String(f.Reason()))
		if f.Class != Held {
			span.SetStatus(codes.Error, "")
		}
	}
	span.End()
}
