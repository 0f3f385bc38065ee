package event_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// streams follows a database until the test ends.
func streams(t *testing.T, s *store.Store, c event.StreamConfig) *event.Streams {
	t.Helper()
	tail, err := event.NewTail(s, slog.New(slog.DiscardHandler), event.TailConfig{Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tail.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	all, err := event.NewStreams(tail, s, signal.Nop(), c)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func open(t *testing.T, s *event.Streams, f core.EventFilter, cursor string) *event.Stream {
	t.Helper()
	o, err := s.Open(t.Context(), f, cursor)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// read takes n events and gives the cursor behind the last.
func read(t *testing.T, o *event.Stream, n int) (types, cursor string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range n {
		at, name, body, err := o.Next(ctx)
		if err != nil || !strings.Contains(string(body), `"type":"`+name+`"`) {
			t.Fatalf("after %s: %s %v", types, body, err)
		}
		types, cursor = types+" "+strings.TrimPrefix(name, core.EventPrefix), at
	}
	return strings.TrimSpace(types), cursor
}

// A reader who comes back with the cursor of the last event that he has misses none and gets none twice, whatever was
// committed meanwhile, and in whichever order transactions ended.
func TestStreamGoesOnWhereItsReaderWas(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	all := streams(t, s, event.StreamConfig{Page: 3})
	first := open(t, all, core.EventFilter{}, "")
	signUp(t, s, "one")
	types, cursor := read(t, first, 1)
	if types != "SignupStarted" {
		t.Fatal(types)
	}
	first.Close()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `INSERT INTO events (type, aggregate_type, aggregate_id, aggregate_version) VALUES ('PasswordReset', 'user', gen_random_uuid(), 1)`); err != nil {
		t.Fatal(err)
	}
	for i := range 4 { // these end before the transaction that began before them
		signUp(t, s, fmt.Sprintf("later%d", i))
	}
	second := open(t, all, core.EventFilter{}, cursor)
	defer second.Close()
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	pair := "SignupStarted TenantProvisioned"
	if types, _ := read(t, second, 10); types != "TenantProvisioned PasswordReset "+strings.Join([]string{pair, pair, pair, pair}, " ") {
		t.Error(types)
	}
	signUp(t, s, "last")
	if types, _ := read(t, second, 2); types != pair {
		t.Error(types)
	}
}

func TestStreamTellsWhatIsWanted(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	all := streams(t, s, event.StreamConfig{})
	begin := open(t, all, core.EventFilter{}, "")
	defer begin.Close()
	ours := signUp(t, s, "ours")
	_, cursor := read(t, begin, 1)
	signUp(t, s, "theirs")
	o := open(t, all, core.EventFilter{TenantID: ours, Types: []core.EventType{core.TenantProvisioned}}, cursor)
	defer o.Close()
	if types, _ := read(t, o, 1); types != "TenantProvisioned" {
		t.Error(types)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, name, _, err := o.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("told %s, %v", name, err)
	}
	if _, err := all.Open(t.Context(), core.EventFilter{}, "nonsense"); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("a bad cursor: %v", err)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	all := streams(t, s, event.StreamConfig{Most: 2, MostTenant: 1, Buffer: 2})
	tenant := core.EventFilter{TenantID: id()}
	o := open(t, all, tenant, "")
	if _, err := all.Open(t.Context(), tenant, ""); core.CodeOf(err) != core.RateLimited {
		t.Errorf("a second one of a tenant: %v", err)
	}
	slow := open(t, all, core.EventFilter{}, "")
	if _, err := all.Open(t.Context(), core.EventFilter{}, ""); core.CodeOf(err) != core.RateLimited {
		t.Errorf("a third one: %v", err)
	}
	o.Close()
	follower := open(t, all, core.EventFilter{Types: []core.EventType{core.TenantProvisioned}}, "")
	defer follower.Close()
	signUp(t, s, "one") // two events
	signUp(t, s, "two")
	read(t, follower, 2)
	signUp(t, s, "three")
	read(t, follower, 1) // so that what was before has been shown to everybody
	if _, _, _, err := slow.Next(t.Context()); !errors.Is(err, event.ErrSlow) {
		t.Errorf("who is too far behind: %v", err)
	}
	slow.Close()
}
