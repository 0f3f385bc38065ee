package jetstream_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	api "github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/jetstream"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

const patience = 30 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stage is a database, and a server whose streams survive it.
type stage struct {
	t     testing.TB
	url   string
	dir   string
	store *store.Store
	nats  *jetstream.Embedded
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, url: pgtest.New(t), dir: t.TempDir()}
	s.store = storetest.OpenAt(t, s.url)
	s.serve()
	return s
}

func (s *stage) serve() {
	s.t.Helper()
	var err error
	s.nats, err = jetstream.StartEmbedded(s.dir)
	must(s.t, err)
	own := s.nats
	s.t.Cleanup(func() { _ = own.Stop(context.Background()) })
}

func (s *stage) publisher() *jetstream.Publisher {
	s.t.Helper()
	p, err := jetstream.New(jetstream.Deps{Log: slog.New(slog.DiscardHandler), InProcess: s.nats.Server()}, jetstream.Config{Source: "https://id.example.com"})
	must(s.t, err)
	s.t.Cleanup(p.Close)
	return p
}

// relay runs one until it is stopped. Whoever is killed between the acknowledgement and the place says so in kill.
func (s *stage) relay(c event.Consumer) (stop func()) {
	s.t.Helper()
	own := storetest.OpenAt(s.t, s.url)
	r, err := event.New(event.Deps{
		Store: own, Consumers: func() []event.Consumer { return []event.Consumer{c} }, Log: slog.New(slog.DiscardHandler),
		Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}, event.Config{Poll: 10 * time.Millisecond, Lease: 500 * time.Millisecond})
	must(s.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// happen commits n events of a tenant, each with a number.
func (s *stage) happen(n int) {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.url)
	must(s.t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), `INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version)
		SELECT 'PasswordReset', '01900000-0000-7000-8000-000000000001', 'user', '01900000-0000-7000-8000-000000000001', i
		FROM generate_series((SELECT count(*) + 1 FROM events), (SELECT count(*) + $1 FROM events)) i`, n)
	must(s.t, err)
}

// stored reads the stream until it has n messages, and gives their ids.
func (s *stage) stored(n int) (ids []string, last api.Msg) {
	s.t.Helper()
	conn, err := nats.Connect("", nats.InProcessServer(s.nats.Server()))
	must(s.t, err)
	defer conn.Close()
	js, err := api.New(conn)
	must(s.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var reader api.Consumer
	for {
		if reader, err = js.OrderedConsumer(ctx, "USHER_EVENTS", api.OrderedConsumerConfig{}); err == nil {
			break
		}
		if ctx.Err() != nil {
			s.t.Fatal(err)
		}
	}
	for len(ids) < n {
		messages, err := reader.Fetch(n-len(ids), api.FetchMaxWait(time.Second))
		must(s.t, err)
		for m := range messages.Messages() {
			ids, last = append(ids, m.Headers().Get("Nats-Msg-Id")), m
		}
		if ctx.Err() != nil {
			s.t.Fatalf("%d of %d messages", len(ids), n)
		}
	}
	return ids, last
}

// committed are the ids of all events in their order.
func (s *stage) committed() (ids []string) {
	s.t.Helper()
	page, err := s.store.EventsAfter(context.Background(), core.EventPlace{}, core.EventFilter{}, 100_000)
	must(s.t, err)
	for _, e := range page {
		ids = append(ids, e.ID.String())
	}
	return ids
}

func (s *stage) begin() {
	s.t.Helper()
	_, err := s.store.LeaseConsumer(context.Background(), core.Lease{Consumer: "nats", Holder: core.NewID(time.Now())})
	must(s.t, err)
}

func TestPublishedInOrderAndOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.begin()
	s.happen(1200)
	defer s.relay(s.publisher().Consumer())()
	ids, last := s.stored(1200)
	if strings.Join(ids, " ") != strings.Join(s.committed(), " ") {
		t.Error("the stream has another order than the outbox")
	}
	var e cloudevents.Event
	must(t, e.UnmarshalJSON(last.Data()))
	must(t, e.Validate())
	if last.Subject() != "usher.events.01900000-0000-7000-8000-000000000001.PasswordReset" || e.ID() != ids[1199] {
		t.Errorf("%s: %s", last.Subject(), last.Data())
	}
}

// Whoever dies after the messages were stored and before the place moved leaves them to the next one, who publishes them
// again: they are in the stream once, and so is what follows.
func TestPublishedAgainIsStoredOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.begin()
	s.happen(40)
	p := s.publisher()
	stored := make(chan struct{}, 1)
	dying := p.Consumer()
	dying.DeliverAll = func(ctx context.Context, events []core.OutboxEvent) (int, error) {
		if _, err := p.Deliver(ctx, events); err == nil {
			stored <- struct{}{}
			<-ctx.Done() // the place never moves
		}
		return 0, context.Canceled
	}
	stop := s.relay(dying)
	<-stored
	stop()
	s.happen(40)
	defer s.relay(s.publisher().Consumer())()
	ids, _ := s.stored(80)
	if strings.Join(ids, " ") != strings.Join(s.committed(), " ") {
		t.Errorf("stored %d", len(ids))
	}
}

// What happens while the server is away waits, and is there when it is back.
func TestServerAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.begin()
	s.happen(10)
	stop := s.relay(s.publisher().Consumer())
	s.stored(10)
	must(t, s.nats.Stop(t.Context()))
	s.happen(10)
	stop()
	s.serve()
	defer s.relay(s.publisher().Consumer())()
	ids, _ := s.stored(20)
	if strings.Join(ids, " ") != strings.Join(s.committed(), " ") {
		t.Errorf("stored %d", len(ids))
	}
}

// BenchmarkPublish is how many events a second go from the outbox to the stream.
func BenchmarkPublish(b *testing.B) {
	s := newStage(b)
	s.begin()
	s.happen(b.N)
	b.ResetTimer()
	stop := s.relay(s.publisher().Consumer())
	s.stored(b.N)
	b.StopTimer()
	stop()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
