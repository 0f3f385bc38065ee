package event_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

const patience = 20 * time.Second

// soon is a failure that wants to be tried again at once.
type soon struct{}

func (soon) Error() string             { return "not now" }
func (soon) RetryAfter() time.Duration { return time.Millisecond }

// taker is a consumer that remembers what it took, and refuses what it is told to.
type taker struct {
	mu      sync.Mutex
	taken   []core.Event
	tries   map[core.ID]int
	refuse  func(core.Event) bool
	changed chan struct{}
}

func newTaker() *taker {
	return &taker{tries: map[core.ID]int{}, refuse: func(core.Event) bool { return false }, changed: make(chan struct{}, 1)}
}

func (k *taker) deliver(_ context.Context, e core.Event, attempt int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer func() {
		select {
		case k.changed <- struct{}{}:
		default:
		}
	}()
	if k.tries[e.ID]++; attempt != k.tries[e.ID] {
		return fmt.Errorf("attempt %d, want %d", attempt, k.tries[e.ID])
	}
	if k.refuse(e) {
		return soon{}
	}
	k.taken = append(k.taken, e)
	return nil
}

// until waits for a state of the taker.
func (k *taker) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		k.mu.Lock()
		done := ok()
		k.mu.Unlock()
		if done {
			return
		}
		select {
		case <-k.changed:
		case <-late:
			k.mu.Lock()
			defer k.mu.Unlock()
			t.Fatalf("%s: still not; taken %d, tries %v", what, len(k.taken), k.tries)
		}
	}
}

// of gives the types that were taken of a tenant.
func (k *taker) of(tenant core.ID) (types []core.EventType) {
	for _, e := range k.taken {
		if e.TenantID == tenant {
			types = append(types, e.Type)
		}
	}
	return types
}

// relay runs one on a store of its own until the test ends or stop is called.
func relay(t *testing.T, url string, k *taker, c event.Config, types ...core.EventType) (stop func()) {
	t.Helper()
	c.Poll = 5 * time.Millisecond
	r, err := event.New(event.Deps{
		Store: storetest.OpenAt(t, url), Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
		Consumers: func() []event.Consumer { return []event.Consumer{{Name: "test", Types: types, Deliver: k.deliver}} },
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

// begin registers the consumer, so that what follows is for it.
func begin(t *testing.T, s *store.Store) {
	t.Helper()
	if _, err := s.LeaseConsumer(t.Context(), core.Lease{Consumer: "test", Holder: id(), For: 0}); err != nil {
		t.Fatal(err)
	}
}

func id() core.ID { return core.NewID(time.Now()) }

// signUp commits two events of a new tenant: SignupStarted and TenantProvisioned.
func signUp(t *testing.T, s *store.Store, name string) core.ID {
	t.Helper()
	p := core.Provision{
		SignupID: id(), Tenant: core.Tenant{ID: id(), Slug: name, Name: name}, Owner: core.User{ID: id()},
		Address:   core.Address{Email: name + "@example.com", Key: name + "@example.com", Domain: "example.com"},
		Token:     core.NewToken{TokenRef: core.TokenRef{ID: id(), Version: 1, Purpose: core.PurposeOwnerVerification, KeyID: "k1"}, TTL: time.Hour},
		MessageID: id(),
	}
	_, _ = rand.Read(p.Token.Hash[:])
	if _, err := s.Provision(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return p.Tenant.ID
}

var both = []core.EventType{core.SignupStarted, core.TenantProvisioned} //nolint:gochecknoglobals // what signUp commits

func TestEachEventOnceInTheOrderOfItsTenant(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	before := signUp(t, s, "before")
	begin(t, s)
	k := newTaker()
	for range 3 { // replicas
		relay(t, url, k, event.Config{Batch: 7})
	}
	var tenants []core.ID
	for i := range 40 {
		tenants = append(tenants, signUp(t, s, fmt.Sprintf("tenant%d", i)))
	}
	k.until(t, "all taken", func() bool { return len(k.taken) >= 80 })
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, tenant := range tenants {
		if got := k.of(tenant); !slices.Equal(got, both) {
			t.Errorf("tenant %s: %v", tenant, got)
		}
	}
	if n := len(k.of(before)); n != 0 {
		t.Errorf("%d events from before the consumer began", n)
	}
}

func TestTroubleHoldsUpItsTenantAlone(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	begin(t, s)
	k := newTaker()
	broken := signUp(t, s, "broken")
	bad := true
	k.refuse = func(e core.Event) bool { return bad && e.TenantID == broken }
	relay(t, url, k, event.Config{Batch: 3})
	var others []core.ID
	for i := range 10 {
		others = append(others, signUp(t, s, fmt.Sprintf("other%d", i)))
	}
	k.until(t, "the others", func() bool {
		return !slices.ContainsFunc(others, func(id core.ID) bool { return len(k.of(id)) < 2 })
	})
	k.until(t, "some retries", func() bool {
		for _, n := range k.tries {
			if n >= 3 {
				return true
			}
		}
		return false
	})
	k.mu.Lock()
	if n := len(k.of(broken)); n != 0 {
		t.Errorf("%d events of the tenant in trouble were taken", n)
	}
	if len(k.tries) != 21 {
		t.Errorf("%d events were tried: one behind another that waits must wait too", len(k.tries))
	}
	bad = false
	k.mu.Unlock()
	k.until(t, "the parked", func() bool { return len(k.of(broken)) == 2 })
	k.mu.Lock()
	defer k.mu.Unlock()
	if got := k.of(broken); !slices.Equal(got, both) {
		t.Errorf("taken in the order %v", got)
	}
}

// A process that stops answering keeps its consumer until its lease is over; then another
// goes on, and what had not been recorded comes again.
func TestAnotherProcessTakesOver(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	begin(t, s)
	gone := core.Lease{Consumer: "test", Holder: id(), For: 300 * time.Millisecond}
	if held, err := s.LeaseConsumer(t.Context(), gone); err != nil || !held {
		t.Fatal(held, err)
	}
	tenant := signUp(t, s, "tenant")
	k := newTaker()
	relay(t, url, k, event.Config{Lease: 200 * time.Millisecond})
	k.until(t, "taken over", func() bool { return slices.Equal(k.of(tenant), both) })
	events, place, err := s.ReadOutbox(t.Context(), "test", core.EventFilter{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	place.Xid++
	if held, err := s.Advance(t.Context(), gone, place, nil); err != nil || held {
		t.Errorf("whose lease is over moved the place: %v, %v, %d events", held, err, len(events))
	}
}

// An event whose transaction began first and ended last appears behind others; it must
// not be passed by.
func TestLateCommitIsNotMissed(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	begin(t, s)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	late := id()
	if _, err := tx.Exec(t.Context(), `INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version)
		VALUES ('SignupStarted', $1, 'signup', $1, 1)`, [16]byte(late)); err != nil {
		t.Fatal(err)
	}
	k := newTaker()
	relay(t, url, k, event.Config{})
	early := signUp(t, s, "early")
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.until(t, "both", func() bool { return len(k.of(late)) == 1 && len(k.of(early)) == 2 })
}

func TestOnlyTheTypesThatAreWanted(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	begin(t, s)
	k := newTaker()
	relay(t, url, k, event.Config{}, core.TenantProvisioned)
	tenant := signUp(t, s, "tenant")
	k.until(t, "taken", func() bool { return len(k.taken) > 0 })
	k.mu.Lock()
	defer k.mu.Unlock()
	if got := k.of(tenant); !slices.Equal(got, []core.EventType{core.TenantProvisioned}) {
		t.Errorf("taken %v", got)
	}
}

func TestDepsAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := event.New(event.Deps{}, event.Config{}); err == nil {
		t.Error("missing parts are accepted")
	}
}
