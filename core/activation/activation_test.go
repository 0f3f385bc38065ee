package activation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
)

const password = "correct horse battery staple"

// query reads one row of the database as a person with a console would.
func (p *pipeline) query(t testing.TB, sql string, into ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(into...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// link derives the newest token for an address, as a mail would carry it.
func (p *pipeline) link(t testing.TB, email string) core.Secret {
	t.Helper()
	var id [16]byte
	var ref core.TokenRef
	p.query(t, `SELECT k.id, k.version, k.purpose, k.key_id FROM tokens k LEFT JOIN users u ON u.id = k.user_id LEFT JOIN invitations i ON i.id = k.invitation_id
		WHERE COALESCE(u.email_key, i.email_key) = '`+email+`' ORDER BY k.created_at DESC, k.version DESC LIMIT 1`, &id, &ref.Version, &ref.Purpose, &ref.KeyID)
	ref.ID = id
	token, err := p.ring.Token(ref)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *pipeline) signup(t testing.TB, email, organization string) {
	t.Helper()
	if _, err := p.Signup(t.Context(), activation.Signup{Email: email, OrganizationName: organization}); err != nil {
		t.Fatal(err)
	}
}

// owner signs somebody up and activates them.
func (p *pipeline) owner(t testing.TB, email, organization string) core.Actor {
	t.Helper()
	p.signup(t, email, organization)
	return p.activate(t, email)
}

// activate has somebody follow their newest link.
func (p *pipeline) activate(t testing.TB, email string) core.Actor {
	t.Helper()
	done, err := p.Activate(t.Context(), activation.Activate{Token: p.link(t, email), Password: password, Profile: core.Profile{DisplayName: "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := core.ParseID(done.Session.AccessToken.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return core.Actor{UserID: done.User.ID, TenantID: done.Tenant.ID, SessionID: session, Role: done.Membership.Role}
}

func (p *pipeline) invite(t testing.TB, a core.Actor, email string) core.Invitation {
	t.Helper()
	got, err := p.Invite(t.Context(), a, activation.Invite{TenantID: a.TenantID, Email: email, Role: core.RoleMember})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// wrong holds the fields that a validation error names, "field:code" each.
func wrong(err error) string {
	e, ok := errors.AsType[*core.Error](err)
	if !ok || e.Code != core.ValidationFailed {
		return ""
	}
	var b []string
	for _, f := range e.Fields {
		b = append(b, f.Field+":"+f.Code)
	}
	return strings.Join(b, " ")
}

func TestSignupFields(t *testing.T) {
	t.Parallel()
	p := start(t)
	good := activation.Signup{Email: "ada@example.com", OrganizationName: "Engines"}
	for name, tt := range map[string]struct {
		change func(*activation.Signup)
		want   string
	}{
		"all at once":           {func(s *activation.Signup) { *s = activation.Signup{Slug: "A"} }, "email:required organization_name:required slug:invalid"},
		"link in name":          {func(s *activation.Signup) { s.OrganizationName = "Win at https://evil.example" }, "organization_name:invalid"},
		"line break in name":    {func(s *activation.Signup) { s.OrganizationName = "a\r\nBcc: b" }, "organization_name:invalid"},
		"direction mark":        {func(s *activation.Signup) { s.DisplayName = "a\u202eb" }, "display_name:invalid"},
		"invalid UTF-8":         {func(s *activation.Signup) { s.DisplayName = "a\xff" }, "display_name:invalid"},
		"long name":             {func(s *activation.Signup) { s.OrganizationName = strings.Repeat("é", 121) }, "organization_name:too_long"},
		"locale":                {func(s *activation.Signup) { s.Locale = "english!" }, "locale:invalid"},
		"slug with upper case":  {func(s *activation.Signup) { s.Slug = "Engines" }, "slug:invalid"},
		"slug with two hyphens": {func(s *activation.Signup) { s.Slug = "a--b" }, "slug:invalid"},
		"metadata":              {func(s *activation.Signup) { s.Metadata = map[string]string{"": "x"} }, "metadata:invalid"},
		"redirect elsewhere":    {func(s *activation.Signup) { s.RedirectURL = "https://evil.example/" }, "redirect_url:not_allowed"},
		"redirect suffix":       {func(s *activation.Signup) { s.RedirectURL = "https://app.example.com.evil.example/" }, "redirect_url:not_allowed"},
		"redirect user":         {func(s *activation.Signup) { s.RedirectURL = "https://app.example.com@evil.example/" }, "redirect_url:invalid"},
		"redirect relative":     {func(s *activation.Signup) { s.RedirectURL = "//evil.example" }, "redirect_url:invalid"},
		"redirect backslash":    {func(s *activation.Signup) { s.RedirectURL = `https:/\evil.example` }, "redirect_url:invalid"},
		"redirect script":       {func(s *activation.Signup) { s.RedirectURL = "javascript:alert(1)" }, "redirect_url:invalid"},
		"redirect in the clear": {func(s *activation.Signup) { s.RedirectURL = "http://app.example.com/" }, "redirect_url:invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			in := good
			tt.change(&in)
			if _, err := p.Signup(t.Context(), in); wrong(err) != tt.want {
				t.Errorf("got %q (%v), want %q", wrong(err), err, tt.want)
			}
		})
	}
	if len(p.hooks.asked) != 0 {
		t.Errorf("a plugin was asked about %d signups that are not valid", len(p.hooks.asked))
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	p := start(t)
	for i, tt := range []struct{ name, want string }{
		{"Analytical Engines", "analytical-engines"},
		{"  Bücher & Söhne  ", "bucher-sohne"},
		{"例え", "org"},
		{"---", "org-"},
		{"Analytical Engines", "analytical-engines-"},
	} {
		p.owner(t, "u"+strings.Repeat("x", i)+"@example.com", tt.name)
		var slug string
		p.query(t, `SELECT slug FROM tenants ORDER BY created_at DESC LIMIT 1`, &slug)
		if slug != tt.want && (!strings.HasSuffix(tt.want, "-") || len(slug) != len(tt.want)+6 || !strings.HasPrefix(slug, tt.want)) {
			t.Errorf("%q became %q, want %q", tt.name, slug, tt.want)
		}
	}
	_, err := p.Signup(t.Context(), activation.Signup{Email: "new@example.com", OrganizationName: "X", Slug: "bucher-sohne"})
	if core.CodeOf(err) != core.Conflict {
		t.Errorf("a chosen slug that is taken: %v", err)
	}
}

// A slug must not tell whether the address that asked for it before has an account, and
// a signup that nobody verifies must not keep it.
func TestSlugTellsNothing(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.owner(t, "known@example.com", "Known")
	for _, first := range []string{"known@example.com", "unknown@example.com"} {
		slug := "wanted-" + first[:2]
		for _, email := range []string{first, "probe" + first[:2] + "@example.com"} {
			if _, err := p.Signup(t.Context(), activation.Signup{Email: email, OrganizationName: "X", Slug: slug}); err != nil {
				t.Errorf("%s asks for %s: %v", email, slug, err)
			}
		}
	}
	// Of two who hope for one slug, the first to verify has it and the other a suffix.
	slugs := map[string]string{}
	for _, email := range []string{"probeun@example.com", "unknown@example.com"} {
		done, err := p.Activate(t.Context(), activation.Activate{Token: p.link(t, email), Password: password, Profile: core.Profile{DisplayName: "Ada"}})
		if err != nil {
			t.Fatal(err)
		}
		slugs[email] = done.Tenant.Slug
	}
	if slugs["probeun@example.com"] != "wanted-un" || !strings.HasPrefix(slugs["unknown@example.com"], "wanted-un-") {
		t.Errorf("the slugs are %v", slugs)
	}
}

func TestSignupHook(t *testing.T) {
	t.Parallel()
	p := start(t)
	better := "better"
	p.hooks.patch = core.SignupPatch{Slug: &better, Metadata: map[string]string{"plan": "pro"}}
	p.signup(t, "ada@example.com", "Engines")
	var slug, plan string
	p.query(t, `SELECT slug, metadata->>'plan' FROM tenants`, &slug, &plan)
	if slug != "better" || plan != "pro" {
		t.Errorf("the patch became %q, %q", slug, plan)
	}
	bad := "Not A Slug"
	p.hooks.patch = core.SignupPatch{Slug: &bad}
	if _, err := p.Signup(t.Context(), activation.Signup{Email: "eve@example.com", OrganizationName: "X"}); wrong(err) != "slug:invalid" {
		t.Errorf("a plugin's bad slug: %v", err)
	}
	p.hooks.err = core.E(core.DeniedByPolicy, "No.")
	if _, err := p.Signup(t.Context(), activation.Signup{Email: "eve@example.com", OrganizationName: "X"}); core.CodeOf(err) != core.DeniedByPolicy {
		t.Errorf("a denial: %v", err)
	}
	var tenants int
	p.query(t, `SELECT count(*) FROM tenants`, &tenants)
	if tenants != 1 {
		t.Errorf("%d tenants, want the first alone", tenants)
	}
}

func TestClosedSignup(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.policy.SignupOpen = false
	_, err := p.Signup(t.Context(), activation.Signup{Email: "ada@example.com", OrganizationName: "X"})
	if e, ok := errors.AsType[*core.Error](err); !ok || e.Code != core.SignupClosed || e.RetryAfter == 0 {
		t.Errorf("got %v", err)
	}
}

func TestActivation(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	p.invite(t, boss, "grace@example.com")
	token := p.link(t, "grace@example.com")
	look, err := p.Inspect(t.Context(), token)
	if err != nil || look.EmailHint != "g•••@example.com" || look.AccountExists || !look.PasswordRequired || look.Tenant.Name != "Engines" {
		t.Errorf("inspect: %+v, %v", look, err)
	}
	for name, tt := range map[string]struct {
		in   activation.Activate
		want string
	}{
		"empty":          {activation.Activate{}, "password:required"},
		"short password": {activation.Activate{Password: "short"}, "password:too_short"},
		"bad locale":     {activation.Activate{Password: password, Profile: core.Profile{Locale: "!"}}, "profile.locale:invalid"},
	} {
		tt.in.Token = token
		if _, err := p.Activate(t.Context(), tt.in); wrong(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	done, err := p.Activate(t.Context(), activation.Activate{Token: token, Password: password, Profile: core.Profile{DisplayName: "Grace"}})
	if err != nil || done.User.Email != "grace@example.com" || done.User.DisplayName != "Grace" || done.Membership.Role != core.RoleMember {
		t.Fatalf("activate: %+v, %v", done, err)
	}
	if _, err := p.Activate(t.Context(), activation.Activate{Token: token, Password: password}); core.CodeOf(err) != core.InvalidToken || core.ReasonOf(err) != "replayed_token" {
		t.Errorf("a second time: %v", err)
	}
}

// Mail scanners run scripts and press buttons; without a password to invent they
// must still not be able to activate anything.
func TestPasswordlessNeedsAName(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.policy.Password = activation.PasswordOff
	p.signup(t, "ada@example.com", "Engines")
	token := p.link(t, "ada@example.com")
	if _, err := p.Activate(t.Context(), activation.Activate{Token: token}); wrong(err) != "profile.display_name:required" {
		t.Errorf("an empty form: %v", err)
	}
	if _, err := p.Activate(t.Context(), activation.Activate{Token: token, Password: password}); wrong(err) != "password:not_used" {
		t.Errorf("a password: %v", err)
	}
	if _, err := p.Activate(t.Context(), activation.Activate{Token: token, Profile: core.Profile{DisplayName: "Ada"}}); err != nil {
		t.Error(err)
	}
}

func TestExistingAccountJoins(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	eve, grace := p.owner(t, "eve@example.com", "Eve"), p.owner(t, "grace@example.com", "Compilers")
	p.invite(t, boss, "grace@example.com")
	token := p.link(t, "grace@example.com")
	look, err := p.Inspect(t.Context(), token)
	if err != nil || !look.AccountExists || !look.PasswordRequired {
		t.Errorf("inspect: %+v, %v", look, err)
	}
	for name, tt := range map[string]struct {
		in   activation.Activate
		want string
	}{
		"wrong password":  {activation.Activate{Password: "not the right one at all"}, "wrong_password"},
		"another session": {activation.Activate{Actor: &eve}, "wrong_account"},
	} {
		tt.in.Token = token
		if _, err := p.Activate(t.Context(), tt.in); core.CodeOf(err) != core.InvalidCredentials || core.ReasonOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	// None of that burned the invitation; the own session is proof enough.
	done, err := p.Activate(t.Context(), activation.Activate{Token: token, Actor: &grace})
	if err != nil || done.User.ID != grace.UserID || done.Tenant.ID != boss.TenantID {
		t.Errorf("join: %+v, %v", done, err)
	}
	var hash string
	p.query(t, `SELECT password_hash FROM users WHERE email_key = 'grace@example.com'`, &hash)
	if hash != "plain:"+password {
		t.Error("joining changed the password")
	}
}

// An access token outlasts its session: it must not bring forth a new session.
func TestEndedSessionIsNoProof(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss, grace := p.owner(t, "ada@example.com", "Engines"), p.owner(t, "grace@example.com", "Compilers")
	p.invite(t, boss, "grace@example.com")
	token := p.link(t, "grace@example.com")
	var ended int
	p.query(t, `WITH ended AS (UPDATE sessions SET revoked_at = now() WHERE id = '`+grace.SessionID.String()+`' RETURNING 1) SELECT count(*) FROM ended`, &ended)
	if _, err := p.Activate(t.Context(), activation.Activate{Token: token, Actor: &grace}); ended != 1 || core.CodeOf(err) != core.Unauthenticated {
		t.Errorf("with an ended session: %v, want unauthenticated", err)
	}
	if _, err := p.Activate(t.Context(), activation.Activate{Token: token, Password: password}); err != nil {
		t.Errorf("the invitation was burned: %v", err)
	}
}

// A reset sets a password, whatever session comes with it.
func TestResetNeedsAPassword(t *testing.T) {
	t.Parallel()
	p := start(t)
	ada, eve := p.owner(t, "ada@example.com", "Engines"), p.owner(t, "eve@example.com", "Eve")
	ref := core.TokenRef{ID: core.NewID(time.Now()), Version: 1, Purpose: core.PurposePasswordReset, KeyID: "k1"}
	token, err := p.ring.Token(ref)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := p.ring.HashToken(token)
	var made int
	p.query(t, fmt.Sprintf(`WITH made AS (INSERT INTO tokens (id, version, purpose, key_id, hash, user_id, expires_at)
		VALUES ('%s', 1, 'password_reset', 'k1', '\x%x', '%s', now() + '1h') RETURNING 1) SELECT count(*) FROM made`, ref.ID, hash, ada.UserID), &made)
	for name, actor := range map[string]*core.Actor{"no session": nil, "the own session": &ada, "another session": &eve} {
		if _, err := p.Activate(t.Context(), activation.Activate{Token: token, Actor: actor}); wrong(err) != "password:required" {
			t.Errorf("%s: %v, want password:required", name, err)
		}
	}
}

func TestActivationAgainWithItsKey(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.signup(t, "ada@example.com", "Engines")
	in := activation.Activate{
		Token: p.link(t, "ada@example.com"), Password: password, Profile: core.Profile{DisplayName: "Ada"},
		Idempotency: core.Idempotency{Route: "POST /v1/activations", Key: "k", Hash: [32]byte{1}},
	}
	first, err := p.Activate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Activate(t.Context(), in)
	if err != nil || again.Session.AccessToken != first.Session.AccessToken || again.User != first.User || again.Tenant.ID != first.Tenant.ID {
		t.Errorf("again: %+v, %v; want %+v", again, err, first)
	}
	in.Idempotency.Hash = [32]byte{2}
	if _, err := p.Activate(t.Context(), in); core.CodeOf(err) != core.IdempotencyMismatch {
		t.Errorf("another body: %v", err)
	}
}

func TestInviteFields(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	for name, tt := range map[string]struct {
		in   activation.Invite
		want string
	}{
		"owner role":    {activation.Invite{Email: "g@example.com", Role: core.RoleOwner}, "role:invalid"},
		"two addresses": {activation.Invite{Email: "g@example.com,e@example.com", Role: core.RoleMember}, "email:invalid"},
		"too short":     {activation.Invite{Email: "g@example.com", Role: core.RoleMember, ExpiresIn: time.Second}, "expires_in:out_of_range"},
		"too long":      {activation.Invite{Email: "g@example.com", Role: core.RoleMember, ExpiresIn: 31 * 24 * time.Hour}, "expires_in:out_of_range"},
	} {
		tt.in.TenantID = boss.TenantID
		if _, err := p.Invite(t.Context(), boss, tt.in); wrong(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestForeignTenant(t *testing.T) {
	t.Parallel()
	p := start(t)
	ada, eve := p.owner(t, "ada@example.com", "Engines"), p.owner(t, "eve@example.com", "Eve")
	asked := p.invite(t, ada, "grace@example.com")
	for name, call := range map[string]func() error{
		"invite": func() error {
			_, err := p.Invite(t.Context(), eve, activation.Invite{TenantID: ada.TenantID, Email: "x@example.com", Role: core.RoleMember})
			return err
		},
		"list": func() error {
			_, err := p.Invitations(t.Context(), eve, ada.TenantID, core.InvitationFilter{})
			return err
		},
		"read":   func() error { _, err := p.Invitation(t.Context(), eve, ada.TenantID, asked.ID); return err },
		"resend": func() error { return p.Resend(t.Context(), eve, ada.TenantID, asked.ID) },
		"revoke": func() error { return p.Revoke(t.Context(), eve, ada.TenantID, asked.ID) },
		"events": func() error { _, err := p.Events(t.Context(), eve, ada.TenantID, "", 0); return err },
		"own tenant, foreign invitation": func() error {
			_, err := p.Invitation(t.Context(), eve, eve.TenantID, asked.ID)
			return err
		},
		"own tenant, revoke a foreign one": func() error { return p.Revoke(t.Context(), eve, eve.TenantID, asked.ID) },
		"own tenant, resend a foreign one": func() error { return p.Resend(t.Context(), eve, eve.TenantID, asked.ID) },
	} {
		if err := call(); core.CodeOf(err) != core.NotFound {
			t.Errorf("%s: %v, want not_found", name, err)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	for i := range 7 {
		p.invite(t, boss, strings.Repeat("g", i+1)+"@example.com")
	}
	var seen []string
	f := core.InvitationFilter{Limit: 3, Status: core.InvitationPending}
	for {
		page, err := p.Invitations(t.Context(), boss, boss.TenantID, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			seen = append(seen, i.Email)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			break
		}
	}
	if len(seen) != 7 || seen[0] != "ggggggg@example.com" || seen[6] != "g@example.com" {
		t.Errorf("the pages hold %q", seen)
	}
	f = core.InvitationFilter{EmailKey: "GG@example.com"}
	if page, err := p.Invitations(t.Context(), boss, boss.TenantID, f); err != nil || len(page.Items) != 1 {
		t.Errorf("by address: %+v, %v", page, err)
	}
	for _, f := range []core.InvitationFilter{{Cursor: "x"}, {Cursor: "JyBPUiAxPTE"}, {Limit: 201}, {Status: "odd"}, {EmailKey: "odd"}} {
		if _, err := p.Invitations(t.Context(), boss, boss.TenantID, f); core.CodeOf(err) != core.ValidationFailed {
			t.Errorf("%+v: %v, want validation_failed", f, err)
		}
	}
	for _, cursor := range []string{"x", "eyJ4IjotMX0", "eyJ4IjoxLCJwIjotOX0", "JyBPUiAxPTE"} { // {"x":-1}, {"x":1,"p":-9}
		if _, err := p.Events(t.Context(), boss, boss.TenantID, cursor, 0); core.CodeOf(err) != core.ValidationFailed {
			t.Errorf("events after %s: %v, want validation_failed", cursor, err)
		}
	}
}
