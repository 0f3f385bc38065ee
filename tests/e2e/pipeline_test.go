package e2e_test

import (
	"flag"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// TestPipelineOverHTTP makes every call there is, with every answer held against the
// OpenAPI document.
func TestPipelineOverHTTP(t *testing.T) {
	t.Parallel()
	host := shared.Host(t)
	t.Run("calls", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *hosttest.Host){
			"signup to active colleague":                 signupToColleague,
			"invitations are listed":                     invitationsAreListed,
			"resend and revoke":                          resendAndRevoke,
			"what a signup carries":                      whatASignupCarries,
			"a known address signs up":                   knownAddressSignsUp,
			"an unproved address signs up again":         unprovedAddressSignsUpAgain,
			"links for known and unknown addresses":      linksForKnownAndUnknown,
			"account joins with its password":            joinsWithPassword,
			"account joins with its session":             joinsWithSession,
			"wrong account burns nothing":                wrongAccountBurnsNothing,
			"sign in, refresh, sign out":                 signInRefreshSignOut,
			"a refresh token used twice ends all":        refreshReuse,
			"sign in by link":                            signInByLink,
			"new password by link":                       newPasswordByLink,
			"tenant switch":                              tenantSwitch,
			"access token and JWKS":                      accessTokenAndJWKS,
			"replayed signup":                            replayedSignup,
			"replayed invitation":                        replayedInvitation,
			"activation whose answer was lost":           lostActivation,
			"idempotency key in flight":                  keyInFlight,
			"pages, documents, health":                   pagesDocumentsHealth,
			"a stranger's tenant is not there":           strangersTenant,
			"a link may be opened as often as one likes": openedOften,
			"lists of people":                            listsOfPeople,
			"events leave":                               eventsLeave,
			"a tenant's look":                            tenantsLook,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, host)
			})
		}
	})
	if !strings.Contains(flag.Lookup("test.run").Value.String(), "/") { // else some were left out
		everyCall(t, host)
	}
}

// everyCall checks that what the document describes was called and succeeded.
func everyCall(t *testing.T, h *hosttest.Host) {
	t.Helper()
	answered := h.Answered()
	parameter := regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	for _, operation := range h.Document(t).Operations() {
		if operation == reportDelivery || strings.HasPrefix(operation, "POST /v1/identities/") {
			continue // they need plugins: TestProviderOfAPlugin, TestPartner
		}
		if operation == eventStream {
			continue // its answer does not end: eventsLeave reads it as it comes
		}
		template := regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(operation), "[^/]+") + "$")
		if !slices.ContainsFunc(answered, template.MatchString) {
			t.Errorf("%s was never answered well", operation)
		}
	}
}

func signupToColleague(t *testing.T, h *hosttest.Host) {
	email := newAddress("ada")
	signUp(t, h, email, "Analytical Engines")
	token := h.Mail(t, email, 1).Token()

	seen := h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": token}).Want(200)
	equal(t, "purpose", seen.Text("purpose"), "owner_verification")
	equal(t, "tenant", seen.Text("tenant", "name"), "Analytical Engines")
	equal(t, "fields", seen.Text("fields"), "[display_name password]")
	equal(t, "account exists, password required", seen.Text("account_exists")+" "+seen.Text("password_required"), "false true")
	if hint := seen.Text("email_hint"); hint == "" || strings.Contains(hint, email[:strings.Index(email, "@")]) {
		t.Errorf("the hint is %q", hint)
	}
	owner := activate(t, h, token, "Ada")
	equal(t, "owner", owner.User.Status+" "+owner.Membership.Role+" "+owner.Tenant.Status, "active owner active")
	h.Client(t).Post("/v1/activations", withPassword(token, "Ada")).Problem(410, "invalid_token")

	x := &tenant{t: t, host: h, owner: owner, id: owner.Tenant.ID}
	colleague := newAddress("grace")
	made := x.client().Post(x.path("/invitations"), hosttest.Object{
		"email": colleague, "role": "admin", "locale": "de", "metadata": hosttest.Object{"team": "compilers"},
		"redirect_url": "https://app.example.com/welcome", "expires_in": 3600,
	}).Want(201)
	if text := string(made.Body); strings.Contains(text, "/a/") || strings.Contains(text, "token") {
		t.Errorf("the invitation shows a link: %s", text)
	}
	mail := h.Mail(t, colleague, 1)
	grace := activate(t, h, mail.Token(), "Grace")
	equal(t, "colleague", grace.User.Status+" "+grace.Membership.Role, "active admin")
	equal(t, "redirect", grace.RedirectURL, "https://app.example.com/welcome")
	after := x.client().Get(x.path("/invitations/" + made.Text("id"))).Want(200)
	equal(t, "invitation", after.Text("status")+" "+after.Text("delivery")+" "+after.Text("metadata", "team"), "accepted sent compilers")
	equal(t, "how its mail stands", after.Text("mail", "attempts")+" "+after.Text("mail", "provider"), "1 "+after.Text("mail", "provider"))
	tellsItsStory(t, x, made.Text("id"))
	me := h.Client(t).As(grace.Session.AccessToken).Get("/v1/me").Want(200)
	equal(t, "me", me.Text("user", "email")+" "+me.Text("memberships", 0, "role"), colleague+" admin")
}

// tellsItsStory reads the story of an invitation that was accepted.
func tellsItsStory(t *testing.T, x *tenant, invitation string) {
	t.Helper()
	x.host.Client(t).Get(x.path("/invitations/"+invitation+"/timeline")).Problem(401, "unauthenticated")
	story := x.client().Get(x.path("/invitations/" + invitation + "/timeline")).Want(200)
	var steps []string
	for i := 0; story.Text("data", i, "step") != ""; i++ {
		steps = append(steps, story.Text("data", i, "step"))
		if step := story.Text("data", i, "step"); step != "opened" && len(story.Text("data", i, "trace_id")) != 32 {
			t.Errorf("%s belongs to no trace", step)
		}
	}
	steps = slices.DeleteFunc(steps, func(s string) bool { return s == "hook" || s == "opened" })
	equal(t, "the story", strings.Join(steps, " "), "created rendered attempt accepted activated")
	funnel := x.host.Operators(t).Get("/admin/v1/funnel?since=1h&by=tenant").Want(200)
	if !strings.Contains(string(funnel.Body), x.id) {
		t.Errorf("the funnel lacks the tenant: %s", funnel.Body)
	}
}

func invitationsAreListed(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	var emails []string
	for range 5 {
		emails = append(emails, newAddress("listed"))
		x.invite(emails[len(emails)-1])
	}
	first := x.client().Get(x.path("/invitations?limit=3&status=pending")).Want(200)
	equal(t, "first of the page", first.Text("data", 0, "email"), emails[4])
	second := x.client().Get(x.path("/invitations?limit=3&status=pending&cursor=" + first.Text("next_cursor"))).Want(200)
	equal(t, "last of all", second.Text("data", 1, "email"), emails[0])
	equal(t, "end", second.Text("next_cursor"), "")
	found := x.client().Get(x.path("/invitations?email=" + strings.ToUpper(emails[2]))).Want(200)
	equal(t, "found by address", found.Text("data", 0, "email")+found.Text("data", 1, "email"), emails[2])
	none := x.client().Get(x.path("/invitations?status=revoked")).Want(200)
	equal(t, "none", none.Text("data"), "[]")
	x.client().Get(x.path("/invitations?limit=201")).Want(400)
}

func resendAndRevoke(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	email := newAddress("late")
	id := x.invite(email)
	old := h.Mail(t, email, 1)
	x.client().Post(x.path("/invitations/"+id+"/resend"), nil).Want(202)
	fresh := h.Mail(t, email, 2)
	if old.Token() == fresh.Token() || old.Headers["Message-Id"][0] == fresh.Headers["Message-Id"][0] {
		t.Error("the second mail is the first one")
	}
	inspect := func(token string) hosttest.Answer {
		return h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": token})
	}
	inspect(old.Token()).Problem(410, "invalid_token")
	inspect(fresh.Token()).Want(200)
	x.client().Delete(x.path("/invitations/" + id)).Want(204)
	x.client().Delete(x.path("/invitations/" + id)).Want(204)
	inspect(fresh.Token()).Problem(410, "invalid_token")
	h.Client(t).Post("/v1/activations", withPassword(fresh.Token(), "Late")).Problem(410, "invalid_token")
	x.client().Post(x.path("/invitations/"+id+"/resend"), nil).Problem(409, "conflict")
	x.invite(email) // the address is free again
}

func whatASignupCarries(t *testing.T, h *hosttest.Host) {
	email := newAddress("carrier")
	slug := "carried-" + email[strings.Index(email, ".")+1:strings.Index(email, "@")]
	h.Client(t).Post("/v1/signups", hosttest.Object{
		"email": email, "organization_name": "Carriers", "slug": slug, "display_name": "Carrie", "locale": "de-AT",
		"metadata": hosttest.Object{"plan": "gold"}, "redirect_url": "https://app.example.com/in",
	}).Want(202)
	mail := h.Mail(t, email, 1)
	if !strings.Contains(mail.HTML, `lang="de`) {
		t.Errorf("the mail is not in German: %s", mail.Subject)
	}
	done := activate(t, h, mail.Token(), "")
	equal(t, "tenant and owner", done.Tenant.Slug+" "+done.User.DisplayName+" "+done.RedirectURL, slug+" Carrie https://app.example.com/in")
	equal(t, "metadata", one[string](t, database(t, h), "SELECT metadata->>'plan' FROM tenants WHERE id = $1", done.Tenant.ID), "gold")
	h.Client(t).Post("/v1/signups", hosttest.Object{"email": newAddress("second"), "organization_name": "Carriers", "slug": slug}).Problem(409, "conflict")
}

func strangersTenant(t *testing.T, h *hosttest.Host) {
	mine, theirs := newTenant(t, h), newTenant(t, h)
	id := theirs.invite(newAddress("theirs"))
	for _, path := range []string{"/invitations", "/invitations/" + id, "/invitations/" + id + "/timeline", "/events"} {
		mine.client().Get(theirs.path(path)).Problem(404, "not_found")
	}
	mine.client().Post(theirs.path("/invitations"), hosttest.Object{"email": newAddress("x"), "role": "member"}).Problem(404, "not_found")
	mine.client().Post(theirs.path("/invitations/"+id+"/resend"), nil).Problem(404, "not_found")
	mine.client().Delete(theirs.path("/invitations/"+id)).Problem(404, "not_found")
	mine.client().Get(mine.path("/invitations/"+id)).Problem(404, "not_found")
	member := mine.member("member")
	h.Client(t).As(member.Session.AccessToken).Get(mine.path("/invitations")).Problem(403, "forbidden")
}

func pagesDocumentsHealth(t *testing.T, h *hosttest.Host) {
	c := h.Client(t)
	for _, path := range []string{"/livez", "/readyz", "/health/auth", "/health/tenant", "/health/email", "/health/events", "/health/plugins"} {
		equal(t, path, c.Get(path).Want(200).Text("status"), "ok")
	}
	equal(t, "OpenAPI", c.Get("/openapi.json").Want(200).Text("openapi"), "3.1.0")
	schema := c.Get("/events/schemas").Want(200).Text("data", 0, "schema")
	c.Get(schema[strings.Index(schema, "/events/"):]).Want(200)
	c.Get("/invite").Want(200)
	for _, code := range []string{"invalid_token", "denied_by_policy", "idempotency_in_flight"} {
		page := c.Get("/problems/" + code).Want(200)
		if !strings.Contains(string(page.Body), code) || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Errorf("the page of %s does not explain it", code)
		}
	}
	page := c.Get("/a/" + strings.Repeat("0", 43)).Want(200)
	asset := regexp.MustCompile(`/assets/[^"]+`).FindString(string(page.Body))
	c.Get(asset).Want(200)
	for _, c := range []*hosttest.Client{h.Operators(t)} {
		c.Get("/metrics").Want(200)
		c.Get("/admin/v1/config").Want(200)
		c.Get("/debug/pprof/goroutine").Want(200)
	}
}

// tenantsLook changes how a tenant looks, and sees it in a letter and behind its link.
func tenantsLook(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	before := x.client().Get(x.path("")).Want(200)
	x.client().Do("PATCH", x.path(""), hosttest.Object{"colour": "green"}).Problem(422, "validation_failed")
	change := hosttest.Object{"name": "Difference & Co.", "colour": "#006644", "support_url": "https://help.example.com/", "version": before.At("version")}
	equal(t, "name", x.client().Do("PATCH", x.path(""), change).Want(200).Text("name"), "Difference & Co.")
	x.client().Do("PATCH", x.path(""), change).Problem(409, "conflict")
	email := newAddress("looking")
	x.invite(email)
	letter := h.Mail(t, email, 1)
	if !strings.Contains(letter.HTML, "Difference &amp; Co.") {
		t.Errorf("the letter does not have the new name: %s", letter.Subject)
	}
	seen := h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": letter.Token()}).Want(200)
	equal(t, "behind the link", seen.Text("tenant", "name"), "Difference & Co.")
}

// openedOften shows that the page, by GET or HEAD, and inspect change no row.
func openedOften(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	email := newAddress("opened")
	id := x.invite(email)
	token := h.Mail(t, email, 1).Token()
	rows := rowsOf(t, h, id)
	for range 20 {
		h.Client(t).Get("/a/" + token).Want(200)
		h.Client(t).Do("HEAD", "/a/"+token, nil).Want(200)
		h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": token}).Want(200)
	}
	phone := h.Client(t).With("User-Agent: Mozilla/5.0 (iPhone)") // not the one of this test, which is a known program's
	phone.Post("/v1/activations/inspect", hosttest.Object{"token": token, "by_person": true}).Want(200)
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": token}).Want(422)
	h.Client(t).Get("/a/" + strings.Repeat("0", 43)).Want(200)
	story := func() string {
		return string(h.Operators(t).Get("/admin/v1/invitations/" + id + "/timeline").Want(200).Body)
	}
	hosttest.Until(t, "the visits to be kept", func() bool { return strings.Contains(story(), `"refused"`) })
	for _, want := range []string{`"seen":"prefetch"`, `"count":"40"`, `"seen":"script"`, `"count":"20"`, `"by":"human"`, `"reason":"validation_failed"`} {
		if !strings.Contains(story(), want) {
			t.Errorf("the story lacks %s: %s", want, story())
		}
	}
	equal(t, "opened by", x.client().Get(x.path("/invitations/"+id)).Want(200).Text("mail", "opened", "by"), "human")
	if own := x.client().Get(x.path("/invitations/" + id + "/timeline")).Want(200); strings.Contains(string(own.Body), "refused") {
		t.Errorf("the tenant is told of refusals: %s", own.Body)
	}
	equal(t, "the rows", rowsOf(t, h, id), rows)
}

// rowsOf tells which versions of an invitation's rows there are: Postgres gives a row
// another xmin with each change.
func rowsOf(t testing.TB, h *hosttest.Host, invitation string) string {
	t.Helper()
	return strings.Join(all[string](t, database(t, h), `
		SELECT 'invitation ' || xmin FROM invitations WHERE id = $1
		UNION ALL SELECT 'token ' || xmin FROM tokens WHERE invitation_id = $1
		UNION ALL SELECT 'event ' || xmin FROM events WHERE aggregate_id = $1
		UNION ALL SELECT 'tenant ' || t.xmin FROM tenants t JOIN invitations i ON i.tenant_id = t.id WHERE i.id = $1
		UNION ALL SELECT 'member ' || m.xmin FROM memberships m JOIN invitations i ON i.tenant_id = m.tenant_id WHERE i.id = $1
		UNION ALL SELECT 'user ' || u.xmin FROM users u JOIN invitations i ON i.email_key = u.email_key WHERE i.id = $1
		UNION ALL SELECT 'claims ' || count(*) FROM idempotency_keys WHERE result::text LIKE '%' || $1 || '%'
		ORDER BY 1`, invitation), ", ")
}
