package e2e_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/usher-id/usher/tests/hosttest"
)

func signIn(t *testing.T, h *hosttest.Host, email, password string) (s session) {
	t.Helper()
	h.Client(t).Post("/v1/sessions", hosttest.Object{"email": email, "password": password}).Want(201).Into(&s)
	return s
}

func refresh(t *testing.T, h *hosttest.Host, token string) hosttest.Answer {
	t.Helper()
	return h.Client(t).Post("/v1/sessions/refresh", hosttest.Object{"refresh_token": token})
}

func signInRefreshSignOut(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	first := signIn(t, h, x.owner.User.Email, passphrase)
	equal(t, "type", first.TokenType, "Bearer")
	var second session
	refresh(t, h, first.RefreshToken).Want(200).Into(&second)
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("a refresh gives what there was")
	}
	me := h.Client(t).As(second.AccessToken)
	me.Get("/v1/me").Want(200)
	me.Delete("/v1/sessions/current").Want(204)
	refresh(t, h, second.RefreshToken).Problem(401, "unauthenticated")
	me.Get("/v1/me").Problem(401, "unauthenticated")
	me.Post(x.path("/invitations"), hosttest.Object{"email": newAddress("x"), "role": "member"}).Problem(401, "unauthenticated")
	x.client().Get("/v1/me").Want(200) // another session of the same person
}

func refreshReuse(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	first := signIn(t, h, x.owner.User.Email, passphrase)
	var second session
	refresh(t, h, first.RefreshToken).Want(200).Into(&second)
	refresh(t, h, first.RefreshToken).Problem(401, "unauthenticated")
	refresh(t, h, second.RefreshToken).Problem(401, "unauthenticated")
	h.Client(t).As(second.AccessToken).Get("/v1/me").Problem(401, "unauthenticated")
}

func signInByLink(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	h.Client(t).Post("/v1/sessions/magic-link", hosttest.Object{"email": x.owner.User.Email}).Want(202)
	token := h.Mail(t, x.owner.User.Email, 2).Token()
	seen := h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": token}).Want(200)
	equal(t, "inspect", seen.Text("purpose")+" "+seen.Text("fields"), "sign_in []")
	var done activated
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": token}).Want(201).Into(&done)
	equal(t, "who", done.User.ID+" "+done.Tenant.ID, x.owner.User.ID+" "+x.id)
	h.Client(t).As(done.Session.AccessToken).Get("/v1/me").Want(200)
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": token}).Problem(410, "invalid_token")
}

func newPasswordByLink(t *testing.T, h *hosttest.Host) {
	const renewed = "another phrase that is long"
	x := newTenant(t, h)
	email := x.owner.User.Email
	h.Client(t).Post("/v1/password-resets", hosttest.Object{"email": email}).Want(202)
	token := h.Mail(t, email, 2).Token()
	short := h.Client(t).Post("/v1/activations", hosttest.Object{"token": token, "password": "short"}).Problem(422, "validation_failed")
	equal(t, "field", short.Text("errors", 0, "field"), "password")
	h.Client(t).Post("/v1/activations", hosttest.Object{"token": token, "password": renewed}).Want(201)
	h.Client(t).Post("/v1/sessions", hosttest.Object{"email": email, "password": passphrase}).Problem(401, "invalid_credentials")
	signIn(t, h, email, renewed)
	refresh(t, h, x.owner.Session.RefreshToken).Problem(401, "unauthenticated") // whoever had the old one is out
}

func tenantSwitch(t *testing.T, h *hosttest.Host) {
	g := newGuest(t, h)
	g.joined(t, h, h.Client(t).As(g.Session.AccessToken).Post("/v1/activations", hosttest.Object{"token": g.token}))
	home := h.Client(t).As(g.Session.AccessToken)
	home.Get(g.into.path("/events")).Problem(404, "not_found")
	var switched session
	home.Post("/v1/sessions/tenant", hosttest.Object{"tenant_id": g.into.id}).Want(200).Into(&switched)
	claims := claimsOf(t, h, switched.AccessToken)
	equal(t, "claims", claims.TenantID+" "+claims.Role, g.into.id+" member")
	refresh(t, h, switched.RefreshToken).Want(200)
	settled(t, g.into)
	events := g.into.client().Get(g.into.path("/events?limit=200")).Want(200)
	if !hasEvent(events, "activation.TenantSwitched") {
		t.Errorf("nothing tells of the switch: %s", events.Body)
	}
	stranger := newTenant(t, h)
	home.Post("/v1/sessions/tenant", hosttest.Object{"tenant_id": stranger.id}).Problem(404, "not_found")
}

func hasEvent(page hosttest.Answer, kind string) bool {
	var events struct{ Data []struct{ Type string } }
	page.Into(&events)
	for _, e := range events.Data {
		if e.Type == kind {
			return true
		}
	}
	return false
}

// claims are what an access token says.
type claims struct {
	Iss, Sub, Aud, Jti, Role string
	TenantID                 string `json:"tenant_id"`
	Iat, Exp                 int64
	Ext                      map[string]map[string]string // what plugins say
}

// claimsOf verifies an access token as a product would: with the published keys alone.
func claimsOf(t *testing.T, h *hosttest.Host, token string) (c claims) {
	t.Helper()
	var keys jose.JSONWebKeySet
	h.Client(t).Get("/.well-known/jwks.json").Want(200).Into(&keys)
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
	if err != nil {
		t.Fatal("the access token is no JWT")
	}
	key := keys.Key(signed.Signatures[0].Header.KeyID)
	if len(key) != 1 || !key[0].IsPublic() {
		t.Fatalf("the JWKS has %d keys of that id, or a private one", len(key))
	}
	payload, err := signed.Verify(key[0])
	if err != nil {
		t.Fatal("the signature is not right")
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func accessTokenAndJWKS(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	c := claimsOf(t, h, x.owner.Session.AccessToken)
	equal(t, "who", c.Sub+" "+c.TenantID+" "+c.Role, x.owner.User.ID+" "+x.id+" owner")
	equal(t, "issuer and audience", c.Iss+" "+c.Aud, h.URL+" "+h.URL)
	equal(t, "life", c.Exp-c.Iat, int64(x.owner.Session.ExpiresIn))
	if now := time.Now().Unix(); c.Iat > now+1 || c.Exp < now || c.Jti == "" {
		t.Errorf("issued at %d, ends at %d, id %q", c.Iat, c.Exp, c.Jti)
	}
	for _, forged := range []string{
		"eyJhbGciOiJub25lIn0.e30.", x.owner.Session.AccessToken + "x", x.owner.Session.RefreshToken, "",
	} {
		h.Client(t).With("Authorization: Bearer "+forged).Get("/v1/me").Problem(401, "unauthenticated")
	}
}
