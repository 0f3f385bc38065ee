package e2e_test

import (
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestPostgresDown: whoever calls hears within a second that it is not their fault, and
// everything goes on by itself when the database is back.
func TestPostgresDown(t *testing.T) {
	t.Parallel()
	db := pgtest.Dedicated(t, pgtest.Options{NoFsync: true})
	h := hosttest.Start(t, hosttest.Options{Settings: map[string]string{"database.url": db.URL("usher")}})
	x := newTenant(t, h)
	email := newAddress("patient")
	x.invite(email)
	token := h.Mail(t, email, 1).Token()

	db.Stop()
	for name, call := range map[string]func() hosttest.Answer{
		"sign up": func() hosttest.Answer { return h.Client(t).Post("/v1/signups", signupBody()) },
		"inspect": func() hosttest.Answer {
			return h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": token})
		},
		"activate": func() hosttest.Answer { return h.Client(t).Post("/v1/activations", withPassword(token, "Pat")) },
		"sign in": func() hosttest.Answer {
			return h.Client(t).Post("/v1/sessions", hosttest.Object{"email": x.owner.User.Email, "password": passphrase})
		},
		"refresh": func() hosttest.Answer { return refresh(t, h, x.owner.Session.RefreshToken) },
		"me":      func() hosttest.Answer { return x.client().Get("/v1/me") },
		"invite": func() hosttest.Answer {
			return x.client().Post(x.path("/invitations"), hosttest.Object{"email": newAddress("x"), "role": "member"})
		},
		"list":   func() hosttest.Answer { return x.client().Get(x.path("/invitations")) },
		"events": func() hosttest.Answer { return x.client().Get(x.path("/events")) },
		"magic link": func() hosttest.Answer {
			return h.Client(t).Post("/v1/sessions/magic-link", hosttest.Object{"email": email})
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 { // also when the pool's dead connections have been found out
				began := time.Now()
				answer := call().Problem(503, "unavailable")
				soon(t, name, time.Second, began)
				equal(t, "Retry-After", answer.Header.Get("Retry-After"), "1")
			}
		})
	}
	began := time.Now()
	h.Client(t).Get("/livez").Want(200)
	h.Client(t).Get("/a/" + token).Want(200) // the page needs no database
	soon(t, "livez and the page", time.Second, began)
	hosttest.Until(t, "readyz to say no", func() bool { return h.Client(t).Get("/readyz").Status == 503 })
	for _, page := range []string{"/readyz", "/health/auth", "/health/tenant", "/health/events"} {
		equal(t, page, h.Client(t).Get(page).Want(503).Text("status"), "down")
	}

	db.Start()
	hosttest.Until(t, "readyz to say yes", func() bool { return h.Client(t).Get("/readyz").Status == 200 })
	hosttest.Until(t, "a signup to work", func() bool { return h.Client(t).Post("/v1/signups", signupBody()).Status == 202 })
	activate(t, h, token, "Pat") // nothing that was refused has spent it
	newTenant(t, h)              // mail leaves again too
	if h.Ended() {
		t.Error("the host ended")
	}
}
