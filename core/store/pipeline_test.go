package store_test

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/storetest"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
)

func hash() (h core.TokenHash) {
	_, _ = rand.Read(h[:])
	return h
}

func id() core.ID { return core.NewID(time.Now()) }

func mail(name string) core.Address {
	return core.Address{Email: name + "@example.com", Key: name + "@example.com", Domain: "example.com"}
}

func provision(name, slug string) core.Provision {
	return core.Provision{
		SignupID: id(), Tenant: core.Tenant{ID: id(), Slug: slug, Name: "Example"}, Owner: core.User{ID: id()}, Address: mail(name),
		Token:     core.NewToken{TokenRef: core.TokenRef{ID: id(), Version: 1, Purpose: core.PurposeOwnerVerification, KeyID: "k1"}, Hash: hash(), TTL: time.Hour},
		MessageID: id(),
	}
}

func activation(t testing.TB, s *store.Store, h core.TokenHash) core.Activate {
	t.Helper()
	state, err := s.Inspect(t.Context(), h)
	if err != nil || state.Refusal != "" {
		t.Fatalf("inspect: %q, %v", state.Refusal, err)
	}
	p := core.Activate{Hash: h, Token: state.TokenRef, Purpose: state.Purpose, NewUserID: id(), Profile: core.Profile{DisplayName: "Ada"}, Session: core.NewSession{ID: id(), TTL: time.Hour}}
	if state.UserStatus == core.UserActive {
		p.KnownUserID = state.UserID
	}
	return p
}

// owner signs somebody up and verifies them.
func owner(t testing.TB, s *store.Store, name, slug string) core.Actor {
	t.Helper()
	p := provision(name, slug)
	if _, err := s.Provision(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	done, ok, err := s.Activate(t.Context(), activation(t, s, p.Token.Hash))
	if err != nil || !ok {
		t.Fatalf("verify the owner: %v, %v", ok, err)
	}
	return core.Actor{UserID: done.User.ID, TenantID: done.Tenant.ID, SessionID: done.SessionID, Role: done.Membership.Role}
}

func invitation(a core.Actor, name string) core.Invite {
	return core.Invite{
		Invitation: core.Invitation{ID: id(), TenantID: a.TenantID, Email: mail(name).Email, Role: core.RoleMember, InvitedBy: a.UserID},
		Address:    mail(name), TTL: time.Hour, Actor: a, MessageID: id(),
		Token: core.NewToken{TokenRef: core.TokenRef{ID: id(), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"}, Hash: hash()},
	}
}

// eventTypes reads a tenant's events, once there are n: a page ends before the oldest
// transaction that still runs, and other tests run theirs on the same server.
func eventTypes(t testing.TB, s *store.Store, tenant core.ID, n int) (types []string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(types) < n && time.Now().Before(deadline); {
		page, err := s.Events(t.Context(), core.EventFilter{TenantID: tenant}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		types = nil
		for _, e := range page.Items {
			types = append(types, string(e.Type))
		}
	}
	return types
}

func TestPipelineCommits(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	boss := owner(t, s, "ada", "example")
	p := invitation(boss, "grace")
	created, err := s.Invite(t.Context(), p)
	if err != nil || created.ExpiresAt.Sub(created.CreatedAt) != time.Hour {
		t.Fatalf("invite: %+v, %v", created, err)
	}
	done, ok, err := s.Activate(t.Context(), activation(t, s, p.Token.Hash))
	if err != nil || !ok || done.User.Email != "grace@example.com" || done.Membership.Role != core.RoleMember || done.Tenant.Slug != "example" {
		t.Fatalf("activate: %+v, %v, %v", done, ok, err)
	}
	want := []string{
		"SignupStarted", "TenantProvisioned", "OwnerVerified", "ActivationCompleted", "SessionStarted",
		"InvitationCreated", "InvitationAccepted", "ActivationCompleted", "SessionStarted",
	}
	if got := eventTypes(t, s, boss.TenantID, len(want)); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	read, err := s.Invitation(t.Context(), boss.TenantID, created.ID)
	if err != nil || read.Status != core.InvitationAccepted || read.AcceptedAt.IsZero() || read.Delivery != core.DeliveryPending {
		t.Errorf("the invitation reads %+v, %v", read, err)
	}
}

// Two clicks at once: one winner, one user, one ActivationCompleted, one session.
func TestTwoClicksOneWinner(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	boss := owner(t, s, "ada", "example")
	p := invitation(boss, "grace")
	if _, err := s.Invite(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	var clicks []core.Activate
	for range 32 {
		clicks = append(clicks, activation(t, s, p.Token.Hash))
	}
	var wins sync.Map
	var all sync.WaitGroup
	for i, click := range clicks {
		all.Go(func() {
			_, ok, err := s.Activate(t.Context(), click)
			if err != nil {
				t.Error(err)
			}
			if ok {
				wins.Store(i, true)
			}
		})
	}
	all.Wait()
	won := 0
	wins.Range(func(any, any) bool { won++; return true })
	if won != 1 {
		t.Errorf("%d clicks won, want 1", won)
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM users WHERE email_key = 'grace@example.com'`:                                                                                            1,
		`SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE email_key = 'grace@example.com'`:                                                      1,
		`SELECT count(*) FROM events WHERE type = 'ActivationCompleted' AND data->>'purpose' = 'invitation'`:                                                          1,
		`SELECT count(*) FROM tokens WHERE purpose = 'invitation' AND consumed_at IS NOT NULL`:                                                                        1,
		`SELECT count(*) FROM events WHERE substr(id::text, 15, 1) <> '7'`:                                                                                            0,
		`SELECT count(*) FROM (SELECT aggregate_id, max(aggregate_version) - count(*) AS gap FROM events WHERE aggregate_type <> 'user' GROUP BY 1) g WHERE gap <> 0`: 0,
	} {
		if got := count(t, url, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func count(t testing.TB, url, query string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSignupAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	owner(t, s, "ada", "example")
	known, err := s.Provision(t.Context(), provision("ada", "other"))
	if err != nil || !known.Known {
		t.Errorf("a known address: %+v, %v", known, err)
	}
	for _, name := range []string{"ada", "eve"} { // a slug that is taken answers alike for both
		if _, err := s.Provision(t.Context(), provision(name, "example")); core.ReasonOf(err) != "slug_taken" {
			t.Errorf("%s takes a taken slug: %v", name, err)
		}
	}
	first, second := provision("grace", "grace-1"), provision("grace", "grace-2")
	for _, p := range []core.Provision{first, second} { // nobody proved the address yet
		if got, err := s.Provision(t.Context(), p); err != nil || got.Known {
			t.Errorf("a pending address: %+v, %v", got, err)
		}
	}
	if n := count(t, url, `SELECT count(*) FROM messages WHERE kind = 'existing_account' AND tenant_id IS NULL`); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
	if n := count(t, url, `SELECT (SELECT count(*) FROM messages) - (SELECT count(*) FROM river_job)`); n != 0 {
		t.Errorf("messages and jobs differ by %d", n)
	}
	if n := count(t, url, `SELECT count(*) FROM tenants t WHERE NOT EXISTS (SELECT FROM memberships m WHERE m.tenant_id = t.id AND m.role = 'owner')`); n != 0 {
		t.Errorf("%d tenants without an owner", n)
	}
}

func TestInviteRefusals(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	boss, other := owner(t, s, "ada", "example"), owner(t, s, "eve", "other")
	p := invitation(boss, "grace")
	if _, err := s.Invite(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	join := invitation(boss, "joan")
	if _, err := s.Invite(t.Context(), join); err != nil {
		t.Fatal(err)
	}
	member, _, err := s.Activate(t.Context(), activation(t, s, join.Token.Hash))
	if err != nil {
		t.Fatal(err)
	}
	low := core.Actor{UserID: member.User.ID, TenantID: boss.TenantID, SessionID: member.SessionID}
	stranger := other
	stranger.TenantID = boss.TenantID
	ended := boss
	ended.SessionID = id()
	for name, tt := range map[string]struct {
		actor core.Actor
		who   string
		want  string
	}{
		"pending already": {boss, "grace", "pending_invitation"},
		"member already":  {boss, "joan", "already_member"},
		"role too low":    {low, "new", "role_too_low"},
		"foreign tenant":  {stranger, "new", "foreign_tenant"},
		"ended session":   {ended, "new", "session_revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := s.Invite(t.Context(), invitation(tt.actor, tt.who)); core.ReasonOf(err) != tt.want {
				t.Errorf("invite: %v, want reason %s", err, tt.want)
			}
		})
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil string
		want  string
	}{
		"expired":      {`UPDATE tokens SET expires_at = now() WHERE purpose = 'invitation'`, "expired_token"},
		"revoked":      {`UPDATE tokens SET revoked_at = now() WHERE purpose = 'invitation'`, "revoked_token"},
		"superseded":   {`UPDATE tokens SET superseded_at = now() WHERE purpose = 'invitation'`, "superseded_token"},
		"used":         {`UPDATE tokens SET consumed_at = now() WHERE purpose = 'invitation'`, "replayed_token"},
		"suspended":    {`UPDATE tenants SET status = 'suspended'`, "tenant_suspended"},
		"inviter left": {`UPDATE memberships SET status = 'pending'`, "inviter_lost_right"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.New(t)
			s := storetest.OpenAt(t, url)
			p := invitation(owner(t, s, "ada", "example"), "grace")
			if _, err := s.Invite(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			click := activation(t, s, p.Token.Hash)
			count(t, url, `WITH spoilt AS (`+tt.spoil+` RETURNING 1) SELECT count(*) FROM spoilt`)
			if state, err := s.Inspect(t.Context(), p.Token.Hash); err != nil || state.Refusal != tt.want {
				t.Errorf("inspect: %q, %v; want %q", state.Refusal, err, tt.want)
			}
			// What was decided before the token was spoilt does not count.
			if _, ok, err := s.Activate(t.Context(), click); ok || err != nil {
				t.Errorf("activate: %v, %v; want a refusal", ok, err)
			}
		})
	}
}

func TestResendKillsTheOldLink(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	boss := owner(t, s, "ada", "example")
	p := invitation(boss, "grace")
	created, err := s.Invite(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	next := hash()
	resend := core.Resend{
		Actor: boss, TenantID: boss.TenantID, InvitationID: created.ID, MaxLife: time.Minute, KeyID: "k1", MessageID: id(),
		HashOf: func(ref core.TokenRef) (core.TokenHash, error) {
			if ref.ID != p.Token.ID || ref.Version != 2 {
				t.Errorf("hashed %+v", ref)
			}
			return next, nil
		},
	}
	if err := s.Resend(t.Context(), resend); err != nil {
		t.Fatal(err)
	}
	if state, _ := s.Inspect(t.Context(), p.Token.Hash); state.Refusal != "superseded_token" {
		t.Errorf("the old link: %q", state.Refusal)
	}
	state, err := s.Inspect(t.Context(), next)
	if err != nil || state.Refusal != "" || state.Version != 2 {
		t.Errorf("the new link: %+v, %v", state, err)
	}
	if left := time.Until(state.ExpiresAt); left > time.Minute {
		t.Errorf("it lives for %s, and the policy allows a minute", left)
	}
	if err := s.Revoke(t.Context(), boss, boss.TenantID, created.ID, ""); err != nil {
		t.Fatal(err)
	}
	if state, _ := s.Inspect(t.Context(), next); state.Refusal != "revoked_token" {
		t.Errorf("after revoking: %q", state.Refusal)
	}
}

// An account that came to be between the look and the click must not be joined to a
// tenant without its proof; nothing of the activation may stay.
func TestAccountChangedMeanwhile(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	boss := owner(t, s, "ada", "example")
	p := invitation(boss, "grace")
	if _, err := s.Invite(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	click := activation(t, s, p.Token.Hash)
	owner(t, s, "grace", "graces-own")
	if _, ok, err := s.Activate(t.Context(), click); ok || core.ReasonOf(err) != "account_changed" {
		t.Errorf("activate: %v, %v", ok, err)
	}
	if state, err := s.Inspect(t.Context(), p.Token.Hash); err != nil || state.Refusal != "" {
		t.Errorf("the token is burned: %q, %v", state.Refusal, err)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	key := core.Idempotency{Scope: "anonymous", Route: "POST /v1/signups", Key: "k", Hash: hash()}
	first, again := provision("ada", "example"), provision("ada", "example-2")
	first.Idempotency, again.Idempotency = key, key
	if _, err := s.Provision(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Provision(t.Context(), again); err != nil || !got.Replayed || got.SignupID != first.SignupID {
		t.Errorf("again: %+v, %v; want signup %s", got, err, first.SignupID)
	}
	again.Idempotency.Hash = hash()
	if _, err := s.Provision(t.Context(), again); core.CodeOf(err) != core.IdempotencyMismatch {
		t.Errorf("another body: %v", err)
	}
	boss := owner(t, s, "eve", "other")
	invite := invitation(boss, "grace")
	invite.Idempotency = core.Idempotency{Scope: boss.UserID.String(), Route: "POST /invitations", Key: "k", Hash: hash()}
	one, err := s.Invite(t.Context(), invite)
	if err != nil {
		t.Fatal(err)
	}
	invite.Invitation.ID, invite.Token.ID, invite.Token.Hash, invite.MessageID = id(), id(), hash(), id()
	two, err := s.Invite(t.Context(), invite)
	if err != nil || two.ID != one.ID || !two.CreatedAt.Equal(one.CreatedAt) || !two.ExpiresAt.Equal(one.ExpiresAt) {
		t.Errorf("again: %+v, %v; want %+v", two, err, one)
	}
}
