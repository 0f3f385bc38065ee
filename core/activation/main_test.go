package activation_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// pipeline is the real pipeline on a real database; hashing and session tokens are
// three-line stand-ins, since they have tests of their own.
type pipeline struct {
	*activation.Service
	url    string
	ring   *keyring.Ring
	policy activation.Policy
	hooks  *hooks
	visits *visits
}

// hooks answers for the plugins, and notes what they were asked.
type hooks struct {
	mu    sync.Mutex
	patch core.SignupPatch
	err   error
	asked []core.SignupCheck

	release     int64
	bound       bool // at the hooks that are asked only then
	invitation  core.InvitationPatch
	profile     core.Profile
	refuse      map[string]error // by hook
	invitations []core.InvitationCheck
	activations []core.ActivationCheck
	passwords   []core.PasswordCheck
	claims      []core.ClaimsCheck
}

func (h *hooks) SignupValidate(_ context.Context, c core.SignupCheck) (core.SignupPatch, error) {
	h.asked = append(h.asked, c)
	return h.patch, h.err
}

func (h *hooks) InvitationBound(core.ID) bool { return h.bound }

func (h *hooks) Release() int64 { return h.release }

func (h *hooks) InvitationValidate(_ context.Context, c core.InvitationCheck) (core.InvitationPatch, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.invitations = append(h.invitations, c)
	return h.invitation, h.refuse["invitation"]
}

func (h *hooks) ActivationValidate(_ context.Context, c core.ActivationCheck) (core.Profile, error) {
	*c.Verdicts = append(*c.Verdicts, core.HookVerdict{Hook: "activation.validate", Plugin: "names", Outcome: "continue"})
	c.Verdicts = nil // what is asked, without the place for the answer
	h.activations = append(h.activations, c)
	return h.profile, h.refuse["activation"]
}

func (h *hooks) PasswordBound(core.ID) bool { return h.bound }

func (h *hooks) PasswordCheck(_ context.Context, c core.PasswordCheck) error {
	h.passwords = append(h.passwords, c)
	return h.refuse["password"]
}

type plain struct{}

func (plain) Hash(_ context.Context, p core.Secret) (string, error) {
	return "plain:" + p.Reveal(), nil
}

func (plain) Verify(_ context.Context, hash string, p core.Secret) (bool, error) {
	return hash == "plain:"+p.Reveal(), nil
}

func (plain) Facts(p core.Secret, about core.PasswordContext) (core.PasswordFacts, error) {
	return core.PasswordFacts{Length: len(p), SHA1Prefix: about.DisplayName}, nil
}

// tokens says in a refresh token whether the session was foreseen as it came to be.
type tokens struct{ hooks *hooks }

func (s tokens) Foresee(_ context.Context, c core.ClaimsCheck) (core.Claims, error) {
	s.hooks.claims = append(s.hooks.claims, c)
	return core.Claims{For: c}, s.hooks.refuse["claims"]
}

func (tokens) Issue(_ context.Context, state core.SessionState, c core.Claims) (core.Session, error) {
	session := core.Session{AccessToken: core.Secret(state.ID.String())}
	if c.For.SessionID == state.ID && c.For.UserID == state.UserID && c.For.Tenant.ID == state.TenantID && c.For.Role == state.Role {
		session.RefreshToken = "foreseen"
	}
	return session, nil
}

type silent struct{}

func (silent) Wake() {}

// visits keeps what was noted.
type visits struct{ notes []core.Visit }

func (v *visits) Note(n core.Visit) { v.notes = append(v.notes, n) }

func start(t testing.TB) *pipeline {
	t.Helper()
	p := &pipeline{url: pgtest.New(t), hooks: &hooks{}, visits: &visits{}}
	db := storetest.OpenAt(t, p.url)
	var err error
	if p.ring, err = keyring.New([]keyring.Key{{ID: "k1", Secret: [32]byte{1}}}); err != nil {
		t.Fatal(err)
	}
	p.policy = activation.Policy{
		SignupOpen: true, Password: activation.PasswordRequired, PasswordMin: 15, InvitationTTL: 72 * time.Hour,
		MaxInvitation: 30 * 24 * time.Hour, VerificationTTL: 24 * time.Hour, SessionTTL: time.Hour, RedirectHosts: []string{"app.example.com", "localhost:3000"},
	}
	p.Service, err = activation.New(activation.Deps{
		Store: db, Hooks: p.hooks, Keys: p.ring, Passwords: plain{}, Sessions: tokens{p.hooks}, Mail: silent{}, Visits: p.visits, Clock: core.SystemClock{},
		Log: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
		Policy: func() activation.Policy { return p.policy },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
