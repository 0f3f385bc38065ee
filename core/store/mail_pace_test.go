package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

const every = 100 * time.Second

// asks are n mails to one domain.
func asks(n int, change func(*core.PaceAsk)) []core.PaceAsk {
	list := make([]core.PaceAsk, n)
	for i := range list {
		list[i] = core.PaceAsk{Domain: "example.com", Every: every}
		if change != nil {
			change(&list[i])
		}
	}
	return list
}

// turns tells in which turns the mails stand, counted from now: 0 may leave.
func turns(t *testing.T, s *store.Store, list []core.PaceAsk) string {
	t.Helper()
	answers, err := s.TakeTurns(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	places := make([]int, len(answers))
	for i, a := range answers {
		places[i] = int((a.Wait + every/2) / every) // the test takes no turn's time
	}
	return fmt.Sprint(places)
}

// TestTakeTurns has two replicas share the turns of a domain, and mails that somebody waits
// for pass those of a list.
func TestTakeTurns(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	a, b := storetest.OpenAt(t, url), storetest.OpenAt(t, url)
	bulk := func(p *core.PaceAsk) { p.Bulk = true }
	for i, step := range []struct {
		at   *store.Store
		asks []core.PaceAsk
		want string
	}{
		{a, asks(3, bulk), "[0 1 2]"},
		{b, asks(2, nil), "[0 1]"},  // not behind the list
		{a, asks(2, bulk), "[5 6]"}, // which moved back for them
		{b, asks(1, nil), "[2]"},
		{a, append(asks(1, nil), core.PaceAsk{Domain: "other.example", Every: every}), "[3 0]"},
		{b, asks(1, func(p *core.PaceAsk) { p.Turn = true }), "[0]"}, // it has waited
	} {
		if got := turns(t, step.at, step.asks); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

// TestTurnsAreTakenOnce has many take turns at once.
func TestTurnsAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var mu sync.Mutex
	seen := map[int]int{}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			answers, err := s.TakeTurns(t.Context(), asks(10, nil))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, a := range answers {
				seen[int((a.Wait+every/2)/every)]++
			}
		})
	}
	wg.Wait()
	if len(seen) != 100 {
		t.Errorf("100 mails have %d turns", len(seen))
	}
}

// TestPauseDomain makes each pause twice as long as the one before, up to a longest, and
// keeps mails back that had their turn.
func TestPauseDomain(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var wait time.Duration
	for i, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		for range 2 { // the second says nothing new
			if err := s.PauseDomain(t.Context(), "example.com", "421 4.7.0"); err != nil {
				t.Fatal(err)
			}
		}
		answers, err := s.TakeTurns(t.Context(), asks(1, func(p *core.PaceAsk) { p.Turn, p.Every = true, time.Millisecond }))
		if err != nil {
			t.Fatal(err)
		}
		if wait = answers[0].Wait; wait > want || wait < want-10*time.Second || answers[0].Reason != "421 4.7.0" {
			t.Errorf("pause %d: %+v, want %v", i, answers[0], want)
		}
		// The pause is over, and the next comes soon after.
		if _, err := s.JobPool().Exec(t.Context(), `UPDATE mail_pace SET paused_until = now() - interval '1 min', next_single = now(), next_bulk = now()`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.JobPool().Exec(t.Context(), `UPDATE mail_pace SET paused_until = now() - interval '2 h'`); err != nil {
		t.Fatal(err)
	}
	if err := s.PauseDomain(t.Context(), "example.com", "450"); err != nil {
		t.Fatal(err)
	}
	q, err := s.MailQueue(t.Context(), time.Minute, time.Minute)
	if err != nil || len(q.Paced) != 1 || q.Paced[0].Wait > 30*time.Second || q.Paced[0].Reason != "450" {
		t.Errorf("%+v, %v", q.Paced, err)
	}
}
