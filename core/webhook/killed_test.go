package webhook_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/core/webhook"
)

// What a child process is told.
const (
	stepVariable = "USHER_TEST_WEBHOOK_STEP"
	urlVariable  = "USHER_TEST_WEBHOOK_DATABASE"
)

// The steps of a delivery at which a process dies.
const (
	beforeRequest = "before the request"
	beforeAnswer  = "after the receiver got it, before the answer"
	beforeNote    = "after the answer, before it is kept"
	beforePlace   = "after it is kept, before the place moves"
)

// die is a process that sends events and hangs at a step, which it says; its parent kills it there.
func die(step, url string) {
	h := &hanging{SystemClock: core.SystemClock{}, at: step}
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(context.Background(), store.Deps{Log: log, Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider()},
		store.Config{URL: core.Secret(url), ConnectTimeout: patience})
	h.must(err)
	h.Store = s
	tail, err := event.NewTail(s, log, event.TailConfig{})
	h.must(err)
	ring, err := keyring.New([]keyring.Key{{ID: "k1", Secret: [32]byte{1}}})
	h.must(err)
	hooks, err := webhook.New(webhook.Deps{Store: h, Keys: ring, Tail: tail, Wake: func(string) {}, Clock: h, Log: log, Signals: signal.Nop()},
		webhook.Config{Loopback: true, Timeout: patience})
	h.must(err)
	relay, err := event.New(event.Deps{
		Store: h, Tail: tail, Consumers: hooks.Consumers, Log: log, Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}, event.Config{Lease: 2 * time.Second, Deliver: patience})
	h.must(err)
	go tail.Run(context.Background())
	go hooks.Run(context.Background())
	relay.Run(context.Background())
}

// hanging is the parts of that process that hang.
type hanging struct {
	core.SystemClock
	*store.Store
	at string
}

func (*hanging) must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func (h *hanging) hang(step string) {
	if h.at == step {
		fmt.Println(step)
		select {}
	}
}

// Now is asked first when an event is sent.
func (h *hanging) Now() time.Time {
	h.hang(beforeRequest)
	return h.SystemClock.Now()
}

func (h *hanging) NoteWebhookAttempt(ctx context.Context, a core.WebhookAttempt, gone bool, patience time.Duration, traceparent string) (core.WebhookState, error) {
	h.hang(beforeNote)
	return h.Store.NoteWebhookAttempt(ctx, a, gone, patience, traceparent)
}

func (h *hanging) Advance(ctx context.Context, l core.Lease, to core.EventPlace, parked []core.ParkedEvent) (bool, error) {
	h.hang(beforePlace)
	return h.Store.Advance(ctx, l, to, parked)
}

// Killed at any step of a delivery, a process loses no event: another one sends what was not recorded, with the ids that
// it had and in its order.
func TestKilledAtAnyStep(t *testing.T) {
	t.Parallel()
	for _, step := range []string{beforeRequest, beforeAnswer, beforeNote, beforePlace} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			w := s.parts(nil).hooks
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), stepVariable+"="+step, urlVariable+"="+s.url)
			out, err := child.StdoutPipe()
			must(t, err)
			reached := make(chan struct{}, 1)
			r := receive(t, nil)
			r.turn(func(n int, _ delivery, _ http.ResponseWriter) {
				if step == beforeAnswer && n == 2 {
					must(t, child.Process.Kill())
					reached <- struct{}{}
				}
			})
			_, _, err = w.Add(t.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
			must(t, err)
			s.happen(s.tenant("acme"), 3)
			must(t, child.Start())
			go func() {
				if lines := bufio.NewScanner(out); lines.Scan() {
					_ = child.Process.Kill()
					reached <- struct{}{}
				}
			}()
			select {
			case <-reached:
			case <-time.After(patience):
				_ = child.Process.Kill()
				t.Fatal("the child did not come to the step")
			}
			_ = child.Wait()
			before := len(r.until(t, "what was sent", atLeast(0)))
			if want := map[string]int{beforeRequest: 0, beforeAnswer: 2, beforeNote: 1, beforePlace: 3}[step]; before != want {
				t.Errorf("%d were sent before, want %d", before, want)
			}
			s.replica(nil)
			got := r.until(t, "all", func(d []delivery) bool { return len(d) >= before+3 })
			again := got[before : before+3]
			if want := s.committed(); ids(again) != want {
				t.Errorf("order %s, committed %s", ids(again), want)
			}
			for i, d := range got[:before] {
				if d.id() != again[i].id() || string(d.body) == "" {
					t.Errorf("sent as %s, and again as %s", d.id(), again[i].id())
				}
			}
			eventually(t, "the place moves", func() bool {
				return s.count(`SELECT count(*) FROM event_consumers c, events e WHERE c.name LIKE 'webhook/%' AND e.type = 'InvitationResent' AND (e.xid, e.position) > (c.xid, c.position)`) == 0
			})
			if n := s.count(`SELECT count(*) FROM event_parked`); n != 0 {
				t.Errorf("%d parked", n)
			}
		})
	}
}
