package identity_test

import (
	"slices"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	tenant := w.tenant("one", ada, core.RoleOwner)

	session, err := w.SignIn(t.Context(), " Ada@Example.com ", password)
	if err != nil {
		t.Fatal(err)
	}
	a := w.actor(session)
	if a.UserID != ada || a.TenantID != tenant || a.Role != core.RoleOwner || a.SessionID.IsZero() || session.ExpiresIn <= 0 {
		t.Errorf("actor %+v, expires in %v", a, session.ExpiresIn)
	}
	if got := w.events(a.SessionID); !slices.Equal(got, []string{"SessionStarted"}) {
		t.Errorf("events %v", got)
	}
}

func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("active", core.UserActive)
	w.user("pending", core.UserPending)
	w.user("disabled", core.UserDisabled)
	w.exec(`UPDATE users SET password_hash = NULL WHERE id = $1`, w.user("linkonly", core.UserActive))
	for name, tt := range map[string]struct {
		email    string
		password core.Secret
		code     core.Code
		reason   string
	}{
		"unknown":      {address("nobody"), password, core.InvalidCredentials, "unknown_account"},
		"pending":      {address("pending"), password, core.InvalidCredentials, "account_pending"},
		"disabled":     {address("disabled"), password, core.InvalidCredentials, "account_disabled"},
		"no password":  {address("linkonly"), password, core.InvalidCredentials, "no_password"},
		"wrong":        {address("active"), "correct horse", core.InvalidCredentials, "wrong_password"},
		"no address":   {"active", password, core.ValidationFailed, "validation_failed"},
		"empty":        {address("active"), "", core.ValidationFailed, "validation_failed"},
		"empty, other": {address("nobody"), "", core.ValidationFailed, "validation_failed"},
	} {
		session, err := w.SignIn(t.Context(), tt.email, tt.password)
		if core.CodeOf(err) != tt.code || core.ReasonOf(err) != tt.reason || session != (core.Session{}) {
			t.Errorf("%s: error %v, want %s because of %s", name, err, tt.code, tt.reason)
		}
	}
	if n := one[int](w, `SELECT count(*) FROM sessions`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestSignInOpensTheTenantUsedLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	if _, a := w.signIn("ada"); !a.TenantID.IsZero() || a.Role != "" {
		t.Fatalf("without a membership the session is in %v as %q", a.TenantID, a.Role)
	}
	first, second := w.tenant("first", ada, core.RoleOwner), w.tenant("second", ada, core.RoleMember)
	_, a := w.signIn("ada")
	if a.TenantID != first {
		t.Fatal("the first session is not in the oldest tenant")
	}
	if _, err := w.SwitchTenant(t.Context(), a, second); err != nil {
		t.Fatal(err)
	}
	if _, a = w.signIn("ada"); a.TenantID != second || a.Role != core.RoleMember {
		t.Error("the session is not in the tenant used last")
	}
	w.exec(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, second)
	if _, a = w.signIn("ada"); a.TenantID != first {
		t.Error("the session is in a suspended tenant")
	}
	w.exec(`UPDATE memberships SET status = 'pending' WHERE tenant_id = $1`, first)
	if _, a = w.signIn("ada"); !a.TenantID.IsZero() {
		t.Error("the session is in a tenant that the person is not active in")
	}
}

func TestSignInUpgradesAnOldHash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	old, err := hasher(t, identity.HasherConfig{MemoryKiB: 32, Time: 1}).Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	w.exec(`UPDATE users SET password_hash = $2 WHERE id = $1`, ada, old)
	w.signIn("ada")
	if hash := one[string](w, `SELECT password_hash FROM users WHERE id = $1`, ada); hasher(t, cheap).NeedsRehash(hash) {
		t.Error("the hash has its old cost")
	}
	w.signIn("ada")
}

func TestSignInWithABrokenStoredHash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(`UPDATE users SET password_hash = '$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA' WHERE id = $1`, w.user("ada", core.UserActive))
	_, err := w.SignIn(t.Context(), address("ada"), password)
	refused(t, err, core.Internal, "stored_hash_invalid")
}
