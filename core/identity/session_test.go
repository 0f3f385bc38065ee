package identity_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	tenant := w.tenant("one", ada, core.RoleAdmin)
	first, a := w.signIn("ada")
	second, err := w.Refresh(t.Context(), first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("the tokens did not change")
	}
	if b := w.actor(second); b.SessionID != a.SessionID || b.TenantID != tenant || b.Role != core.RoleAdmin {
		t.Errorf("actor %+v", b)
	}
	third, err := w.Refresh(t.Context(), second.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}

	_, err = w.Refresh(t.Context(), first.RefreshToken) // reuse
	refused(t, err, core.Unauthenticated, "refresh_token_reused")
	_, err = w.Refresh(t.Context(), third.RefreshToken) // ends the family
	refused(t, err, core.Unauthenticated, "session_revoked")
	_, err = w.Me(t.Context(), a)
	refused(t, err, core.Unauthenticated, "session_revoked")
	if got := w.events(a.SessionID); !slices.Equal(got, []string{"SessionStarted", "SessionRefreshed", "SessionRefreshed", "SessionRevoked"}) {
		t.Errorf("events %v", got)
	}
	if reason := one[string](w, `SELECT revoke_reason FROM sessions WHERE id = $1`, a.SessionID); reason != "refresh_token_reused" {
		t.Errorf("revoked because of %q", reason)
	}
}

// The life of a refresh token counts from the last use of its session.
func TestUseKeepsASessionAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	tenant := w.tenant("one", ada, core.RoleAdmin)
	session, a := w.signIn("ada")
	left := func() bool {
		return one[bool](w, `SELECT expires_at > now() + interval '1 minute' FROM sessions WHERE id = $1`, a.SessionID)
	}
	for name, use := range map[string]func() error{
		"refresh": func() (err error) { session, err = w.Refresh(t.Context(), session.RefreshToken); return err },
		"switch":  func() (err error) { session, err = w.SwitchTenant(t.Context(), a, tenant); return err },
	} {
		one[core.ID](w, `UPDATE sessions SET expires_at = now() + interval '1 minute' WHERE id = $1 RETURNING id`, a.SessionID)
		if err := use(); err != nil || !left() {
			t.Errorf("after a %s the session is about to end (%v)", name, err)
		}
	}
}

func TestRefreshRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	replicas := []*identity.Service{w.Service, w.replica(w.ring, identity.Config{Issuer: issuer}), w.replica(w.ring, identity.Config{Issuer: issuer})}
	for range 5 {
		session, a := w.signIn("ada")
		var all sync.WaitGroup
		errs := make([]error, 32)
		start := make(chan struct{})
		for i := range errs {
			all.Go(func() {
				<-start
				_, errs[i] = replicas[i%3].Refresh(t.Context(), session.RefreshToken)
			})
		}
		close(start)
		all.Wait()
		outcomes := map[string]int{}
		for _, err := range errs {
			outcomes[core.ReasonOf(err)]++
		}
		if outcomes[""] != 1 || outcomes["refresh_token_reused"] != 1 || outcomes["session_revoked"] != 30 {
			t.Errorf("outcomes %v", outcomes)
		}
		if got := w.events(a.SessionID); !slices.Equal(got, []string{"SessionStarted", "SessionRefreshed", "SessionRevoked"}) {
			t.Errorf("events %v", got)
		}
	}
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		change string // of the session $1
		reason string
	}{
		"revoked":  {`UPDATE sessions SET revoked_at = now() WHERE id = $1`, "session_revoked"},
		"expired":  {`UPDATE sessions SET expires_at = now() WHERE id = $1`, "session_expired"},
		"disabled": {`UPDATE users SET status = 'disabled' FROM sessions s WHERE s.id = $1 AND s.user_id = users.id`, "account_disabled"},
		"deleted":  {`DELETE FROM sessions WHERE id = $1`, "unknown_session"},
		"restored": {`UPDATE sessions SET generation = 0 WHERE id = $1`, "session_revoked"}, // from a backup, older than the token
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, db: w.db, Service: w.Service}
			w.user(name, core.UserActive)
			session, a := w.signIn(name)
			w.exec(tt.change, a.SessionID)
			got, err := w.Refresh(t.Context(), session.RefreshToken)
			refused(t, err, core.Unauthenticated, tt.reason)
			if got != (core.Session{}) {
				t.Error("a refusal gives a session")
			}
		})
	}
	_, err := w.Refresh(t.Context(), "not a refresh token")
	refused(t, err, core.Unauthenticated, "malformed_refresh_token")
	foreign := ring(t, "k1", 9).RefreshToken(core.NewID(w.clock.Now()), 1)
	_, err = w.Refresh(t.Context(), foreign)
	refused(t, err, core.Unauthenticated, "malformed_refresh_token")
}

func TestRefreshAfterTheMembershipEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	tenant := w.tenant("one", ada, core.RoleOwner)
	session, _ := w.signIn("ada")
	w.exec(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, tenant)
	session, err := w.Refresh(t.Context(), session.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.actor(session); !a.TenantID.IsZero() || a.Role != "" {
		t.Errorf("the session still acts in the tenant: %+v", a)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	session, a := w.signIn("ada")
	_, other := w.signIn("ada")
	stranger := a
	stranger.UserID = core.NewID(w.clock.Now())
	for _, actor := range []core.Actor{stranger, a, a} {
		if err := w.SignOut(t.Context(), actor); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Refresh(t.Context(), session.RefreshToken)
	refused(t, err, core.Unauthenticated, "session_revoked")
	if _, err := w.Me(t.Context(), other); err != nil {
		t.Errorf("another session of the person: %v", err)
	}
	if got := w.events(a.SessionID); !slices.Equal(got, []string{"SessionStarted", "SessionRevoked"}) {
		t.Errorf("events %v", got)
	}
}

func TestSwitchTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, eve := w.user("ada", core.UserActive), w.user("eve", core.UserActive)
	w.tenant("one", ada, core.RoleOwner)
	two, foreign := w.tenant("two", ada, core.RoleMember), w.tenant("three", eve, core.RoleOwner)
	suspended := w.tenant("four", ada, core.RoleOwner)
	w.exec(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, suspended)
	before, a := w.signIn("ada")

	for _, to := range []core.ID{foreign, suspended, {}, core.NewID(w.clock.Now())} {
		_, err := w.SwitchTenant(t.Context(), a, to)
		refused(t, err, core.NotFound, "foreign_tenant")
	}
	after, err := w.SwitchTenant(t.Context(), a, two)
	if err != nil {
		t.Fatal(err)
	}
	if b := w.actor(after); b.SessionID != a.SessionID || b.TenantID != two || b.Role != core.RoleMember {
		t.Errorf("actor %+v", b)
	}
	if tenant := one[core.ID](w, `SELECT tenant_id FROM events WHERE type = 'TenantSwitched'`); tenant != two {
		t.Error("the event is not the new tenant's")
	}
	next, err := w.Refresh(t.Context(), after.RefreshToken)
	if err != nil || w.actor(next).TenantID != two {
		t.Errorf("refresh after the switch: %v", err)
	}
	_, err = w.Refresh(t.Context(), before.RefreshToken)
	refused(t, err, core.Unauthenticated, "refresh_token_reused")
	_, err = w.SwitchTenant(t.Context(), a, two)
	refused(t, err, core.Unauthenticated, "session_revoked")
	_, err = w.SwitchTenant(t.Context(), a, foreign)
	refused(t, err, core.Unauthenticated, "session_revoked")
}

func TestMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, eve := w.user("ada", core.UserActive), w.user("eve", core.UserActive)
	one, two := w.tenant("one", ada, core.RoleOwner), w.tenant("two", ada, core.RoleMember)
	w.tenant("three", eve, core.RoleOwner)
	w.exec(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, w.tenant("four", ada, core.RoleOwner))
	_, a := w.signIn("ada")
	me, err := w.Me(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if me.User.ID != ada || me.User.Email != address("ada") || me.User.Status != core.UserActive || me.User.CreatedAt.IsZero() {
		t.Errorf("user %+v", me.User)
	}
	if len(me.Memberships) != 2 || me.Memberships[0].TenantID != one || me.Memberships[1].TenantID != two ||
		me.Memberships[0].Role != core.RoleOwner || me.Memberships[0].Tenant != (core.TenantRef{ID: one, Name: "one", Slug: "one"}) {
		t.Errorf("memberships %+v", me.Memberships)
	}

	_, lonely := w.signIn("eve")
	w.exec(`DELETE FROM memberships WHERE user_id = $1`, eve)
	if me, err := w.Me(t.Context(), lonely); err != nil || len(me.Memberships) != 0 || me.User.ID != eve {
		t.Errorf("without a membership: %+v, %v", me, err)
	}
	stolen := a
	stolen.UserID = eve
	_, err = w.Me(t.Context(), stolen)
	refused(t, err, core.Unauthenticated, "session_revoked")
	w.exec(`UPDATE sessions SET expires_at = now() WHERE id = $1`, a.SessionID)
	_, err = w.Me(t.Context(), a)
	refused(t, err, core.Unauthenticated, "session_revoked")
}
