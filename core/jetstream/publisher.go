package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
)

// Deps are the parts that a publisher needs.
type Deps struct {
	Log *slog.Logger
	// InProcess is the server in this process, in the place of an address; nil for none.
	InProcess nats.InProcessConnProvider
}

// Config says where events go. Zero in any field means the default beside it.
type Config struct {
	URL       string
	CredsFile string // of an account; none when empty
	Stream    string // "USHER_EVENTS"
	Prefix    string // of subjects; "usher.events"
	Source    string // of CloudEvents; "/"
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		into  *string
		value string
	}{{&c.Stream, "USHER_EVENTS"}, {&c.Prefix, "usher.events"}, {&c.Source, "/"}} {
		if *d.into == "" {
			*d.into = d.value
		}
	}
	return c
}

const (
	ackTimeout = 5 * time.Second
	// window is for how long a stream that is made here knows a message that comes again.
	window = 10 * time.Minute
	// nobody stands in a subject for the tenant of an event that has none.
	nobody = "none"
)

// Publisher publishes events. Its Deliver is for one goroutine at a time.
type Publisher struct {
	config Config
	conn   *nats.Conn
	js     jetstream.JetStream

	ready bool   // the stream is there
	last  uint64 // sequence of the last message; 0 when it is not known
}

// New connects, and goes on trying when nobody is there: events wait in the outbox meanwhile.
func New(d Deps, c Config) (*Publisher, error) {
	if d.Log == nil {
		return nil, errors.New("jetstream: a log is required")
	}
	c = c.withDefaults()
	options := []nats.Option{
		nats.Name("usher"), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { d.Log.Warn("nats disconnected", "error", err) }),
		nats.ReconnectHandler(func(*nats.Conn) { d.Log.Info("nats connected again") }),
	}
	if c.CredsFile != "" {
		options = append(options, nats.UserCredentials(c.CredsFile))
	}
	if d.InProcess != nil {
		options = append(options, nats.InProcessServer(d.InProcess))
	}
	conn, err := nats.Connect(c.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("events.nats: %w; correct url or creds_file", err)
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncTimeout(ackTimeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	return &Publisher{config: c, conn: conn, js: js}, nil
}

// Close ends the connection.
func (p *Publisher) Close() { p.conn.Close() }

// batch is how many events are published at once.
const batch = 500

// Consumer is the publisher as the relay asks it.
func (p *Publisher) Consumer() event.Consumer {
	return event.Consumer{Name: "nats", Batch: batch, DeliverAll: p.Deliver}
}

// Deliver publishes events in their order and gives how many of the first are stored.
func (p *Publisher) Deliver(ctx context.Context, events []core.OutboxEvent) (taken int, err error) {
	if err := p.prepare(ctx); err != nil {
		return 0, err
	}
	messages := make([]*nats.Msg, len(events))
	for i, e := range events {
		if messages[i], err = p.message(e.Event); err != nil {
			return 0, err
		}
	}
	for taken < len(messages) {
		n := p.together(ctx, messages[taken:])
		if taken += n; n > 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, ackTimeout)
		ack, err := p.js.PublishMsg(ctx, messages[taken])
		cancel()
		if err != nil {
			p.last, p.ready = 0, false
			return taken, fmt.Errorf("jetstream: publish: %w", err)
		}
		taken, p.last = taken+1, ack.Sequence
	}
	return taken, nil
}

// together publishes messages without waiting for one another. Each is stored only right behind the one before, so when
// one is not, none of the later ones is. Which it was is not always known then; what follows is published one by one.
func (p *Publisher) together(ctx context.Context, messages []*nats.Msg) (stored int) {
	if p.last == 0 || len(messages) == 1 {
		return 0
	}
	begin := p.last
	p.last = 0
	waiting := make([]jetstream.PubAckFuture, 0, len(messages))
	for i, m := range messages {
		f, err := p.js.PublishMsgAsync(m, jetstream.WithExpectLastSequence(begin+uint64(i)))
		if err != nil {
			break
		}
		waiting = append(waiting, f)
	}
	for i, f := range waiting {
		select {
		case <-ctx.Done():
			return stored
		case <-f.Err(): //nolint:errcheck // what follows is published one by one, and that says why
			return stored
		case ack := <-f.Ok():
			if stored = i + 1; stored == len(messages) && !ack.Duplicate {
				p.last = ack.Sequence
			}
		}
	}
	return stored
}

// message is an event as it is published.
func (p *Publisher) message(e core.Event) (*nats.Msg, error) {
	body, err := event.Marshal(p.config.Source, e)
	if err != nil {
		return nil, err
	}
	tenant := nobody
	if !e.TenantID.IsZero() {
		tenant = e.TenantID.String()
	}
	m := nats.NewMsg(p.config.Prefix + "." + tenant + "." + string(e.Type))
	m.Data = body
	m.Header.Set(jetstream.MsgIDHeader, e.ID.String())
	m.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	return m, nil
}

// prepare makes the stream where it is not there.
func (p *Publisher) prepare(ctx context.Context) error {
	if p.ready {
		return nil
	}
	if !p.conn.IsConnected() {
		return errors.New("jetstream: nobody answers at events.nats.url")
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	_, err := p.js.Stream(ctx, p.config.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = p.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: p.config.Stream, Subjects: []string{p.config.Prefix + ".>"}, Storage: jetstream.FileStorage, Duplicates: window,
			Description: "Events of Usher: " + p.config.Prefix + ".TENANT.TYPE",
		})
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another replica made it just now
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("jetstream: the stream %s: %w", p.config.Stream, err)
	}
	p.ready = true
	return nil
}
