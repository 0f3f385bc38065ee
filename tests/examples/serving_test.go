package examples_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

const billingKey = "key of the billing system"

// billing is a billing system that says of every customer what plan is in it.
type billing struct {
	*httptest.Server

	plan atomic.Value
}

func startBilling(t *testing.T) *billing {
	t.Helper()
	b := &billing{}
	b.plan.Store("pro")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/customers/{tenant}/subscription", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+billingKey {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"customer": %q, "plan": %q, "status": "active", "seats": 25, "features": ["sso"]}`, r.PathValue("tenant"), b.plan.Load())
	})
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

// TestServing has a host serve examples in three languages: one refuses a signup, one writes the mail of another, and one
// puts a claim into the tokens of its tenant.
func TestServing(t *testing.T) {
	t.Parallel()
	b := startBilling(t)
	file := fmt.Sprintf(`{plugins: {load: [
		{name: disposable-addresses, file: %q, config: {blocked_domains: [throwaway.example]}},
		{name: branded-mail, file: %q, config: {accent_color: "#0b7285", footer: [Engines Ltd]}},
		{name: billing-claims, file: %q, config: {origin: %q}, grants: {http: {origins: [%q]}, kv: true}, secrets: {billing_key: %q}},
	]}}`, built(t, "disposable-addresses").Module(), built(t, "branded-mail").Module(), built(t, "billing-claims").Module(), b.URL, b.URL, billingKey)
	h := hosttest.Start(t, hosttest.Options{File: file, Settings: map[string]string{"database.url": pgtest.New(t)}})

	for _, domain := range []string{"x.throwaway.example", "mailinator.com"} { // the operator's, and the plugin's own
		refused := h.Client(t).Post("/v1/signups", hosttest.Object{"email": "eve@" + domain, "organization_name": "Eve"}).Problem(422, "validation_failed")
		if code := refused.Text("errors", 0, "code"); code != "disposable_address" {
			t.Errorf("%s is refused with %s", domain, code)
		}
	}

	const email = "ada@engines.example"
	h.Client(t).Post("/v1/signups", hosttest.Object{"email": email, "organization_name": "Engines", "locale": "fr"}).Want(202)
	mail := h.Mail(t, email, 1)
	if mail.Subject != "Confirmez votre adresse pour Engines" || !strings.Contains(mail.HTML, "#0b7285") || !strings.Contains(mail.Text, "Engines Ltd") {
		t.Errorf("the mail is %q:\n%s", mail.Subject, mail.Text)
	}
	var owner struct{ Session session }
	h.Client(t).Post("/v1/activations", hosttest.Object{
		"token": mail.Token(), "password": "correct horse battery staple", "profile": hosttest.Object{"display_name": "Ada", "locale": "fr"},
	}).Want(201).Into(&owner)

	now := owner.Session
	hosttest.Until(t, "a token with the claim", func() bool { // of the first event on
		h.Client(t).Post("/v1/sessions/refresh", hosttest.Object{"refresh_token": now.RefreshToken}).Want(200).Into(&now)
		return now.claim(t)["plan"] == "pro"
	})
	claim := now.claim(t)
	if claim["status"] != "active" || fmt.Sprint(claim["seats"], claim["features"]) != "25 [sso]" || claim["stale"] != nil {
		t.Errorf("the claim is %v", claim)
	}
	if strings.Contains(h.Log.String(), billingKey) {
		t.Error("the key is in the log")
	}
}

type session struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// claim is what the token says of the plugin billing-claims.
func (s session) claim(t *testing.T) map[string]any {
	t.Helper()
	_, rest, _ := strings.Cut(s.AccessToken, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	var says struct {
		Ext map[string]map[string]any `json:"ext"`
	}
	if err := json.Unmarshal(text, &says); err != nil {
		t.Fatal(err)
	}
	return says.Ext["billing-claims"]
}
