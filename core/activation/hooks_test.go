package activation_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
)

var (
	errDenied = core.Invalid(core.FieldError{Field: "email", Code: "no_way", Message: "No."}).Because("hook_denied")
	errBroken = core.E(core.Unavailable, "Later.").Because("hook_failed")
)

func (p *pipeline) count(t testing.TB, table string) (n int) {
	t.Helper()
	p.query(t, `SELECT count(*) FROM `+table, &n)
	return n
}

func TestInvitationHook(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	p.invite(t, boss, "unasked@example.com")
	p.hooks.bound = true
	p.hooks.invitation = core.InvitationPatch{ExpiresIn: time.Minute, Role: core.RoleMember, Locale: "fr", Metadata: map[string]string{"by": "plugin"}}
	in := activation.Invite{
		TenantID: boss.TenantID, Email: "Grace@example.com", Role: core.RoleAdmin, Locale: "de", ExpiresIn: time.Hour, Metadata: map[string]string{"team": "x"},
		Idempotency: core.Idempotency{Scope: "s", Route: "r", Key: "k", Hash: [32]byte{1}},
	}
	made, err := p.Invite(t.Context(), boss, in)
	if err != nil || made.Role != core.RoleMember || made.Locale != "fr" || made.Metadata["by"] != "plugin" || made.ExpiresAt.Sub(made.CreatedAt) != time.Minute {
		t.Fatalf("invited %+v, %v", made, err)
	}
	read, err := p.Invitation(t.Context(), boss, boss.TenantID, made.ID)
	if err != nil || read.Role != made.Role || read.Locale != made.Locale || !maps.Equal(read.Metadata, made.Metadata) || !read.ExpiresAt.Equal(made.ExpiresAt) {
		t.Errorf("kept %+v, %v, answered %+v", read, err, made)
	}
	var same bool
	p.query(t, `SELECT i.expires_at = k.expires_at FROM invitations i JOIN tokens k ON k.invitation_id = i.id WHERE i.id = '`+made.ID.String()+`'`, &same)
	if !same {
		t.Error("the link lives longer than the invitation")
	}
	got := p.hooks.invitations
	if len(got) != 1 || got[0].RunID != made.ID || got[0].InviterRole != core.RoleOwner || got[0].ActorID != boss.UserID || got[0].TenantID != boss.TenantID ||
		got[0].EmailDomain != "example.com" || got[0].Role != core.RoleAdmin || got[0].ExpiresIn != time.Hour || got[0].Metadata["team"] != "x" || got[0].Locale != "de" {
		t.Errorf("asked %+v", got)
	}

	// The first answer again, whatever the plugin would say today.
	p.hooks.refuse = map[string]error{"invitation": errDenied}
	again, err := p.Invite(t.Context(), boss, in)
	if err != nil || again.ID != made.ID || again.Role != made.Role || again.Locale != made.Locale || !maps.Equal(again.Metadata, made.Metadata) || len(p.hooks.invitations) != 1 {
		t.Errorf("again %+v, %v, want %+v; asked %d times", again, err, made, len(p.hooks.invitations))
	}
	if err := p.Resend(t.Context(), boss, boss.TenantID, made.ID); err != nil || len(p.hooks.invitations) != 1 {
		t.Errorf("the invitation stands: %v", err)
	}
}

func TestInvitationHookRefuses(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	p.hooks.bound = true
	before := p.count(t, "invitations") + p.count(t, "events")
	for reason, refusal := range map[string]error{"hook_denied": errDenied, "hook_failed": errBroken} {
		p.hooks.refuse = map[string]error{"invitation": refusal}
		_, err := p.Invite(t.Context(), boss, activation.Invite{TenantID: boss.TenantID, Email: "g@example.com", Role: core.RoleMember})
		if core.ReasonOf(err) != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if n := p.count(t, "invitations") + p.count(t, "events"); n != before {
		t.Errorf("%d rows, before there were %d", n, before)
	}
}

// No plugin hears of somebody whom a person wants to invite who may not.
func TestInvitationHookAfterRights(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss, eve := p.owner(t, "ada@example.com", "Engines"), p.owner(t, "eve@example.com", "Eve")
	p.invite(t, boss, "grace@example.com")
	done, err := p.Activate(t.Context(), activation.Activate{Token: p.link(t, "grace@example.com"), Password: password})
	if err != nil {
		t.Fatal(err)
	}
	grace := core.Actor{UserID: done.User.ID, TenantID: done.Tenant.ID, Role: core.RoleOwner} // a token from before
	p.query(t, `SELECT id FROM sessions WHERE user_id = '`+done.User.ID.String()+`'`, (*[16]byte)(&grace.SessionID))
	ended := boss
	ended.SessionID = core.NewID(time.Now())
	p.hooks.bound = true
	for name, tt := range map[string]struct {
		actor core.Actor
		in    activation.Invite
		want  core.Code
	}{
		"another tenant's": {eve, activation.Invite{TenantID: boss.TenantID, Email: "g@example.com", Role: core.RoleMember}, core.NotFound},
		"member":           {grace, activation.Invite{TenantID: boss.TenantID, Email: "g@example.com", Role: core.RoleMember}, core.Forbidden},
		"ended session":    {ended, activation.Invite{TenantID: boss.TenantID, Email: "g@example.com", Role: core.RoleMember}, core.Unauthenticated},
		"bad field":        {boss, activation.Invite{TenantID: boss.TenantID, Email: "g@example.com", Role: core.RoleOwner}, core.ValidationFailed},
	} {
		if _, err := p.Invite(t.Context(), tt.actor, tt.in); core.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if len(p.hooks.invitations) != 0 {
		t.Errorf("asked %+v", p.hooks.invitations)
	}
}

func TestActivationHooks(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.hooks.bound = true
	p.hooks.profile = core.Profile{DisplayName: "Countess"}
	p.signup(t, "ada@example.com", "Engines")
	owner, err := p.Activate(t.Context(), activation.Activate{Token: p.link(t, "ada@example.com"), Password: password, Profile: core.Profile{DisplayName: "Ada", Locale: "en"}})
	if err != nil || owner.User.DisplayName != "Countess" || owner.User.Locale != "en" || owner.Session.RefreshToken != "foreseen" {
		t.Fatalf("owner %+v, %v", owner, err)
	}
	tenant := core.TenantRef{ID: owner.Tenant.ID, Name: "Engines", Slug: "engines"}
	want := core.ActivationCheck{
		RunID: tenant.ID, Purpose: core.PurposeOwnerVerification, Email: "ada@example.com", EmailDomain: "example.com", Role: core.RoleOwner, Tenant: tenant,
		Profile: core.Profile{DisplayName: "Ada", Locale: "en"},
	}
	if got := p.hooks.activations; len(got) != 1 || got[0] != want {
		t.Errorf("asked %+v, want %+v", got, want)
	}
	facts := core.PasswordFacts{Length: len(password), SHA1Prefix: "Countess"}
	if got := p.hooks.passwords; len(got) != 1 || got[0] != (core.PasswordCheck{RunID: tenant.ID, TenantID: tenant.ID, Facts: facts}) {
		t.Errorf("asked %+v", got)
	}
	if got := p.hooks.claims; len(got) != 1 || got[0].Reason != core.SessionByActivation || got[0].Tenant != tenant {
		t.Errorf("asked %+v", got)
	}
}

// Somebody who has an account brings a profile that no tenant's plugin may change, and a password
// that is not new.
func TestActivationHooksAtAnAccount(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	p.signup(t, "grace@example.com", "Compilers")
	if _, err := p.Activate(t.Context(), activation.Activate{Token: p.link(t, "grace@example.com"), Password: password, Profile: core.Profile{DisplayName: "Grace", Locale: "en"}}); err != nil {
		t.Fatal(err)
	}
	invited := p.invite(t, boss, "grace@example.com")
	*p.hooks = hooks{bound: true}
	joined, err := p.Activate(t.Context(), activation.Activate{Token: p.link(t, "grace@example.com"), Password: password, Profile: core.Profile{DisplayName: "Other", Locale: "fr"}})
	if err != nil || joined.User.DisplayName != "Grace" || joined.Session.RefreshToken != "foreseen" {
		t.Fatalf("joined %+v, %v", joined, err)
	}
	got := p.hooks.activations
	if len(got) != 1 || !got[0].AccountExists || got[0].RunID != invited.ID || got[0].Profile != (core.Profile{DisplayName: "Grace", Locale: "en"}) || got[0].Role != core.RoleMember {
		t.Errorf("asked %+v", got)
	}
	if len(p.hooks.passwords) != 0 {
		t.Errorf("asked about a password that is not new: %+v", p.hooks.passwords)
	}
}

// Whatever plugins refuse, and whatever breaks, the link is as good as before.
func TestActivationHooksLeaveTheLink(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.hooks.bound = true
	p.signup(t, "ada@example.com", "Engines")
	in := activation.Activate{Token: p.link(t, "ada@example.com"), Password: password, Profile: core.Profile{DisplayName: "Ada"}}
	before := p.count(t, "events") + p.count(t, "sessions")
	for _, at := range []string{"activation", "password", "claims"} {
		for reason, refusal := range map[string]error{"hook_denied": errDenied, "hook_failed": errBroken} {
			p.hooks.refuse = map[string]error{at: refusal}
			if _, err := p.Activate(t.Context(), in); core.ReasonOf(err) != reason {
				t.Errorf("%s: %v, want %s", at, err, reason)
			}
		}
	}
	if n := p.count(t, "events") + p.count(t, "sessions"); n != before {
		t.Errorf("%d rows, before there were %d", n, before)
	}
	*p.hooks = hooks{bound: true}
	in.Password = "short"
	if _, err := p.Activate(t.Context(), in); wrong(err) != "password:too_short" || len(p.hooks.passwords)+len(p.hooks.activations)+len(p.hooks.claims) != 0 {
		t.Errorf("the host's own rules come first: %v, asked %+v", err, p.hooks)
	}
	in.Password = password
	if _, err := p.Activate(t.Context(), in); err != nil {
		t.Errorf("the same link, once nobody minds: %v", err)
	}
}

// A link to an account asks about the new password and the session alone.
func TestResetHooks(t *testing.T) {
	t.Parallel()
	p := start(t)
	ada := p.owner(t, "ada@example.com", "Engines")
	*p.hooks = hooks{bound: true}
	for _, purpose := range []core.Purpose{core.PurposePasswordReset, core.PurposeSignIn} {
		ref := core.TokenRef{ID: core.NewID(time.Now()), Version: 1, Purpose: purpose, KeyID: "k1"}
		token, err := p.ring.Token(ref)
		if err != nil {
			t.Fatal(err)
		}
		hash, _ := p.ring.HashToken(token)
		var made int
		p.query(t, fmt.Sprintf(`WITH made AS (INSERT INTO tokens (id, version, purpose, key_id, hash, user_id, expires_at)
			VALUES ('%s', 1, '%s', 'k1', '\x%x', '%s', now() + '1h') RETURNING 1) SELECT count(*) FROM made`, ref.ID, purpose, hash, ada.UserID), &made)
		in := activation.Activate{Token: token}
		if purpose == core.PurposePasswordReset {
			in.Password = "another phrase of hers"
		}
		if _, err := p.Activate(t.Context(), in); err != nil {
			t.Fatalf("%s: %v", purpose, err)
		}
	}
	if got := p.hooks.passwords; len(got) != 1 || !got[0].Reset || !got[0].TenantID.IsZero() || got[0].Facts.SHA1Prefix != "Ada" {
		t.Errorf("asked about passwords %+v", got)
	}
	if got := p.hooks.claims; len(got) != 2 || got[0].Reason != core.SessionBySignIn || got[0].UserID != ada.UserID || got[0].Tenant.ID != (core.ID{}) {
		t.Errorf("asked about sessions %+v", got)
	}
	if len(p.hooks.activations) != 0 {
		t.Errorf("asked about profiles %+v", p.hooks.activations)
	}
}
