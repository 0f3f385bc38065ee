package e2e_test

import (
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// guest is somebody with an account in one tenant who was invited into another.
type guest struct {
	activated
	into  *tenant
	token string
}

func newGuest(t *testing.T, h *hosttest.Host) guest {
	t.Helper()
	home, away := newTenant(t, h), newTenant(t, h)
	away.invite(home.owner.User.Email)
	g := guest{activated: home.owner, into: away, token: h.Mail(t, home.owner.User.Email, 2).Token()}
	seen := h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": g.token}).Want(200)
	equal(t, "inspect", seen.Text("account_exists")+" "+seen.Text("password_required")+" "+seen.Text("fields"), "true true [password]")
	return g
}

// joined checks that the account is the same one, now in two tenants.
func (g guest) joined(t *testing.T, h *hosttest.Host, answer hosttest.Answer) {
	t.Helper()
	var done activated
	answer.Want(201).Into(&done)
	equal(t, "user", done.User.ID, g.User.ID)
	equal(t, "tenant and role", done.Tenant.ID+" "+done.Membership.Role, g.into.id+" member")
	me := h.Client(t).As(done.Session.AccessToken).Get("/v1/me").Want(200)
	equal(t, "memberships", len(me.At("memberships").([]any)), 2)
	equal(t, "name", me.Text("user", "display_name"), g.User.DisplayName)
	h.Client(t).Post("/v1/sessions", hosttest.Object{"email": g.User.Email, "password": passphrase}).Want(201)
}

func joinsWithPassword(t *testing.T, h *hosttest.Host) {
	g := newGuest(t, h)
	c := h.Client(t)
	c.Post("/v1/activations", hosttest.Object{"token": g.token}).Problem(422, "validation_failed")
	c.Post("/v1/activations", hosttest.Object{"token": g.token, "password": "somebody else's words"}).Problem(401, "invalid_credentials")
	g.joined(t, h, c.Post("/v1/activations", hosttest.Object{"token": g.token, "password": passphrase}))
}

func joinsWithSession(t *testing.T, h *hosttest.Host) {
	g := newGuest(t, h)
	g.joined(t, h, h.Client(t).As(g.Session.AccessToken).Post("/v1/activations", hosttest.Object{"token": g.token}))
}

func wrongAccountBurnsNothing(t *testing.T, h *hosttest.Host) {
	g, other := newGuest(t, h), newTenant(t, h)
	other.client().Post("/v1/activations", hosttest.Object{"token": g.token}).Problem(401, "invalid_credentials")
	h.Client(t).As("not.a.token").Post("/v1/activations", hosttest.Object{"token": g.token}).Problem(401, "unauthenticated")
	list := g.into.client().Get(g.into.path("/invitations?status=pending")).Want(200)
	equal(t, "still pending", list.Text("data", 0, "email"), g.User.Email)
	g.joined(t, h, h.Client(t).As(g.Session.AccessToken).Post("/v1/activations", hosttest.Object{"token": g.token}))
}
