package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestWakeLatency measures from the return of the commit to the start of the
// work. The poll is far away, so that a library that no longer hears the wake-up fails. It
// runs alone, and the bound leaves room for a busy machine.
func TestWakeLatency(t *testing.T) {
	p := pool(t)
	begun := make(chan time.Time, 1)
	c := start(t, p, func(context.Context, core.MailAttempt) error {
		begun <- time.Now()
		return nil
	}, func(_ *job.Deps, c *job.Config) { c.Poll = time.Hour })
	settled(t, p, enqueueAndWake(t, p, c), "completed") // the workers are up
	<-begun

	var took []time.Duration
	for range 100 {
		enqueue(t, p, "{}")
		committed := time.Now()
		c.Wake()
		took = append(took, get(t, begun).Sub(committed))
	}
	slices.Sort(took)
	t.Logf("commit to work: p50 %v, p95 %v, max %v", took[50], took[95], took[99])
	if took[50] > 50*time.Millisecond {
		t.Errorf("the median is %v", took[50])
	}
}

func enqueueAndWake(t testing.TB, p pooler, c *job.Client) core.ID {
	t.Helper()
	id := enqueue(t, p, "{}")
	c.Wake()
	return id
}

func TestPollIsTheNet(t *testing.T) {
	t.Parallel()
	p := pool(t)
	done := make(chan core.ID, 1)
	start(t, p, func(_ context.Context, a core.MailAttempt) error {
		done <- a.MessageID
		return nil
	}, nil)
	if id := enqueue(t, p, "{}"); get(t, done) != id {
		t.Error("another message was sent")
	}
}

// TestManyWakesAreFewNotifications wakes from many goroutines; the wishes must
// neither block nor become a NOTIFY each.
func TestManyWakesAreFewNotifications(t *testing.T) {
	t.Parallel()
	p := pool(t)
	c := start(t, p, func(context.Context, core.MailAttempt) error { return nil }, nil)
	lent, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ear := lent.Hijack()
	defer ear.Close(context.Background())
	if _, err := ear.Exec(t.Context(), `LISTEN "public.river_insert"`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				c.Wake()
			}
		})
	}
	wg.Wait()
	heard := 0
	for quiet := time.Minute; ; quiet = 200 * time.Millisecond { // the first may take its time, the last is not announced
		ctx, cancel := context.WithTimeout(t.Context(), quiet)
		n, err := ear.WaitForNotification(ctx)
		cancel()
		if err != nil {
			break
		}
		if n.Payload != `{"queue":"mail"}` {
			t.Errorf("heard %q", n.Payload)
		}
		heard++
	}
	if most := int(time.Since(began)/(10*time.Millisecond)) + 2; heard < 1 || heard > most { // one a Config.Fetch
		t.Errorf("heard %d notifications of 8,000 wishes, at most %d", heard, most)
	}
}

// TestSingleMailsPassBulk has a queue full of bulk mails that came first, and one worker: the
// mail that somebody waits for leaves before all but those that are under way.
func TestSingleMailsPassBulk(t *testing.T) {
	t.Parallel()
	p := pool(t)
	const bulk = 30
	for range bulk {
		enqueueAt(t, p, core.MailPriorityBulk, "{}")
	}
	single := enqueueAt(t, p, core.MailPrioritySingle, "{}")
	order := make(chan core.ID, bulk+1)
	start(t, p, func(_ context.Context, a core.MailAttempt) error {
		order <- a.MessageID
		return nil
	}, func(_ *job.Deps, c *job.Config) { c.Workers = 1 })
	if id := get(t, order); id != single {
		t.Error("a bulk mail left first")
	}
	for range bulk {
		get(t, order)
	}
}

// said is a failure that says how it wants to be treated.
type said struct {
	snooze   time.Duration
	final    bool
	accepted string
	backoff  time.Duration
}

func (said) Error() string            { return "as said" }
func (s said) Snooze() time.Duration  { return s.snooze }
func (s said) Final() bool            { return s.final }
func (s said) AcceptedBy() string     { return s.accepted }
func (s said) Backoff() time.Duration { return s.backoff }

func TestWhatFollows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		send mailer
		want row
	}{
		{"success", func(context.Context, core.MailAttempt) error { return nil }, row{state: "completed", attempt: 1}},
		{"failure", func(context.Context, core.MailAttempt) error { return errors.New("no") }, row{state: "available", attempt: 1, errors: 1, in: time.Second}},
		{"wrapped failure", func(context.Context, core.MailAttempt) error { return fmt.Errorf("wrapped: %w", said{final: true}) }, row{state: "cancelled", attempt: 1, errors: 1}},
		{"final", func(context.Context, core.MailAttempt) error { return said{final: true} }, row{state: "cancelled", attempt: 1, errors: 1}},
		{"snooze does not count", func(context.Context, core.MailAttempt) error { return said{snooze: time.Minute} }, row{state: "scheduled", attempt: 0, in: time.Minute}},
		{"failure that says when", func(context.Context, core.MailAttempt) error { return said{backoff: time.Minute} }, row{state: "retryable", attempt: 1, errors: 1, in: time.Minute}},
		{"panic", func(context.Context, core.MailAttempt) error { panic("secret") }, row{state: "available", attempt: 1, errors: 1, in: time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := pool(t)
			tried := make(chan struct{})
			var once sync.Once
			c := start(t, p, func(ctx context.Context, a core.MailAttempt) error {
				if a.Number > 1 { // a retry would blur what the first attempt left
					<-ctx.Done()
					return ctx.Err()
				}
				defer once.Do(func() { close(tried) })
				return tt.send(ctx, a)
			}, func(_ *job.Deps, c *job.Config) { c.Drain = time.Millisecond })
			id := enqueueAndWake(t, p, c)
			get(t, tried)
			var got row
			for got = settled(t, p, id, "completed", "cancelled", "scheduled", "retryable", "available"); got.state == "available" && got.attempt == 0; {
				got = settled(t, p, id, "completed", "cancelled", "scheduled", "retryable", "available")
			}
			if got.state != tt.want.state || got.attempt != tt.want.attempt || got.errors != tt.want.errors {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tt.want.in > 0 && (got.in < tt.want.in*8/10 || got.in > tt.want.in*13/10) {
				t.Errorf("it is due in %v, want about %v", got.in, tt.want.in)
			}
			var text string
			if err := p.QueryRow(t.Context(), `SELECT coalesce(errors::text, '') FROM river_job`).Scan(&text); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text, "secret") {
				t.Errorf("the panic's value is kept: %s", text)
			}
		})
	}
}

// TestAcceptedByTravels has the first attempt accepted but not recorded: the next
// one, whoever makes it, knows.
func TestAcceptedByTravels(t *testing.T) {
	t.Parallel()
	p := pool(t)
	attempts := make(chan core.MailAttempt, 4)
	c := start(t, p, func(_ context.Context, a core.MailAttempt) error {
		attempts <- a
		if a.Number == 1 {
			return said{accepted: "smtp"}
		}
		return nil
	}, nil)
	id := enqueue(t, p, `{"traceparent": "x"}`)
	c.Wake()
	if a := get(t, attempts); a.AcceptedBy != "" || a.Last {
		t.Errorf("first: %+v", a)
	}
	if a := get(t, attempts); a.AcceptedBy != "smtp" || a.Number != 2 || a.MessageID != id {
		t.Errorf("second: %+v", a)
	}
	if r := settled(t, p, id, "completed"); r.metadata != `{"accepted_by": "smtp", "traceparent": "x"}` {
		t.Errorf("metadata: %s", r.metadata)
	}
}

// TestBackoff fails jobs that have failed before and asks when they are due.
func TestBackoff(t *testing.T) {
	t.Parallel()
	p := pool(t)
	c := start(t, p, func(context.Context, core.MailAttempt) error { return errors.New("no") }, nil)
	want := map[int]time.Duration{
		4: 8 * time.Second, 9: 256 * time.Second, 12: 2048 * time.Second, 14: 8192 * time.Second, 15: 4 * time.Hour, 24: 4 * time.Hour, 25: 0,
	}
	ids := map[core.ID]int{}
	for attempt := range want {
		id := core.NewID(time.Now())
		ids[id] = attempt
		if _, err := p.Exec(t.Context(), `INSERT INTO river_job (args, kind, queue, attempt)
			VALUES (jsonb_build_object('message_id', $1::uuid), 'mail', 'mail', $2)`, [16]byte(id), attempt-1); err != nil {
			t.Fatal(err)
		}
	}
	c.Wake()
	for id, attempt := range ids {
		got := settled(t, p, id, "retryable", "discarded")
		if attempt == 25 {
			if got.state != "discarded" {
				t.Errorf("the last attempt left %+v", got)
			}
			continue
		}
		if got.in < want[attempt]*89/100 || got.in > want[attempt]*112/100 {
			t.Errorf("after attempt %d it is due in %v, want about %v", attempt, got.in, want[attempt])
		}
	}
}

// TestStuckJobIsRescued finds the job of a process that was killed.
func TestStuckJobIsRescued(t *testing.T) {
	t.Parallel()
	p := pool(t)
	id := enqueue(t, p, "{}")
	if _, err := p.Exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '4 min', attempted_by = '{gone}'`); err != nil {
		t.Fatal(err)
	}
	attempts := make(chan core.MailAttempt, 1)
	start(t, p, func(_ context.Context, a core.MailAttempt) error {
		attempts <- a
		return nil
	}, nil)
	if a := get(t, attempts); a.MessageID != id || a.Number != 2 {
		t.Errorf("got %+v", a)
	}
	settled(t, p, id, "completed")
}

func TestStopLetsJobsFinish(t *testing.T) {
	t.Parallel()
	p := pool(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	c := start(t, p, func(ctx context.Context, _ core.MailAttempt) error {
		close(begun)
		select {
		case <-finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, nil)
	id := enqueueAndWake(t, p, c)
	get(t, begun)
	stopped := make(chan error, 1)
	go func() { stopped <- c.Stop(context.WithoutCancel(t.Context())) }()
	close(finish)
	if err := get(t, stopped); err != nil {
		t.Fatal(err)
	}
	settled(t, p, id, "completed")
	settled(t, p, enqueueAndWake(t, p, c), "available") // nobody takes it, and Wake does no harm
}

// TestStopCancelsJobsThatTakeTooLong wants them back in the queue with their
// attempt not counted.
func TestStopCancelsJobsThatTakeTooLong(t *testing.T) {
	t.Parallel()
	p := pool(t)
	begun := make(chan struct{})
	c := start(t, p, func(ctx context.Context, _ core.MailAttempt) error {
		close(begun)
		<-ctx.Done()
		return fmt.Errorf("broken off: %w", ctx.Err())
	}, func(_ *job.Deps, c *job.Config) { c.Drain = 50 * time.Millisecond })
	id := enqueueAndWake(t, p, c)
	get(t, begun)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := settled(t, p, id, "available"); r.attempt != 0 || r.errors != 0 {
		t.Errorf("the job is %+v", r)
	}
}

// TestDatabaseComesBack kills the server under the workers and starts it again.
func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	db := pgtest.Dedicated(t, pgtest.Options{Migrate: true, NoFsync: true})
	p := poolAt(t, db.URL("usher"))
	done := make(chan core.ID, 8)
	c := start(t, p, func(_ context.Context, a core.MailAttempt) error {
		done <- a.MessageID
		return nil
	}, nil)
	settled(t, p, enqueueAndWake(t, p, c), "completed")
	<-done
	db.Kill()
	c.Wake()
	db.Start()
	id := enqueue(t, poolAt(t, db.URL("usher")), "{}") // the connections of the other pool are dead
	c.Wake()
	for get(t, done) != id { // the first may come again: that it was done was not yet on the disk
	}
}

func TestStartWithoutDatabase(t *testing.T) {
	t.Parallel()
	c := unstarted(t, poolAt(t, "postgres://nobody@127.0.0.1:1/nothing"))
	if err := c.Start(t.Context()); err == nil {
		t.Error("it started")
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
