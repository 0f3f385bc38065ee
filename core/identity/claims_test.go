package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

// ext reads what plugins say in an access token.
func ext(t *testing.T, session core.Session) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(session.AccessToken.Reveal(), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var says struct {
		Ext json.RawMessage `json:"ext"`
	}
	if err := json.Unmarshal(payload, &says); err != nil {
		t.Fatal(err)
	}
	return string(says.Ext)
}

// issues are the ways to an access token, but for the links of package activation.
func issues(w *world, session core.Session, a core.Actor, other core.ID) map[core.SessionReason]func() (core.Session, error) {
	return map[core.SessionReason]func() (core.Session, error){
		core.SessionBySignIn:  func() (core.Session, error) { return w.SignIn(w.t.Context(), address("ada"), password) },
		core.SessionByRefresh: func() (core.Session, error) { return w.Refresh(w.t.Context(), session.RefreshToken) },
		core.SessionBySwitch:  func() (core.Session, error) { return w.SwitchTenant(w.t.Context(), a, other) },
	}
}

func TestClaimsInTheToken(t *testing.T) {
	t.Parallel()
	for _, reason := range []core.SessionReason{core.SessionBySignIn, core.SessionByRefresh, core.SessionBySwitch} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.user("ada", core.UserActive)
			one, two := w.tenant("one", ada, core.RoleOwner), w.tenant("two", ada, core.RoleMember)
			session, a := w.signIn("ada")
			if len(w.hooks.asked) != 0 || ext(t, session) != "" {
				t.Fatalf("nobody is bound, asked %v, the token says %s", w.hooks.asked, ext(t, session))
			}
			w.hooks.bound, w.hooks.json = true, `{"plans":{"plan":"<gold & more>"}}`
			session, err := issues(w, session, a, two)[reason]()
			if err != nil || ext(t, session) != w.hooks.json {
				t.Fatalf("the token says %s, want %s: %v", ext(t, session), w.hooks.json, err)
			}
			want := core.ClaimsCheck{SessionID: w.actor(session).SessionID, UserID: ada, Role: core.RoleOwner, Tenant: core.TenantRef{ID: one, Name: "one", Slug: "one"}, Reason: reason}
			if reason == core.SessionBySwitch {
				want.Role, want.Tenant = core.RoleMember, core.TenantRef{ID: two, Name: "two", Slug: "two"}
			}
			if len(w.hooks.asked) != 1 || w.hooks.asked[0] != want {
				t.Errorf("asked %+v, want once %+v", w.hooks.asked, want)
			}
			if b := w.actor(session); b.Role != want.Role || b.TenantID != want.Tenant.ID {
				t.Errorf("actor %+v", b)
			}
			if b, err := w.replica(w.ring, identity.Config{Issuer: issuer}).Authenticate(t.Context(), session.AccessToken); err != nil || b != w.actor(session) {
				t.Errorf("another replica reads %+v, %v", b, err)
			}
		})
	}
}

// The longest claims that package hook lets through make a token that is still read.
func TestLongestClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	w.hooks.bound, w.hooks.json = true, fmt.Sprintf(`{"p":{"a":%q}}`, strings.Repeat("<", 4096-14))
	session, _ := w.signIn("ada")
	if n := len(session.AccessToken); n > 6200 {
		t.Errorf("the token has %d bytes, beside which a request has no room for more", n)
	}
	if _, err := w.replica(w.ring, identity.Config{Issuer: issuer}).Authenticate(t.Context(), session.AccessToken); err != nil {
		t.Error(err)
	}
}

// A plugin that fails closed is asked before anything is committed.
func TestFailingClaimsCostNothing(t *testing.T) {
	t.Parallel()
	for _, reason := range []core.SessionReason{core.SessionBySignIn, core.SessionByRefresh, core.SessionBySwitch} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.user("ada", core.UserActive)
			w.tenant("one", ada, core.RoleOwner)
			two := w.tenant("two", ada, core.RoleMember)
			session, a := w.signIn("ada")
			rows := func() string {
				return one[string](w, `SELECT string_agg(s.id || ' ' || s.version || ' ' || s.tenant_id, ',' ORDER BY s.id) || (SELECT count(*) FROM events) FROM sessions s`)
			}
			before := rows()
			w.hooks.bound, w.hooks.err = true, core.E(core.Unavailable, "Later.").Because("hook_failed")
			_, err := issues(w, session, a, two)[reason]()
			refused(t, err, core.Unavailable, "hook_failed")
			if after := rows(); after != before {
				t.Errorf("the rows were %s, are %s", before, after)
			}
			w.hooks.err = nil
			if _, err := issues(w, session, a, two)[reason](); err != nil {
				t.Errorf("once it works again: %v", err)
			}
		})
	}
}

// Who may not have a token is refused as ever, and no plugin hears of it.
func TestClaimsOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	w.tenant("one", ada, core.RoleOwner)
	foreign := w.tenant("foreign", w.user("eve", core.UserActive), core.RoleOwner)
	session, a := w.signIn("ada")
	next, err := w.Refresh(t.Context(), session.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	w.hooks.bound = true
	_, err = w.SignIn(t.Context(), address("ada"), "not the right one")
	refused(t, err, core.InvalidCredentials, "wrong_password")
	_, err = w.SwitchTenant(t.Context(), a, foreign)
	refused(t, err, core.NotFound, "foreign_tenant")
	_, err = w.Refresh(t.Context(), session.RefreshToken)
	refused(t, err, core.Unauthenticated, "refresh_token_reused")
	_, err = w.Refresh(t.Context(), next.RefreshToken)
	refused(t, err, core.Unauthenticated, "session_revoked")
	if len(w.hooks.asked) != 0 {
		t.Errorf("asked %+v", w.hooks.asked)
	}
}

// What changed between the question and the commit is asked about again: a token must
// not say of one role what was meant for another.
func TestClaimsOfWhatWasCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	one := w.tenant("one", ada, core.RoleAdmin)
	session, _ := w.signIn("ada")
	w.hooks.bound = true
	w.hooks.meets = func() { w.exec(`UPDATE memberships SET role = 'member' WHERE user_id = $1`, ada) }
	session, err := w.Refresh(t.Context(), session.RefreshToken)
	if err != nil || len(w.hooks.asked) != 2 || w.hooks.asked[0].Role != core.RoleAdmin || w.hooks.asked[1].Role != core.RoleMember ||
		w.hooks.asked[1].Tenant.ID != one || w.hooks.asked[1].Reason != core.SessionByRefresh {
		t.Errorf("asked %+v, %v", w.hooks.asked, err)
	}
	w.hooks.asked = nil
	w.hooks.meets = func() { w.exec(`UPDATE memberships SET status = 'pending' WHERE user_id = $1`, ada) }
	if _, err := w.Refresh(t.Context(), session.RefreshToken); err != nil || len(w.hooks.asked) != 2 || w.hooks.asked[1].Tenant != (core.TenantRef{}) {
		t.Errorf("without a tenant: asked %+v, %v", w.hooks.asked, err)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	h := hasher(t, cheap)
	about := core.PasswordContext{Email: "ada.l@example.com", DisplayName: "Ada Lovelace", Tenant: core.TenantRef{Name: "Analytical Engines, Ltd", Slug: "a-e"}}
	for name, tt := range map[string]struct {
		password core.Secret
		want     core.PasswordFacts
	}{
		// The prefixes are those that sha1sum gives.
		"known":     {"password", core.PasswordFacts{Length: 8, Distinct: 7, Lower: 8, SHA1Prefix: "5BAA6"}},
		"mixed":     {"aA1 é", core.PasswordFacts{Length: 5, Distinct: 5, Lower: 2, Upper: 1, Digits: 1, Other: 1, SHA1Prefix: "8154B"}},
		"user":      {"xLOVELACEx", core.PasswordFacts{Length: 10, Distinct: 7, Lower: 2, Upper: 8, ContainsUser: true, SHA1Prefix: "60670"}},
		"mailbox":   {"ada.l", core.PasswordFacts{Length: 5, Distinct: 4, Lower: 4, Other: 1, ContainsUser: true, SHA1Prefix: "05118"}},
		"tenant":    {"engines", core.PasswordFacts{Length: 7, Distinct: 5, Lower: 7, ContainsOrg: true, SHA1Prefix: "2BE3E"}},
		"slug":      {"a-e", core.PasswordFacts{Length: 3, Distinct: 3, Lower: 2, Other: 1, ContainsOrg: true, SHA1Prefix: "E3755"}},
		"unrelated": {"l-t-d", core.PasswordFacts{Length: 5, Distinct: 4, Lower: 3, Other: 2, SHA1Prefix: "C45DE"}},
	} {
		got, err := h.Facts(tt.password, about)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, tt.want)
		}
	}
	composed, _ := h.Facts("caf\u00e9", about)
	decomposed, _ := h.Facts("cafe\u0301", about)
	if composed != decomposed {
		t.Errorf("two keyboards, two passwords: %+v, %+v", composed, decomposed)
	}
	for _, bad := range []core.Secret{"", "\xff", core.Secret(strings.Repeat("x", 1025))} {
		_, hashing := h.Hash(t.Context(), bad)
		if _, err := h.Facts(bad, about); err == nil || !errors.Is(hashing, err) && hashing.Error() != err.Error() {
			t.Errorf("facts say %v, hashing %v", err, hashing)
		}
	}
}
