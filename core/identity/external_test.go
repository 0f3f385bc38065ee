package identity_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

// begin begins a sign-in at the provider corp and gives what is needed to finish it.
func (w *world) begin() identity.Finish {
	w.t.Helper()
	begun, err := w.BeginExternal(w.t.Context(), identity.Begin{Provider: "corp", CallbackURL: callback, LoginHint: "ada@example.com"})
	if err != nil || !strings.HasPrefix(begun.URL, "https://login.example/") {
		w.t.Fatalf("begin: %+v, %v", begun, err)
	}
	return identity.Finish{Provider: "corp", Continuation: begun.Continuation, Query: map[string]string{"code": "c", "state": w.hooks.begun.State}}
}

// One who comes back is known by a verified address the first time, and by the provider's
// name for them ever after, whatever becomes of the address.
func TestExternalSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	tenant := w.tenant("example", ada, core.RoleOwner)
	w.hooks.who = core.ExternalIdentity{Subject: "42", Email: " Ada@EXAMPLE.com", EmailVerified: true}
	for round, email := range []string{"Ada@EXAMPLE.com", "", "grace@example.com"} {
		w.hooks.who.Email = email
		session, err := w.FinishExternal(t.Context(), w.begin())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if a := w.actor(session); a.UserID != ada || a.TenantID != tenant || a.Role != core.RoleOwner {
			t.Errorf("round %d: signed in as %+v", round, a)
		}
	}
	var links, linked, started int
	err := w.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM external_identities WHERE user_id = $1 AND provider = 'corp' AND subject = '42'),
		(SELECT count(*) FROM events WHERE type = 'IdentityLinked' AND actor_id = $1), (SELECT count(*) FROM events WHERE type = 'SessionStarted' AND data->>'by' = 'external')`,
		ada).Scan(&links, &linked, &started)
	if err != nil || links != 1 || linked != 1 || started != 3 {
		t.Errorf("%d links, %d events of them, %d sessions: %v", links, linked, started, err)
	}
	// What the plugin was told again is what it was told first, and PKCE goes together.
	challenge := sha256.Sum256([]byte(w.hooks.finished.Verifier))
	if f, b := w.hooks.finished, w.hooks.begun; f.Nonce != b.Nonce || f.RunID != b.RunID || f.CallbackURL != callback || f.Private != "the plugin's own" ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != b.Challenge {
		t.Errorf("begun %+v, finished %+v", b, f)
	}
}

func TestExternalSignInRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	w.user("pending", core.UserPending)
	disabled := w.user("disabled", core.UserActive)
	w.hooks.who = core.ExternalIdentity{Subject: "d", Email: address("disabled"), EmailVerified: true}
	if _, err := w.FinishExternal(t.Context(), w.begin()); err != nil {
		t.Fatal(err)
	}
	w.exec("UPDATE users SET status = 'disabled' WHERE id = $1", disabled)
	for name, who := range map[string]core.ExternalIdentity{
		"nobody":                         {Subject: "1", Email: "nobody@example.com", EmailVerified: true},
		"an address that is not proved":  {Subject: "2", Email: address("ada")},
		"no address":                     {Subject: "3", EmailVerified: true},
		"two addresses":                  {Subject: "4", Email: address("ada") + ",x@example.com", EmailVerified: true},
		"an account that proved nothing": {Subject: "5", Email: address("pending"), EmailVerified: true},
		"a disabled account":             {Subject: "d", Email: address("disabled"), EmailVerified: true},
	} {
		w.hooks.who = who
		if _, err := w.FinishExternal(t.Context(), w.begin()); core.CodeOf(err) != core.InvalidCredentials || core.ReasonOf(err) != "no_account" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var links int
	if err := w.db.QueryRow(t.Context(), "SELECT count(*) FROM external_identities").Scan(&links); err != nil || links != 1 {
		t.Errorf("%d links: %v", links, err)
	}
}

// A continuation is good in the browser that began, for its provider, for a while.
func TestContinuation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	w.hooks.who = core.ExternalIdentity{Subject: "42", Email: address("ada"), EmailVerified: true}
	for name, tc := range map[string]struct {
		change func(*identity.Finish)
		reason string
	}{
		"another state":    {func(f *identity.Finish) { f.Query["state"] += "x" }, "wrong_state"},
		"no state":         {func(f *identity.Finish) { delete(f.Query, "state") }, "wrong_state"},
		"another provider": {func(f *identity.Finish) { f.Provider = "other" }, "foreign_continuation"},
		"changed":          {func(f *identity.Finish) { f.Continuation = f.Continuation[:len(f.Continuation)-2] + "AA" }, "malformed_continuation"},
		"another's":        {func(f *identity.Finish) { f.Continuation = w.begin().Continuation }, "wrong_state"},
		"none":             {func(f *identity.Finish) { f.Continuation = "" }, "malformed_continuation"},
	} {
		f := w.begin()
		tc.change(&f)
		w.hooks.finished = core.IdentityReturn{}
		if _, err := w.FinishExternal(t.Context(), f); core.CodeOf(err) != core.Unauthenticated || core.ReasonOf(err) != tc.reason {
			t.Errorf("%s: %v", name, err)
		}
		if w.hooks.finished.Provider != "" {
			t.Errorf("%s: the plugin was asked", name)
		}
	}
	f := w.begin()
	w.clock.forward(11 * time.Minute)
	if _, err := w.FinishExternal(t.Context(), f); core.ReasonOf(err) != "expired_continuation" {
		t.Errorf("too late: %v", err)
	}
}

func TestBeginIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tc := range map[string]struct {
		begin identity.Begin
		code  core.Code
	}{
		"unknown provider":        {identity.Begin{Provider: "no", CallbackURL: callback}, core.NotFound},
		"callback not listed":     {identity.Begin{Provider: "corp", CallbackURL: callback + "/"}, core.ValidationFailed},
		"callback of nobody":      {identity.Begin{Provider: "other", CallbackURL: callback}, core.ValidationFailed},
		"callback with more path": {identity.Begin{Provider: "corp", CallbackURL: "https://app.example.com.evil.example/signed-in"}, core.ValidationFailed},
	} {
		if _, err := w.BeginExternal(t.Context(), tc.begin); core.CodeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.hooks.err = core.E(core.Unavailable, "Not now.")
	if _, err := w.BeginExternal(t.Context(), identity.Begin{Provider: "corp", CallbackURL: callback}); core.CodeOf(err) != core.Unavailable {
		t.Errorf("a plugin that fails: %v", err)
	}
}
