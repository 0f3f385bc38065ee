package e2e_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/usher-id/usher/tests/browser"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestReload changes the file of a running host. A good one is in force at once, a bad
// one changes nothing and shows in every place where an operator looks.
func TestReload(t *testing.T) {
	t.Parallel()
	h := hosttest.Start(t, hosttest.Options{
		File:     "activation:\n  password: required\n",
		Settings: map[string]string{"database.url": pgtest.New(t)},
	})
	x := newTenant(t, h)
	email := newAddress("reloaded")
	x.invite(email)
	link := h.Mail(t, email, 1)
	inspect := func() hosttest.Answer {
		return h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": link.Token()}).Want(200)
	}
	asks := func() string { return inspect().Text("password_required") + " " + inspect().Text("fields") }
	equal(t, "the form", asks(), "true [display_name password]")

	// A change of the file.
	write(t, h, "activation:\n  password: off\n")
	hosttest.Until(t, "the change of the file", func() bool { return asks() == "false [display_name]" })
	h.Log.WaitLine(t, `msg="configuration changed"`, "key=activation.password", "old=required", "off")
	equal(t, "generation", generation(t, h), "2")
	t.Run("without passwords", func(t *testing.T) { withoutPasswords(t, h, link) })

	// SIGHUP, with nothing changed.
	reloads := len(h.Log.Lines("configuration reloaded"))
	h.Signal(t, syscall.SIGHUP)
	hosttest.Until(t, "the signal", func() bool { return len(h.Log.Lines("configuration reloaded")) > reloads })
	equal(t, "generation after SIGHUP", generation(t, h), "2")

	t.Run("a bad file", func(t *testing.T) { badFile(t, h) })
	t.Run("what needs a restart", func(t *testing.T) { needsRestart(t, h) })
}

func write(t *testing.T, h *hosttest.Host, text string) {
	t.Helper()
	if err := os.WriteFile(h.ConfigFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func generation(t *testing.T, h *hosttest.Host) string {
	t.Helper()
	return h.Operators(t).Get("/admin/v1/config").Want(200).Text("status", "generation")
}

// withoutPasswords is the way of a person where nobody has a password.
func withoutPasswords(t *testing.T, h *hosttest.Host, link hosttest.Mail) {
	page := browser.Launch(t).Open(t, browser.Phone(), link.Link())
	page.WaitFor(`document.querySelector("#display_name") !== null`)
	if browser.Eval[bool](page, `document.querySelector("input[type=password]") !== null`) {
		t.Error("the page asks for a password")
	}
	c := h.Client(t)
	refused := c.Post("/v1/activations", withPassword(link.Token(), "Pia")).Problem(422, "validation_failed")
	equal(t, "why", refused.Text("errors", 0, "field")+" "+refused.Text("errors", 0, "code"), "password not_used")
	c.Post("/v1/activations", hosttest.Object{"token": link.Token()}).Problem(422, "validation_failed") // a scanner's press
	var done activated
	c.Post("/v1/activations", hosttest.Object{"token": link.Token(), "profile": hosttest.Object{"display_name": "Pia"}}).Want(201).Into(&done)
	equal(t, "account", done.User.Status, "active")
	c.Post("/v1/sessions", hosttest.Object{"email": done.User.Email, "password": passphrase}).Problem(401, "invalid_credentials")
	c.Post("/v1/sessions/magic-link", hosttest.Object{"email": done.User.Email}).Want(202)
	c.Post("/v1/activations", hosttest.Object{"token": h.Mail(t, done.User.Email, 2).Token()}).Want(201)

	// Into a second tenant the mailbox is the proof.
	other := newPasswordlessTenant(t, h)
	other.invite(done.User.Email)
	again := h.Mail(t, done.User.Email, 3).Token()
	seen := c.Post("/v1/activations/inspect", hosttest.Object{"token": again}).Want(200)
	equal(t, "asked of an account", seen.Text("account_exists")+" "+seen.Text("fields"), "true []")
	c.Post("/v1/activations", hosttest.Object{"token": again}).Want(201)
}

func newPasswordlessTenant(t *testing.T, h *hosttest.Host) *tenant {
	t.Helper()
	email := newAddress("owner")
	signUp(t, h, email, "Passwordless")
	x := &tenant{t: t, host: h}
	h.Client(t).Post("/v1/activations", hosttest.Object{
		"token": h.Mail(t, email, 1).Token(), "profile": hosttest.Object{"display_name": "Olive"},
	}).Want(201).Into(&x.owner)
	x.id = x.owner.Tenant.ID
	return x
}

// badFile has one key that does not exist, and a good change that must not be applied
// without it.
func badFile(t *testing.T, h *hosttest.Host) {
	write(t, h, "activation:\n  pasword: required\n  token_ttl: 1h\n")
	line := h.Log.WaitLine(t, "configuration not reloaded, the last good one stays")
	for _, word := range []string{"level=ERROR", "usher.yaml:2", "activation.pasword", "activation.password"} {
		if !strings.Contains(line, word) {
			t.Errorf("the log does not say %s: %s", word, line)
		}
	}
	h.Signal(t, syscall.SIGHUP) // asked again, the answer is the same
	hosttest.Until(t, "health to say so", func() bool {
		return h.Client(t).Get("/health/auth").Want(200).Text("status") == "degraded"
	})
	equal(t, "metric", metricsOf(t, h).value(t, "usher_config_last_reload_successful"), 0)
	equal(t, "generation", generation(t, h), "2")
	refused := h.Operators(t).Post("/admin/v1/config/reload", nil).Problem(422, "validation_failed")
	if !strings.Contains(refused.Text("detail"), "activation.pasword") {
		t.Errorf("the operator is told %s", refused.Text("detail"))
	}
	h.Client(t).Get("/readyz").Want(200)
	newPasswordlessTenant(t, h) // the last good one is in force, whole

	write(t, h, "activation:\n  password: off\n  token_ttl: 1h\n")
	hosttest.Until(t, "health to be well", func() bool { return h.Client(t).Get("/health/auth").Text("status") == "ok" })
	equal(t, "metric", metricsOf(t, h).value(t, "usher_config_last_reload_successful"), 1)
	equal(t, "metric", metricsOf(t, h).value(t, "usher_config_generation"), 3)
}

func needsRestart(t *testing.T, h *hosttest.Host) {
	write(t, h, "activation:\n  password: off\nhttp:\n  read_timeout: 11s\n")
	h.Log.WaitLine(t, "configuration change waits for a restart", "key=http.read_timeout")
	answer := h.Operators(t).Post("/admin/v1/config/reload", nil).Want(200)
	equal(t, "restart", answer.Text("restart_required", 0, "key"), "http.read_timeout")
}
