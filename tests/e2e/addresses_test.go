package e2e_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// alike compares two answers in everything that a stranger can see, but what differs
// with each request.
func alike(t *testing.T, known, unknown hosttest.Answer) {
	t.Helper()
	equal(t, "status", known.Status, unknown.Status)
	equal(t, "length", len(known.Body), len(unknown.Body))
	names := func(a hosttest.Answer) string { return strings.Join(slices.Sorted(maps.Keys(a.Header)), " ") }
	equal(t, "names of headers", names(known), names(unknown))
	for name := range known.Header {
		if name != "Date" && name != "X-Request-Id" {
			equal(t, name, known.Header.Get(name), unknown.Header.Get(name))
		}
	}
	if len(known.Body) > 0 {
		fields := func(a hosttest.Answer) string {
			return strings.Join(slices.Sorted(maps.Keys(a.At().(map[string]any))), " ")
		}
		equal(t, "fields", fields(known), fields(unknown))
	}
}

// knownAddressSignsUp: the caller sees no difference, the mailbox does, and nothing is
// provisioned.
func knownAddressSignsUp(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	known, unknown := x.owner.User.Email, newAddress("unknown")
	first := signUp(t, h, known, "Another Company")
	second := signUp(t, h, unknown, "Another Company")
	alike(t, first, second)
	equal(t, "word", first.Text("status"), second.Text("status"))
	if first.Text("signup_id") == "" || first.Text("signup_id") == second.Text("signup_id") {
		t.Errorf("the signups are %s and %s", first.Text("signup_id"), second.Text("signup_id"))
	}
	notice := h.Mail(t, known, 2)
	equal(t, "link in the notice", notice.Link(), "")
	equal(t, "tenants of the known address", one[int](t, database(t, h),
		"SELECT count(*) FROM memberships WHERE user_id = $1", x.owner.User.ID), 1)
	if h.Mail(t, unknown, 1).Link() == "" {
		t.Error("the unknown address got no link")
	}
}

// unprovedAddressSignsUpAgain: nobody has proved the address, so it is anybody's still;
// each signup has a link of its own.
func unprovedAddressSignsUpAgain(t *testing.T, h *hosttest.Host) {
	email := newAddress("again")
	signUp(t, h, email, "First Try")
	first := h.Mail(t, email, 1)
	signUp(t, h, email, "Second Try")
	second := h.Mail(t, email, 2)
	done := activate(t, h, second.Token(), "Agatha")
	equal(t, "tenant", done.Tenant.Name, "Second Try")
	seen := h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": first.Token()}).Want(200)
	equal(t, "the account exists now", seen.Text("account_exists")+" "+seen.Text("password_required"), "true true")
}

func linksForKnownAndUnknown(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	c := h.Client(t)
	for n, path := range []string{"/v1/sessions/magic-link", "/v1/password-resets"} {
		known := c.Post(path, hosttest.Object{"email": x.owner.User.Email}).Want(202)
		unknown := newAddress("nobody")
		alike(t, known, c.Post(path, hosttest.Object{"email": unknown}).Want(202))
		if h.Mail(t, x.owner.User.Email, 2+n).Link() == "" {
			t.Errorf("%s: no link for the known address", path)
		}
		equal(t, "mails to the unknown address", len(h.Mails(t, unknown)), 0)
	}
	wrong := c.Post("/v1/sessions", hosttest.Object{"email": x.owner.User.Email, "password": "not the right one"}).Problem(401, "invalid_credentials")
	nobody := c.Post("/v1/sessions", hosttest.Object{"email": newAddress("nobody"), "password": "not the right one"}).Problem(401, "invalid_credentials")
	alike(t, wrong, nobody)
	equal(t, "detail", wrong.Text("detail"), nobody.Text("detail"))
}
