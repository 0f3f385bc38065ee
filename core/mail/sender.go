package mail

import (
	"context"
	"errors"
	"log/slog"
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

// Deps are the parts that a sender needs; Renderer alone may be nil.
type Deps struct {
	Store    Store
	Linker   Linker
	Renderer Renderer
	Provider Provider
	Log      *slog.Logger
	Tracer   trace.Tracer
	Signals  *signal.Signals
}

// Config says who writes and where links lead. From and PublicURL are required;
// zero in any other field means the default beside it.
type Config struct {
	From         string        // such as "Usher <no-reply@example.com>"
	PublicURL    string        // such as "https://accounts.example.com"; never taken from a request
	Batch        int           // most messages in one statement; 128
	Linger       time.Duration // how long a message waits for others to be loaded with; 2 ms
	StoreTimeout time.Duration // of one such statement; 5 s
	Probe        time.Duration // between tries of a provider that is down; 1 s
	ProbeRefused time.Duration // between tries of one that refuses our credentials; 30 s
	Patience     time.Duration // how long a mail waits in memory for a provider that is down; 10 s
}

func (c Config) withDefaults() Config {
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
	provider Provider
	composer *composer
	gate     *gate
	loads    *batcher[core.ID, loaded]
	records  *batcher[core.Delivery, struct{}]
	log      *slog.Logger
	tracer   trace.Tracer
	signals  *signal.Signals
}

// New makes a sender. It neither dials nor starts anything.
func New(d Deps, c Config) (*Sender, error) {
	if d.Store == nil || d.Linker == nil || d.Provider == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("mail: Store, Linker, Provider, Log, Tracer and Signals are required")
	}
	c = c.withDefaults()
	composer, err := newComposer(d, c)
	if err != nil {
		return nil, err
	}
	s := &Sender{
		provider: d.Provider, composer: composer, gate: newGate(c),
		log: d.Log, tracer: d.Tracer, signals: d.Signals,
	}
	s.loads = &batcher[core.ID, loaded]{max: c.Batch, linger: c.Linger, timeout: c.StoreTimeout, run: loadFrom(d.Store)}
	// Nobody waits for a record, and each statement saved is a commit saved.
	s.records = &batcher[core.Delivery, struct{}]{max: c.Batch, linger: recordPatience * c.Linger, timeout: c.StoreTimeout, run: recordIn(d.Store)}
	s.signals.EmailProvider(context.Background(), d.Provider.Name())
	return s, nil
}

// SendMail makes one attempt to send a message. nil means that the job is done:
// the mail was accepted, or must not be sent any more. Every failure of the mail or its
// provider is a [*Failure].
func (s *Sender) SendMail(ctx context.Context, a core.MailAttempt) (err error) {
	ctx, span := s.tracer.Start(ctx, signal.SpanMailSend, trace.WithAttributes(
		signal.AttrMessageID.String(a.MessageID.String()), signal.AttrProvider.String(s.provider.Name())))
	defer func() { end(span, err) }()

	if a.AcceptedBy != "" {
		return s.recordAccepted(ctx, a, a.AcceptedBy)
	}
	probe, err := s.gate.pass(ctx)
	if err != nil {
		return s.postpone(err)
	}
	reported := false
	defer func() { // whatever happened on the way, the next probe must not wait for this one
		if !reported {
			s.gate.abandon(probe)
		}
	}()
	out, ctx, err := s.load(ctx, a, span)
	if err != nil {
		return err
	}
	if out.Skip != "" {
		return s.skip(ctx, a, out.Skip)
	}
	m, err := s.render(ctx, out)
	if err != nil {
		return s.failed(ctx, a, out, asFailure(err))
	}
	failure := s.hand(ctx, m)
	if failure == nil || failure.Class != Busy && ctx.Err() == nil { // what we stopped says nothing about the provider
		reported = true
		s.report(ctx, probe, failure)
	}
	if failure != nil {
		return s.failed(ctx, a, out, failure)
	}
	s.signals.EmailHandover(ctx, time.Since(out.CreatedAt))
	return s.recordAccepted(ctx, a, s.provider.Name())
}

// Drain makes mails that wait for a provider that is down go back to the queue at
// once. Call it before the job workers stop.
func (s *Sender) Drain() { s.gate.drain() }

// Health tells whether the provider takes mails as far as the last attempts
// showed; if not, why in a few words that name no host, and since when.
func (s *Sender) Health() (up bool, reason string, since time.Time) {
	f, since := s.gate.state()
	if f == nil {
		return true, "", time.Time{}
	}
	return false, f.Reason(), since
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetAttributes(signal.AttrErrorType.String(asFailure(err).Reason()))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
