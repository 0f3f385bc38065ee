package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

func replayedSignup(t *testing.T, h *hosttest.Host) {
	email := newAddress("twice")
	body := hosttest.Object{"email": email, "organization_name": "Twice"}
	c := h.Client(t).With("Idempotency-Key: " + email)
	first, second := c.Post("/v1/signups", body).Want(202), c.Post("/v1/signups", body).Want(202)
	equal(t, "signup", second.Text("signup_id"), first.Text("signup_id"))
	c.Post("/v1/signups", hosttest.Object{"email": email, "organization_name": "Thrice"}).Problem(422, "idempotency_mismatch")
	h.Mail(t, email, 1)
	db := database(t, h)
	equal(t, "tenants", one[int](t, db, "SELECT count(*) FROM tenants WHERE name = 'Twice' AND id IN (SELECT tenant_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = $1)", email), 1)
	equal(t, "messages", one[int](t, db, "SELECT count(*) FROM messages m JOIN users u ON u.id = m.user_id WHERE u.email = $1", email), 1)
}

func replayedInvitation(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	email := newAddress("invited-twice")
	body := hosttest.Object{"email": email, "role": "member", "metadata": hosttest.Object{"n": "1"}}
	c := x.client().With("Idempotency-Key: the same")
	first, second := c.Post(x.path("/invitations"), body).Want(201), c.Post(x.path("/invitations"), body).Want(201)
	equal(t, "invitation", string(second.Body), string(first.Body))
	c.Post(x.path("/invitations"), hosttest.Object{"email": newAddress("other"), "role": "member"}).Problem(422, "idempotency_mismatch")
	x.client().Post(x.path("/invitations"), body).Problem(409, "conflict") // without the key it is another request
	other := newTenant(t, h)                                               // whose keys are its own
	other.client().With("Idempotency-Key: the same").Post(other.path("/invitations"), body).Want(201)
}

// lostActivation sends an activation and goes away before the answer. With the key,
// the same request gives it again, session and all.
func lostActivation(t *testing.T, h *hosttest.Host) {
	email := newAddress("lost")
	signUp(t, h, email, "Lost and Found")
	token := h.Mail(t, email, 1).Token()
	body := withPassword(token, "Lotte")
	sendAndLeave(t, h, "Idempotency-Key: lost", body)
	hosttest.Until(t, "the token to be spent", func() bool {
		return h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": token}).Status == 410
	})
	c := h.Client(t).With("Idempotency-Key: lost")
	var done activated
	c.Post("/v1/activations", body).Want(201).Into(&done)
	equal(t, "who", done.User.Email+" "+done.User.Status, email+" active")
	h.Client(t).As(done.Session.AccessToken).Get("/v1/me").Want(200)
	equal(t, "sessions", one[int](t, database(t, h), "SELECT count(*) FROM sessions WHERE user_id = $1", done.User.ID), 1)

	h.Client(t).Post("/v1/activations", body).Problem(410, "invalid_token")
	h.Client(t).With("Idempotency-Key: another").Post("/v1/activations", body).Problem(410, "invalid_token")
	c.Post("/v1/activations", withPassword(token, "Otto")).Problem(422, "idempotency_mismatch")
	refresh(t, h, done.Session.RefreshToken).Want(200)
	c.Post("/v1/activations", body).Problem(410, "invalid_token") // the session went on: the answer was not lost
}

// sendAndLeave posts an activation and closes the connection without reading.
func sendAndLeave(t *testing.T, h *hosttest.Host, header string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	w := bufio.NewWriter(connection)
	_, _ = fmt.Fprintf(w, "POST /v1/activations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\nContent-Length: %d\r\n\r\n%s", header, len(text), text)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// keyInFlight has another transaction hold the claim, as a request does that has not
// ended.
func keyInFlight(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	newcomer := newAddress("newcomer")
	x.invite(newcomer)
	token := h.Mail(t, newcomer, 1).Token()
	for _, row := range []struct {
		route, path, scope string
		client             func(testing.TB) *hosttest.Client
		body               hosttest.Object
		status             int
	}{
		{"POST /v1/signups", "/v1/signups", "anonymous", h.Client, hosttest.Object{"email": newAddress("slow"), "organization_name": "Slow"}, 202},
		{
			"POST /v1/tenants/{tenant_id}/invitations", x.path("/invitations"), x.owner.User.ID, x.clientIn,
			hosttest.Object{"email": newAddress("slow"), "role": "member"},
			201,
		},
		{"POST /v1/activations", "/v1/activations", tokenScope(t, h, newcomer), h.Client, withPassword(token, "Slow"), 201},
	} {
		t.Run(row.route, func(t *testing.T) {
			key := "held " + newcomer
			holder, err := database(t, h).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = holder.Exec(t.Context(), "INSERT INTO idempotency_keys (scope, route, key, request_hash, result) VALUES ($1, $2, $3, '', '{}')",
				row.scope, row.route, key)
			if err != nil {
				t.Fatal(err)
			}
			c := row.client(t).With("Idempotency-Key: " + key)
			held := c.Post(row.path, row.body).Problem(409, "idempotency_in_flight")
			equal(t, "Retry-After", held.Header.Get("Retry-After"), "1")
			if err := holder.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Post(row.path, row.body).Want(row.status)
		})
	}
}

// tokenScope is the caller of an activation: whoever holds the token.
func tokenScope(t *testing.T, h *hosttest.Host, email string) string {
	t.Helper()
	return one[string](t, database(t, h),
		"SELECT 'token:' || encode(k.hash, 'hex') FROM tokens k JOIN invitations i ON i.id = k.invitation_id WHERE i.email = $1", email)
}
