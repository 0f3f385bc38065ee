package activation_test

import (
	"context"
	"log/slog"
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
}

type hooks struct {
	patch core.SignupPatch
	err   error
	asked []core.SignupCheck
}

func (h *hooks) SignupValidate(_ context.Context, c core.SignupCheck) (core.SignupPatch, error) {
	h.asked = append(h.asked, c)
	return h.patch, h.err
}

type plain struct{}

func (plain) Hash(_ context.Context, p core.Secret) (string, error) {
	return "plain:" + p.Reveal(), nil
}

func (plain) Verify(_ context.Context, hash string, p core.Secret) (bool, error) {
	return hash == "plain:"+p.Reveal(), nil
}

type tokens struct{}

func (tokens) Issue(_ context.Context, state core.SessionState) (core.Session, error) {
	return core.Session{AccessToken: core.Secret(state.ID.String())}, nil
}

type silent struct{}

func (silent) Wake() {}

func start(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{url: pgtest.New(t), hooks: &hooks{}}
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
		Store: db, Hooks: p.hooks, Keys: p.ring, Passwords: plain{}, Sessions: tokens{}, Mail: silent{}, Clock: core.SystemClock{},
		Log: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
		Policy: func() activation.Policy { return p.policy },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
