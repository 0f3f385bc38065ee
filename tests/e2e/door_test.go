package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// The guests of these tests, by their folders.
const (
	moody = "tests/e2e/testdata/guests/moody"
	gate  = "tests/e2e/testdata/guests/gate"
)

// plugin is one item of the setting plugins.load.
type plugin struct {
	Name   string         `json:"name"`
	File   string         `json:"file"`
	Hooks  []string       `json:"hooks,omitempty"`
	Config map[string]any `json:"config,omitempty"`
}

func loads(list ...plugin) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // it has plain fields
	}
	return string(text)
}

// guarded is a host with three plugins that an activation passes, one after the other. Their
// calls, and hashing, have all the time that a busy machine takes: these tests are not about
// deadlines.
var guarded = hosttest.NewLasting(func() hosttest.Options {
	file, err := hosttest.BuildGuest(gate)
	if err != nil {
		panic(err)
	}
	return hosttest.Options{Settings: map[string]string{
		"log.level":               "debug",
		"telemetry.otlp_endpoint": collector().URL(),
		"plugins.call_timeout":    "10s",
		"plugins.max_instances":   "8",
		"hashing.queue_timeout":   "30s",
		"plugins.load": loads(
			plugin{Name: "profiles", File: file, Hooks: []string{"activation.validate"}},
			plugin{Name: "doorkeeper", File: file, Hooks: []string{"invitation.validate", "password.check"}},
			plugin{Name: "plans", File: file, Hooks: []string{"session.claims"}, Config: map[string]any{"plan": "gold"}},
		),
	}}
})

// TestPluginsAtTheDoor has real plugins judge invitations, activations, passwords and
// sessions, and break there, with the policies that hold when nobody chose one.
func TestPluginsAtTheDoor(t *testing.T) {
	t.Parallel()
	host := guarded.Host(t)
	for name, test := range map[string]func(*testing.T, *hosttest.Host){
		"invitations that pass":    pluginsPassInvitations,
		"invitations that do not":  pluginsRefuseInvitations,
		"activations":              pluginsJudgeActivations,
		"passwords":                pluginsJudgePasswords,
		"a new password by a link": pluginsJudgeResets,
		"claims of each session":   pluginsSayOfSessions,
		"claims that fail":         pluginsFailAtSessions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, host)
		})
	}
}

// fieldsOf lists what a problem says of fields, "field:code" each.
func fieldsOf(a hosttest.Answer) string {
	var b []string
	list, _ := a.At("errors").([]any)
	for i := range list {
		b = append(b, a.Text("errors", i, "field")+":"+a.Text("errors", i, "code"))
	}
	return strings.Join(b, " ")
}

// broken checks the answer to somebody whom a broken plugin stopped, and gives what the log
// says of it.
func broken(t *testing.T, h *hosttest.Host, a hosttest.Answer) string {
	t.Helper()
	a.Problem(503, "unavailable")
	equal(t, "Retry-After", a.Header.Get("Retry-After"), "5")
	if strings.Contains(string(a.Body), "purpose") {
		t.Errorf("the plugin's own words are told: %s", a.Body)
	}
	return h.Log.WaitLine(t, "hook failed", a.Text("trace_id"))
}

func pluginsPassInvitations(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	x.invite(newAddress("welcome"))
	email := newAddress("x") + ".patched.example"
	body := hosttest.Object{"email": email, "role": "admin", "locale": "de", "expires_in": 3600, "metadata": hosttest.Object{"team": "compilers"}}
	keyed := x.client().With("Idempotency-Key: patched")
	made := keyed.Post(x.path("/invitations"), body).Want(201)
	read := x.client().Get(x.path("/invitations/" + made.Text("id"))).Want(200)
	for _, a := range []hosttest.Answer{made, read, keyed.Post(x.path("/invitations"), body).Want(201)} {
		equal(t, "patched", a.Text("role")+" "+a.Text("locale")+" "+a.Text("metadata"), "member fr map[asked:admin by owner]")
		equal(t, "life", lifeOf(t, a), 30*time.Minute)
	}
	done := activate(t, h, h.Mail(t, email, 1).Token(), "Pat")
	equal(t, "role", done.Membership.Role, "member")
}

func lifeOf(t *testing.T, a hosttest.Answer) time.Duration {
	t.Helper()
	from, err := time.Parse(time.RFC3339, a.Text("created_at"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := time.Parse(time.RFC3339, a.Text("expires_at"))
	if err != nil {
		t.Fatal(err)
	}
	return to.Sub(from)
}

func pluginsRefuseInvitations(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	invite := func(domain string) hosttest.Answer {
		return x.client().Post(x.path("/invitations"), hosttest.Object{"email": newAddress("x") + "." + domain, "role": "member"})
	}
	a := invite("field.example").Problem(422, "validation_failed")
	equal(t, "fields", fieldsOf(a)+" "+a.Text("errors", 0, "message"), "email:not_today role:not_today Not today.")
	invite("denied.example").Problem(403, "denied_by_policy")
	broken(t, h, invite("broken.example"))
	if line := broken(t, h, invite("greedy.example")); !strings.Contains(line, "doorkeeper") || !strings.Contains(line, "higher than the role member") {
		t.Errorf("the log does not say who broke the contract and how: %s", line)
	}
	none := x.client().Get(x.path("/invitations")).Want(200)
	equal(t, "invitations", none.Text("data"), "[]")
	member := x.member("member") // who may not invite, so no plugin is asked
	h.Client(t).As(member.Session.AccessToken).Post(x.path("/invitations"), hosttest.Object{"email": newAddress("x") + ".broken.example", "role": "member"}).Problem(403, "forbidden")
}

func pluginsJudgeActivations(t *testing.T, h *hosttest.Host) {
	email := newAddress("owner")
	signUp(t, h, email, "Gatehouse")
	token := h.Mail(t, email, 1).Token()
	try := func(name string) hosttest.Answer {
		return h.Client(t).Post("/v1/activations", withPassword(token, name))
	}
	equal(t, "fields", fieldsOf(try("Field").Problem(422, "validation_failed")), "profile.display_name:not_today")
	try("Denied").Problem(403, "denied_by_policy")
	broken(t, h, try("Broken"))
	done := try("Patched").Want(201) // the same link
	equal(t, "profile", done.Text("user", "display_name")+" "+done.Text("user", "locale"), "owner_verification of Gatehouse pt-BR")
	try("Patched").Problem(410, "invalid_token")

	// An account that exists keeps its profile, whatever another tenant's plugin would like.
	x := newTenant(t, h)
	x.invite(email)
	joined := h.Client(t).Post("/v1/activations", hosttest.Object{"token": h.Mail(t, email, 2).Token(), "password": passphrase, "profile": hosttest.Object{"display_name": "Patched"}}).Want(201)
	equal(t, "profile", joined.Text("user", "display_name"), "owner_verification of Gatehouse")
}

func pluginsJudgePasswords(t *testing.T, h *hosttest.Host) {
	email := newAddress("owner")
	signUp(t, h, email, "Locksmiths")
	token := h.Mail(t, email, 1).Token()
	try := func(password string) hosttest.Answer {
		return h.Client(t).Post("/v1/activations", hosttest.Object{"token": token, "password": password, "profile": hosttest.Object{"display_name": "Lo"}})
	}
	equal(t, "short", fieldsOf(try("A").Problem(422, "validation_failed")), "password:too_short")
	equal(t, "with a reason", fieldsOf(try("Correct horse battery").Problem(422, "validation_failed")), "password:not_today")
	equal(t, "without one", fieldsOf(try("Correct Horse battery").Problem(422, "validation_failed")), "password:not_accepted")
	broken(t, h, try("Correct Horse Battery"))
	try(passphrase).Want(201)
}

func pluginsJudgeResets(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	email := x.owner.User.Email
	h.Client(t).Post("/v1/password-resets", hosttest.Object{"email": email}).Want(202)
	token := h.Mail(t, email, 2).Token()
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": token, "password": "Correct horse battery"}).Problem(422, "validation_failed")
	var done activated
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": token, "password": "another phrase of hers"}).Want(201).Into(&done)
	equal(t, "claims", fmt.Sprint(claimsOf(t, h, done.Session.AccessToken).Ext), "map[plans:map[plan:gold reason:sign_in role:owner sub:nobody]]")
}

func pluginsSayOfSessions(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	says := func(token, reason, role string) {
		t.Helper()
		c := claimsOf(t, h, token)
		equal(t, "ext after "+reason, fmt.Sprint(c.Ext), "map[plans:map[plan:gold reason:"+reason+" role:"+role+" sub:nobody]]")
		equal(t, "sub", c.Sub, x.owner.User.ID)
		h.Client(t).As(token).Get("/v1/me").Want(200)
	}
	says(x.owner.Session.AccessToken, "activation", "owner")
	s := signIn(t, h, x.owner.User.Email, passphrase)
	says(s.AccessToken, "sign_in", "owner")
	refresh(t, h, s.RefreshToken).Want(200).Into(&s)
	says(s.AccessToken, "refresh", "owner")
	other := newTenant(t, h)
	other.invite(x.owner.User.Email)
	h.Client(t).As(s.AccessToken).Post("/v1/activations", hosttest.Object{"token": h.Mail(t, x.owner.User.Email, 2).Token()}).Want(201)
	h.Client(t).As(s.AccessToken).Post("/v1/sessions/tenant", hosttest.Object{"tenant_id": other.id}).Want(200).Into(&s)
	says(s.AccessToken, "tenant_switch", "member")
}

// A plugin that fails at a session leaves it without claims, unless the operator chose
// otherwise.
func pluginsFailAtSessions(t *testing.T, h *hosttest.Host) {
	for organisation, why := range map[string]string{"Broken Claims": "trap", "Talkative Claims": "longer than 4096 bytes"} {
		email := newAddress("owner")
		signUp(t, h, email, organisation)
		x := ownerOf(t, h, email)
		equal(t, "ext", len(claimsOf(t, h, x.owner.Session.AccessToken).Ext), 0)
		a := refresh(t, h, x.owner.Session.RefreshToken).Want(200)
		equal(t, "ext", len(claimsOf(t, h, a.Text("access_token")).Ext), 0)
		if line := h.Log.WaitLine(t, "plugin failed, the chain goes on", "session.claims", why); !strings.Contains(line, "plans") {
			t.Errorf("the log does not say who: %s", line)
		}
	}
}

// otherwise is a configuration in which failures mean the other of their two choices, and
// the named plugin is asked about sessions. Which one is all that changes, so that a reload
// compiles nothing.
func otherwise(t *testing.T, claims string) string {
	t.Helper()
	file := hosttest.Guest(t, gate)
	list := "plugins:\n  load: " + loads(
		plugin{Name: "doorkeeper", File: file},
		plugin{Name: "plans", File: file, Config: map[string]any{"plan": "gold"}},
		plugin{Name: "crashes", File: file, Config: map[string]any{"plan": "broken"}},
	) + "\n  bindings:\n    - {hook: session.claims, plugin: " + claims + ", on_failure: closed}\n"
	for _, hook := range []string{"invitation.validate", "activation.validate", "password.check"} {
		list += "    - {hook: " + hook + ", plugin: doorkeeper, on_failure: open}\n"
	}
	return list
}

// TestPluginsThatMayFail: with the policy open a broken plugin lets people through, and with
// closed one at session.claims stops them without cost: no token is spent.
func TestPluginsThatMayFail(t *testing.T) {
	t.Parallel()
	h := hosttest.Start(t, hosttest.Options{File: otherwise(t, "plans"), Settings: map[string]string{
		"database.url": pgtest.New(t), "plugins.call_timeout": "10s", "hashing.queue_timeout": "30s",
	}})
	ask := func(claims string) {
		t.Helper()
		if err := os.WriteFile(h.ConfigFile, []byte(otherwise(t, claims)), 0o600); err != nil {
			t.Fatal(err)
		}
		h.Operators(t).Post("/admin/v1/config/reload", nil).Want(200)
	}
	x, other := newTenant(t, h), newTenant(t, h)
	email := newAddress("x") + ".broken.example"
	x.invite(email)
	other.invite(x.owner.User.Email)
	token := h.Mail(t, email, 1).Token()
	activation := hosttest.Object{"token": token, "password": "Correct Horse Battery", "profile": hosttest.Object{"display_name": "Broken"}}
	as := h.Client(t).As(x.owner.Session.AccessToken)
	as.Post("/v1/activations", hosttest.Object{"token": h.Mail(t, x.owner.User.Email, 2).Token()}).Want(201)

	ask("crashes")
	owner := hosttest.Object{"email": x.owner.User.Email, "password": passphrase}
	broken(t, h, h.Client(t).Post("/v1/activations", activation))
	broken(t, h, h.Client(t).Post("/v1/sessions", owner))
	broken(t, h, as.Post("/v1/sessions/tenant", hosttest.Object{"tenant_id": other.id}))
	broken(t, h, refresh(t, h, x.owner.Session.RefreshToken))
	h.Client(t).Post("/v1/sessions", hosttest.Object{"email": x.owner.User.Email, "password": "another phrase"}).Problem(401, "invalid_credentials")
	as.Get("/v1/me").Want(200) // who is in stays in

	ask("plans")
	var done activated
	h.Client(t).Post("/v1/activations", activation).Want(201).Into(&done)
	equal(t, "user", done.User.Status+" "+done.User.DisplayName, "active Broken")
	var s session
	refresh(t, h, x.owner.Session.RefreshToken).Want(200).Into(&s)
	equal(t, "claims", claimsOf(t, h, s.AccessToken).Ext["plans"]["reason"], "refresh")
	as.Post("/v1/sessions/tenant", hosttest.Object{"tenant_id": other.id}).Want(200)
}

// TestDeniedLinkWaitsForAnotherMind: what a plugin denies is the activation, not the link.
func TestDeniedLinkWaitsForAnotherMind(t *testing.T) {
	t.Parallel()
	closed := func(set bool) string {
		return loads(plugin{Name: "profiles", File: hosttest.Guest(t, gate), Hooks: []string{"activation.validate"}, Config: map[string]any{"closed": set}})
	}
	settings := map[string]string{"database.url": pgtest.New(t), "plugins.call_timeout": "10s", "plugins.load": closed(true)}
	h := hosttest.Start(t, hosttest.Options{Settings: settings, Dir: t.TempDir()})
	email := newAddress("patient")
	signUp(t, h, email, "Waiting Room")
	token := h.Mail(t, email, 1).Token()
	for range 2 {
		h.Client(t).Post("/v1/activations", withPassword(token, "Pat")).Problem(403, "denied_by_policy")
	}
	h.Stop(t)
	settings["plugins.load"] = closed(false)
	h = hosttest.Start(t, hosttest.Options{Settings: settings, Dir: h.Dir})
	equal(t, "user", activate(t, h, token, "Pat").User.Status, "active")
}
