package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/signal"
)

const secret = "t0kent0kent0kent0kent0kent0ken"

type linker struct{}

func (linker) Token(core.TokenRef) (core.Secret, error) { return secret, nil }

// rows is a store of messages; fail makes the next statements fail.
type rows struct {
	mu      sync.Mutex
	out     map[core.ID]core.Outgoing
	kept    map[core.ID]core.Delivery
	loads   int
	records int
	fail    func(statement string) error
}

func (r *rows) LoadOutgoing(_ context.Context, ids []core.ID) ([]core.Outgoing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loads++
	if r.fail != nil {
		if err := r.fail("load"); err != nil {
			return nil, err
		}
	}
	var out []core.Outgoing
	for _, id := range ids {
		if o, ok := r.out[id]; ok {
			out = append(out, o)
		}
	}
	return out, nil
}

func (r *rows) RecordDeliveries(_ context.Context, ds []core.Delivery) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records++
	if r.fail != nil {
		if err := r.fail("record"); err != nil {
			return err
		}
	}
	for _, d := range ds {
		r.kept[d.MessageID] = d
	}
	return nil
}

// provider is a function that counts.
type provider struct {
	sent atomic.Int64
	send func(n int64, m *mail.Message) error
}

func (*provider) Name() string { return "test" }

func (p *provider) Send(_ context.Context, m *mail.Message) error {
	n := p.sent.Add(1)
	if p.send == nil {
		return nil
	}
	return p.send(n, m)
}

func outgoing(kind core.MessageKind) core.Outgoing {
	o := core.Outgoing{
		MessageID: core.NewID(time.Now()), Kind: kind, Locale: "en",
		To:     core.Address{Email: "grace@example.com", Key: "grace@example.com", Domain: "example.com"},
		Tenant: core.TenantRef{ID: core.NewID(time.Now()), Name: "Example & Söhne", Slug: "example"}, InviterName: "Ada",
		Token:     core.TokenRef{ID: core.NewID(time.Now()), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"},
		ExpiresAt: time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC), CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	o.TenantID = o.Tenant.ID
	if kind == core.MessageInvitationBounced {
		o.InviterName, o.InviteeHint = "", "k…@example.org"
	}
	if kind == core.MessageExistingAccount || kind == core.MessageInvitationBounced {
		o.Token, o.ExpiresAt = core.TokenRef{}, time.Time{}
	}
	return o
}

type bench struct {
	*mail.Sender
	rows     *rows
	provider *provider
	log      *bytes.Buffer
}

// sender gives one with n messages to send.
func sender(t testing.TB, n int, change func(*mail.Deps, *mail.Config)) (*bench, []core.Outgoing) {
	t.Helper()
	b := &bench{rows: &rows{out: map[core.ID]core.Outgoing{}, kept: map[core.ID]core.Delivery{}}, provider: &provider{}, log: &bytes.Buffer{}}
	var messages []core.Outgoing
	for range n {
		o := outgoing(core.MessageInvitation)
		b.rows.out[o.MessageID] = o
		messages = append(messages, o)
	}
	d := mail.Deps{
		Store: b.rows, Linker: linker{}, Providers: []mail.Provider{b.provider}, Log: slog.New(slog.NewJSONHandler(b.log, nil)),
		Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}
	c := mail.Config{From: "Usher <no-reply@example.com>", PublicURL: "https://id.example.com/"}
	if change != nil {
		change(&d, &c)
	}
	s, err := mail.New(d, c)
	if err != nil {
		t.Fatal(err)
	}
	b.Sender = s
	return b, messages
}

func first(id core.ID) core.MailAttempt { return core.MailAttempt{MessageID: id, Number: 1} }

func failure(t *testing.T, err error) *mail.Failure {
	t.Helper()
	f, ok := errors.AsType[*mail.Failure](err)
	if !ok {
		t.Fatalf("%v is not a failure", err)
	}
	return f
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	answer := func(f *mail.Failure) func(int64, *mail.Message) error {
		return func(int64, *mail.Message) error { return f }
	}
	for _, tt := range []struct {
		name   string
		skip   string
		send   func(int64, *mail.Message) error
		last   bool
		sent   int64
		status core.DeliveryStatus // "" when nothing is recorded
		reason string
		final  bool
		snooze bool
		err    bool
	}{
		{name: "accepted", sent: 1, status: core.DeliverySent},
		{name: "sent already", skip: "sent"},
		{name: "revoked meanwhile", skip: "revoked", status: core.DeliverySkipped, reason: "revoked"},
		{name: "refused for good", send: answer(mail.Fail(mail.Permanent, "rcpt", "550 5.1.1", nil)), sent: 1, status: core.DeliveryFailed, reason: "permanent: 550 5.1.1", final: true, err: true},
		{name: "refused for now", send: answer(mail.Fail(mail.Temporary, "rcpt", "451 4.7.1", nil)), sent: 1, status: core.DeliveryPending, reason: "temporary: 451 4.7.1", err: true},
		{name: "refused for now, once too often", send: answer(mail.Fail(mail.Temporary, "rcpt", "451 4.7.1", nil)), last: true, sent: 1, status: core.DeliveryFailed, reason: "temporary: 451 4.7.1", final: true, err: true},
		{name: "perhaps accepted", send: answer(mail.Fail(mail.Unknown, "accept", "", nil)), sent: 1, status: core.DeliveryPending, reason: "unknown: accept", err: true},
		{name: "provider down", send: answer(mail.Fail(mail.Down, "connect", "", nil)), sent: 1, snooze: true, err: true},
		{name: "no free connection", send: answer(mail.Fail(mail.Busy, "connect", "", nil)), last: true, sent: 1, snooze: true, err: true},
		{name: "provider down at the last attempt", send: answer(mail.Fail(mail.Down, "connect", "", nil)), last: true, sent: 1, snooze: true, err: true},
		{name: "not classified", send: func(int64, *mail.Message) error { return errors.New("what?") }, sent: 1, status: core.DeliveryPending, reason: "temporary: unknown", err: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, m := sender(t, 1, nil)
			o := m[0]
			o.Skip = tt.skip
			b.rows.out[o.MessageID] = o
			b.provider.send = tt.send
			err := b.SendMail(t.Context(), core.MailAttempt{MessageID: o.MessageID, Number: 3, Last: tt.last})
			if (err != nil) != tt.err {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				if f := failure(t, err); f.Final() != tt.final || (f.Snooze() > 0) != tt.snooze {
					t.Errorf("final %v, snooze %v: %v", f.Final(), f.Snooze(), f)
				}
			}
			d, recorded := b.rows.kept[o.MessageID]
			if recorded != (tt.status != "") || d.Status != tt.status || d.Reason != tt.reason {
				t.Errorf("recorded %+v", d)
			}
			if recorded && d.Attempts != 3 {
				t.Errorf("recorded %d attempts", d.Attempts)
			}
			if n := b.provider.sent.Load(); n != tt.sent {
				t.Errorf("the provider was asked %d times", n)
			}
			if strings.Contains(b.log.String(), "grace") || strings.Contains(b.log.String(), secret) {
				t.Errorf("the log says too much: %s", b.log)
			}
		})
	}
}

func TestUnknownMessageIsGivenUp(t *testing.T) {
	t.Parallel()
	b, _ := sender(t, 0, nil)
	if f := failure(t, b.SendMail(t.Context(), first(core.NewID(time.Now())))); !f.Final() {
		t.Errorf("got %v", f)
	}
}

// TestAcceptedButNotRecorded is the failure that must not become a storm: the
// attempts that follow record and never send.
func TestAcceptedButNotRecorded(t *testing.T) {
	t.Parallel()
	b, m := sender(t, 1, nil)
	b.rows.fail = func(statement string) error {
		if statement == "record" {
			return errors.New("the database is away")
		}
		return nil
	}
	a := first(m[0].MessageID)
	for range 3 {
		f := failure(t, b.SendMail(t.Context(), a))
		if f.AcceptedBy() != "test" || f.Final() || f.Snooze() != 0 {
			t.Fatalf("got %v, accepted by %q", f, f.AcceptedBy())
		}
		a.Number, a.AcceptedBy = a.Number+1, f.AcceptedBy()
	}
	b.rows.fail = nil
	if err := b.SendMail(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if n, d := b.provider.sent.Load(), b.rows.kept[a.MessageID]; n != 1 || d.Status != core.DeliverySent || d.Provider != "test" {
		t.Errorf("sent %d times, recorded %+v", n, d)
	}
}

func TestStatementsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, messages := sender(t, 150, nil)
		var wg sync.WaitGroup
		for _, m := range messages {
			wg.Go(func() {
				if err := b.SendMail(t.Context(), first(m.MessageID)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if b.rows.loads != 2 || b.rows.records != 2 || len(b.rows.kept) != 150 { // 128 + 22
			t.Errorf("%d loads and %d records for %d mails", b.rows.loads, b.rows.records, len(b.rows.kept))
		}
	})
}

// TestOneWaiterLeaves has one of two callers leave; the other one's mail is sent.
func TestOneWaiterLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, m := sender(t, 2, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := b.SendMail(ctx, first(m[0].MessageID)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
		wg.Go(func() {
			if err := b.SendMail(t.Context(), first(m[1].MessageID)); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if n := b.provider.sent.Load(); n != 1 {
			t.Errorf("%d mails were sent", n)
		}
	})
}

// TestProviderComesBack has a provider that is down for 3.5 s: nobody but one
// probe a second touches it, and when it is back all who wait are sent at once.
func TestProviderComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, messages := sender(t, 21, nil)
		start := time.Now()
		b.provider.send = func(int64, *mail.Message) error {
			if time.Since(start) < 3500*time.Millisecond {
				return mail.Fail(mail.Down, "connect", "", nil)
			}
			return nil
		}
		if f := failure(t, b.SendMail(t.Context(), first(messages[0].MessageID))); f.Snooze() < time.Second || f.Snooze() > 2*time.Second {
			t.Errorf("the first mail comes back after %v", f.Snooze())
		}
		if up, reason, since := b.Health(); up || reason != "down: connect" || since.IsZero() {
			t.Errorf("health: %v, %q, %v", up, reason, since)
		}
		var sent, postponed atomic.Int64
		var wg sync.WaitGroup
		for _, m := range messages[1:] {
			wg.Go(func() {
				if err := b.SendMail(t.Context(), first(m.MessageID)); err != nil {
					postponed.Add(1)
					return
				}
				sent.Add(1)
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 4500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if postponed.Load() != 3 || sent.Load() != 17 || b.provider.sent.Load() != 1+3+17 {
			t.Errorf("%d sent, %d postponed, %d tries", sent.Load(), postponed.Load(), b.provider.sent.Load())
		}
		if up, _, _ := b.Health(); !up {
			t.Error("still down")
		}
		if log := b.log.String(); strings.Count(log, "mail provider is down") != 1 || strings.Count(log, "mail provider is back") != 1 {
			t.Errorf("the log tells of the outage more than once:\n%s", log)
		}
	})
}

func TestProviderStaysDown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		class  mail.Class
		probes int64
	}{{mail.Down, 1 + 10}, {mail.Refused, 1}} {
		t.Run(string(tt.class), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, m := sender(t, 1, nil)
				b.provider.send = func(int64, *mail.Message) error { return mail.Fail(tt.class, "auth", "535", nil) }
				_ = failure(t, b.SendMail(t.Context(), first(m[0].MessageID)))
				start := time.Now()
				for time.Since(start) < 10*time.Second { // as the job would
					f := failure(t, b.SendMail(t.Context(), first(m[0].MessageID)))
					if f.Class != tt.class || f.Snooze() == 0 {
						t.Fatalf("got %v", f)
					}
				}
				if n := b.provider.sent.Load(); n != tt.probes {
					t.Errorf("%d tries in 10 s, want %d", n, tt.probes)
				}
			})
		})
	}
}

func TestDrainSendsWaitersBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, m := sender(t, 2, nil)
		b.provider.send = func(int64, *mail.Message) error { return mail.Fail(mail.Refused, "auth", "535", nil) }
		_ = failure(t, b.SendMail(t.Context(), first(m[0].MessageID)))
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			if f := failure(t, b.SendMail(t.Context(), first(m[1].MessageID))); f.Snooze() == 0 {
				t.Errorf("got %v", f)
			}
		})
		synctest.Wait()
		b.Drain()
		wg.Wait()
		_ = failure(t, b.SendMail(t.Context(), first(m[1].MessageID)))
		if time.Since(start) != 0 {
			t.Errorf("it took %v", time.Since(start))
		}
	})
}

// TestProbeThatNeverArrives loses its probe before it reaches the provider; the
// next one goes all the same.
func TestProbeThatNeverArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, m := sender(t, 2, nil)
		b.provider.send = func(n int64, _ *mail.Message) error {
			if n == 1 {
				return mail.Fail(mail.Down, "connect", "", nil)
			}
			return nil
		}
		_ = failure(t, b.SendMail(t.Context(), first(m[0].MessageID)))
		time.Sleep(2 * time.Second)
		if f := failure(t, b.SendMail(t.Context(), first(core.NewID(time.Now())))); !f.Final() {
			t.Fatalf("got %v", f)
		}
		if err := b.SendMail(t.Context(), first(m[1].MessageID)); err != nil {
			t.Error(err)
		}
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, url, want string }{
		{"Usher <no-reply@example.com>", "https://id.example.com", ""},
		{"no-reply@example.com", "http://127.0.0.1:8080", ""},
		{"", "https://id.example.com", "mail.from"},
		{"nobody", "https://id.example.com", "mail.from"},
		{"no-reply@example.com", "", "public_url"},
		{"no-reply@example.com", "id.example.com", "public_url"},
		{"no-reply@example.com", "https://id.example.com/?x=1", "public_url"},
		{"no-reply@example.com", "javascript:alert(1)", "public_url"},
	} {
		t.Run(fmt.Sprint(tt.from, " ", tt.url), func(t *testing.T) {
			t.Parallel()
			_, err := mail.New(mail.Deps{
				Store: &rows{}, Linker: linker{}, Providers: []mail.Provider{&provider{}}, Log: slog.New(slog.DiscardHandler),
				Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
			}, mail.Config{From: tt.from, PublicURL: tt.url})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
