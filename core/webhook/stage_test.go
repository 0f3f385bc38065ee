package webhook_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/core/webhook"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

const patience = 30 * time.Second

// operator may do everything.
var operator = webhook.Caller{Operator: "ann"} //nolint:gochecknoglobals // who asks in most tests

// stage is a database with the webhooks of one or several replicas.
type stage struct {
	t     testing.TB
	url   string
	store *store.Store
}

func newStage(t testing.TB) *stage {
	t.Helper()
	url := pgtest.New(t)
	return &stage{t: t, url: url, store: storetest.OpenAt(t, url)}
}

// parts are those of one replica, which do not run yet.
type parts struct {
	hooks *webhook.Service
	tail  *event.Tail
	relay *event.Relay
}

func (s *stage) parts(change func(*webhook.Deps, *webhook.Config)) *parts {
	s.t.Helper()
	p, log := &parts{}, slog.New(slog.DiscardHandler)
	var err error
	p.tail, err = event.NewTail(s.store, log, event.TailConfig{})
	must(s.t, err)
	ring, err := keyring.New([]keyring.Key{{ID: "k1", Secret: [32]byte{1}}})
	must(s.t, err)
	d := webhook.Deps{
		Store: s.store, Keys: ring, Tail: p.tail, Clock: core.SystemClock{}, Log: log, Signals: signal.Nop(),
		Wake: func(name string) { p.relay.Wake(name) },
	}
	c := webhook.Config{
		Source: "https://id.example.com", Loopback: true, Timeout: patience,
		Schedule: []time.Duration{10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond},
	}
	if change != nil {
		change(&d, &c)
	}
	p.hooks, err = webhook.New(d, c)
	must(s.t, err)
	p.relay, err = event.New(event.Deps{
		Store: s.store, Tail: p.tail, Consumers: p.hooks.Consumers, Log: log, Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}, event.Config{Poll: 20 * time.Millisecond})
	must(s.t, err)
	return p
}

// replica runs webhooks, a relay and a tail until the test ends.
func (s *stage) replica(change func(*webhook.Deps, *webhook.Config)) *webhook.Service {
	s.t.Helper()
	p := s.parts(change)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, run := range []func(context.Context){p.tail.Run, p.hooks.Run, p.relay.Run} {
		all.Go(func() { run(ctx) })
	}
	s.t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	return p.hooks
}

// happen commits events of a tenant, numbered in their data.
func (s *stage) happen(tenant core.ID, n int) {
	s.t.Helper()
	s.exec(`INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, data)
		SELECT 'InvitationResent', $1, 'invitation', gen_random_uuid(), 1, '{"expires_at": "2030-01-01T00:00:00Z"}' FROM generate_series(1, $2)`, [16]byte(tenant), n)
}

func (s *stage) exec(sql string, args ...any) {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.url)
	must(s.t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql, args...)
	must(s.t, err)
}

func (s *stage) count(sql string, args ...any) (n int) {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.url)
	must(s.t, err)
	defer conn.Close(context.Background())
	must(s.t, conn.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// committed are the ids of what happened, in its order.
func (s *stage) committed() string {
	s.t.Helper()
	page, err := s.store.Events(context.Background(), core.EventFilter{Types: []core.EventType{core.InvitationResent}}, "", 100)
	must(s.t, err)
	var all []string
	for _, e := range page.Items {
		all = append(all, e.ID.String())
	}
	return strings.Join(all, " ")
}

// tenant makes one with its rows.
func (s *stage) tenant(name string) core.ID {
	s.t.Helper()
	tenant := core.NewID(time.Now())
	s.exec(`INSERT INTO tenants (id, slug, name, status) VALUES ($1, $2, $2, 'active')`, [16]byte(tenant), name)
	return tenant
}

// delivery is a request as the receiver got it.
type delivery struct {
	header http.Header
	body   []byte
}

func (d delivery) id() string { return d.header.Get("Webhook-Id") }

// receiver is an endpoint that keeps what it gets and answers as it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivery
	answer func(n int, d delivery, w http.ResponseWriter) // n counts from 1; nil for 204
	more   chan struct{}
}

func receive(t testing.TB, answer func(int, delivery, http.ResponseWriter)) *receiver {
	t.Helper()
	r := &receiver{answer: answer, more: make(chan struct{}, 1)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		d := delivery{q.Header.Clone(), body}
		r.mu.Lock()
		r.got = append(r.got, d)
		n, say := len(r.got), r.answer
		r.mu.Unlock()
		if say != nil {
			say(n, d, w)
		} else {
			w.WriteHeader(http.StatusNoContent)
		}
		select {
		case r.more <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// until waits for what the receiver got.
func (r *receiver) until(t testing.TB, what string, ok func([]delivery) bool) []delivery {
	t.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		got := append([]delivery(nil), r.got...)
		r.mu.Unlock()
		if ok(got) {
			return got
		}
		select {
		case <-r.more:
		case <-late:
			t.Fatalf("%s: still not; got %d deliveries", what, len(got))
		}
	}
}

func (r *receiver) turn(answer func(int, delivery, http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// eventually waits for a row.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !ok(); {
		if time.Now().After(late) {
			t.Fatalf("%s: still not", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func atLeast(n int) func([]delivery) bool { return func(d []delivery) bool { return len(d) >= n } }

func status(code int) func(int, delivery, http.ResponseWriter) {
	return func(_ int, _ delivery, w http.ResponseWriter) { w.WriteHeader(code) }
}

func ids(list []delivery) string {
	all := make([]string, len(list))
	for i, d := range list {
		all[i] = d.id()
	}
	return strings.Join(all, " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
