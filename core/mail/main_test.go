package mail_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/mail/smtp"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// host is the way of a mail put together from real parts.
type host struct {
	*store.Store
	keys   *keyring.Ring
	sender *mail.Sender
	jobs   *job.Client
	tracer trace.Tracer
}

// server is where mails go.
type server struct {
	name string
	host string
	port int
	sink *sink.Sink
	as   string // who logs in, with the password "secret"; "" for nobody
}

func (s server) provider(t testing.TB, tracer trace.Tracer) *smtp.Provider {
	t.Helper()
	c := smtp.Config{Name: s.name, Host: s.host, Port: s.port, TLS: smtp.Off, HELO: "example.com"}
	if s.as != "" {
		c.Username, c.Password = s.as, "secret"
	}
	p, err := smtp.New(smtp.Deps{Log: slog.New(slog.DiscardHandler), Tracer: tracer}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// newHost makes one that is not working yet.
func newHost(t testing.TB, url string, to server, tracer trace.Tracer) *host {
	t.Helper()
	return newHostWith(t, url, to, tracer, nil)
}

func newHostWith(t testing.TB, url string, to server, tracer trace.Tracer, change func(*mail.Deps, *mail.Config)) *host {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := storetest.OpenAt(t, url)
	keys, err := keyring.New([]keyring.Key{{ID: "k1", Secret: [32]byte(bytes.Repeat([]byte("k"), 32))}})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{Store: s, keys: keys, tracer: tracer}
	h.sender = h.newSender(t, s, to, change)
	h.jobs, err = job.New(job.Deps{Pool: s.JobPool(), Mailer: h.sender, Log: log, Tracer: tracer, Signals: signal.Nop()}, job.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *host) newSender(t testing.TB, s mail.Store, to server, change func(*mail.Deps, *mail.Config)) *mail.Sender {
	t.Helper()
	d := mail.Deps{
		Store: s, Linker: h.keys, Providers: []mail.Provider{to.provider(t, h.tracer)}, Log: slog.New(slog.DiscardHandler), Tracer: h.tracer, Signals: signal.Nop(),
	}
	c := mail.Config{From: "Usher <no-reply@example.com>", PublicURL: "https://id.example.com"}
	if change != nil {
		change(&d, &c)
	}
	sender, err := mail.New(d, c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// work starts the workers until the test ends.
func (h *host) work(t testing.TB) {
	t.Helper()
	if err := h.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		h.sender.Drain()
		if err := h.jobs.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// signup commits one and gives its message's id and its token.
func (h *host) signup(t testing.TB, name, traceparent string) (core.ID, core.Secret) {
	t.Helper()
	now := time.Now()
	ref := core.TokenRef{ID: core.NewID(now), Version: 1, Purpose: core.PurposeOwnerVerification, KeyID: "k1"}
	token, err := h.keys.Token(ref)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := h.keys.HashToken(token)
	p := core.Provision{
		SignupID: core.NewID(now), Tenant: core.Tenant{ID: core.NewID(now), Slug: name, Name: name},
		Owner:   core.User{ID: core.NewID(now)},
		Address: core.Address{Email: name + "@example.com", Key: name + "@example.com", Domain: "example.com"},
		Token:   core.NewToken{TokenRef: ref, Hash: hash, TTL: time.Hour}, MessageID: core.NewID(now),
		Traceparent: traceparent,
	}
	if _, err := h.Provision(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	h.jobs.Wake()
	return p.MessageID, token
}

// until waits for a query to give true.
func (h *host) until(t testing.TB, sql string, args ...any) {
	t.Helper()
	late := time.After(20 * time.Second)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		var yes bool
		if err := h.JobPool().QueryRow(t.Context(), sql, args...).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		if yes {
			return
		}
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("never true: %s", sql)
		}
	}
}
