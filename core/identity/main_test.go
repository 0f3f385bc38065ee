package identity_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	issuer   = "https://usher.example.test"
	callback = "https://app.example.com/signed-in"
	password = core.Secret("correct horse battery staple")
)

// clock is the machine's, moved.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().UTC().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

type waker struct{ calls atomic.Int64 }

func (w *waker) Wake() { w.calls.Add(1) }

// hooks answers for the plugins.
type hooks struct {
	bound bool
	json  string
	err   error
	meets func() // what happens while they are asked

	begun    core.IdentityBeginning
	finished core.IdentityReturn
	who      core.ExternalIdentity

	mu    sync.Mutex
	asked []core.ClaimsCheck
}

func (h *hooks) IdentityBegin(_ context.Context, plugin string, b core.IdentityBeginning) (core.IdentityRedirect, error) {
	h.begun = b
	return core.IdentityRedirect{URL: "https://" + plugin + ".example/authorize?state=" + b.State, Private: "the plugin's own"}, h.err
}

func (h *hooks) IdentityFinish(_ context.Context, _ string, r core.IdentityReturn) (core.ExternalIdentity, error) {
	h.finished = r
	who := h.who
	who.Provider = r.Provider
	return who, h.err
}

func (h *hooks) ClaimsBound(core.ID) bool { return h.bound }

func (h *hooks) SessionClaims(_ context.Context, c core.ClaimsCheck) (core.Claims, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, c)
	if h.meets != nil {
		h.meets()
		h.meets = nil
	}
	return core.Claims{For: c, JSON: []byte(h.json)}, h.err
}

// world is a database and what stands on it.
type world struct {
	t     testing.TB
	url   string
	db    *pgxpool.Pool
	clock *clock
	mail  *waker
	ring  *keyring.Ring
	hooks *hooks
	*identity.Service
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, url: pgtest.New(t), clock: &clock{}, mail: &waker{}, ring: ring(t, "k1", 1), hooks: &hooks{}}
	db, err := pgxpool.New(t.Context(), w.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w.db = db
	w.Service = w.replica(w.ring, identity.Config{Issuer: issuer})
	return w
}

// replica is another process on the same database, started.
func (w *world) replica(r *keyring.Ring, c identity.Config) *identity.Service {
	w.t.Helper()
	s := w.stopped(r, c)
	if err := s.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) stopped(r *keyring.Ring, c identity.Config) *identity.Service {
	w.t.Helper()
	st := storetest.OpenAt(w.t, w.url)
	s, err := identity.New(identity.Deps{
		Store: st, Hooks: w.hooks, Keys: r, Hasher: hasher(w.t, cheap), Mail: w.mail, Clock: w.clock, Log: slog.New(slog.DiscardHandler),
		Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop(), Policy: func() identity.Policy {
			return identity.Policy{Providers: []identity.Provider{{Name: "corp", Plugin: "login", CallbackURLs: []string{callback}}, {Name: "other", Plugin: "login"}}}
		},
	}, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func ring(t testing.TB, id string, fill byte) *keyring.Ring {
	t.Helper()
	k := keyring.Key{ID: id}
	for i := range k.Secret {
		k.Secret[i] = fill
	}
	r, err := keyring.New([]keyring.Key{k})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

// user makes an account with the password of these tests.
func (w *world) user(name string, status core.UserStatus) core.ID {
	w.t.Helper()
	id := core.NewID(time.Now())
	w.exec(`INSERT INTO users (id, email, email_key, display_name, status) VALUES ($1, $2, $2, $3, $4)`, id, address(name), name, string(status))
	if status != core.UserPending {
		hash, err := hasher(w.t, cheap).Hash(w.t.Context(), password)
		if err != nil {
			w.t.Fatal(err)
		}
		w.exec(`UPDATE users SET password_hash = $2 WHERE id = $1`, id, hash)
	}
	return id
}

func address(name string) string { return name + "@example.com" }

// tenant makes an active tenant of which the user is a member.
func (w *world) tenant(slug string, member core.ID, role core.Role) core.ID {
	w.t.Helper()
	id := core.NewID(time.Now())
	w.exec(`INSERT INTO tenants (id, slug, name, status) VALUES ($1, $2, $2, 'active')`, id, slug)
	w.exec(`INSERT INTO memberships (tenant_id, user_id, role, status) VALUES ($1, $2, $3, 'active')`, id, member, string(role))
	return id
}

// signIn signs in and reads the access token.
func (w *world) signIn(name string) (core.Session, core.Actor) {
	w.t.Helper()
	session, err := w.SignIn(w.t.Context(), address(name), password)
	if err != nil {
		w.t.Fatal(err)
	}
	return session, w.actor(session)
}

func (w *world) actor(session core.Session) core.Actor {
	w.t.Helper()
	a, err := w.Authenticate(w.t.Context(), session.AccessToken)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// events lists the types of an aggregate's events and fails when a version is missing.
func (w *world) events(aggregate core.ID) []string {
	w.t.Helper()
	rows, err := w.db.Query(w.t.Context(), `SELECT type, aggregate_version FROM events WHERE aggregate_id = $1 ORDER BY aggregate_version`, aggregate)
	if err != nil {
		w.t.Fatal(err)
	}
	var version int
	types, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t string, err error) {
		before := version
		err = row.Scan(&t, &version)
		if err == nil && version != before+1 {
			w.t.Errorf("version %d follows %d", version, before)
		}
		return t, err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return types
}

// one reads a single value.
func one[T any](w *world, sql string, args ...any) T {
	w.t.Helper()
	var v T
	if err := w.db.QueryRow(w.t.Context(), sql, args...).Scan(&v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// refused fails unless the error has the code and the reason.
func refused(t testing.TB, err error, code core.Code, reason string) {
	t.Helper()
	if core.CodeOf(err) != code || core.ReasonOf(err) != reason {
		t.Errorf("error %v, want %s because of %s", err, code, reason)
	}
}
