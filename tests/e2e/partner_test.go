package e2e_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

const (
	partnerKey      = "key-of-the-partner-in-this-test"
	partnerCallback = "https://app.example.com/signed-in"
)

// partnerAPI is another company: people sign in there, tenants have accounts there, and it
// takes events.
type partnerAPI struct {
	*httptest.Server

	mu         sync.Mutex
	challenges map[string]string // by code
	people     map[string]string // addresses by code
	accounts   []string          // names of tenants, as often as one was asked for
	events     []string          // type and tenant
	down       bool
}

func startPartner(t *testing.T) *partnerAPI {
	t.Helper()
	p := &partnerAPI{challenges: map[string]string{}, people: map[string]string{}}
	mux := http.NewServeMux()
	for path, answer := range map[string]func(map[string]any) (int, any){
		"POST /token": p.token, "POST /accounts": p.account, "POST /events": p.event,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			var body map[string]any
			if r.Header.Get("Authorization") != "Bearer "+partnerKey || json.NewDecoder(r.Body).Decode(&body) != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			p.mu.Lock()
			status, said := answer(body)
			p.mu.Unlock()
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(said)
		})
	}
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// signIn is what a person does there: it gives the query of the callback.
func (p *partnerAPI) signIn(t *testing.T, address, email string) map[string]string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.URL+"/authorize?") || u.Query().Get("redirect_uri") != partnerCallback {
		t.Fatalf("sent to %s: %v", address, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := fmt.Sprint("code-", len(p.people))
	p.people[code], p.challenges[code] = email, u.Query().Get("code_challenge")
	return map[string]string{"code": code, "state": u.Query().Get("state")}
}

func (p *partnerAPI) token(body map[string]any) (int, any) {
	code, _ := body["code"].(string)
	verifier, _ := body["code_verifier"].(string)
	challenge := sha256.Sum256([]byte(verifier))
	email := p.people[code]
	delete(p.people, code) // good for once
	if email == "" || base64.RawURLEncoding.EncodeToString(challenge[:]) != p.challenges[code] {
		return http.StatusBadRequest, nil
	}
	return http.StatusOK, hostapi.Identity{Subject: "subject of " + email, Email: email, EmailVerified: true}
}

func (p *partnerAPI) account(body map[string]any) (int, any) {
	if p.down {
		return http.StatusServiceUnavailable, nil
	}
	p.accounts = append(p.accounts, fmt.Sprint(body["name"]))
	return http.StatusOK, map[string]any{"ID": fmt.Sprint("account-of-", body["id"])}
}

func (p *partnerAPI) event(body map[string]any) (int, any) {
	if p.down {
		return http.StatusServiceUnavailable, nil
	}
	p.events = append(p.events, fmt.Sprint(body["type"], " ", body["tenantid"]))
	return http.StatusOK, nil
}

// of gives the types that were taken of a tenant's events.
func (p *partnerAPI) of(tenant string) (types []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if name, of, _ := strings.Cut(e, " "); of == tenant && !slices.Contains(types, name) { // each at least once
			types = append(types, name)
		}
	}
	return types
}

func partnerHost(t *testing.T, p *partnerAPI) *hosttest.Host {
	t.Helper()
	needs := map[hostapi.Hook]hostapi.HookNeeds{
		hostapi.HookIdentityBegin:   {Fields: []string{"callback_url", "state", "nonce", "challenge"}},
		hostapi.HookIdentityFinish:  {Fields: []string{"query", "verifier", "private"}},
		hostapi.HookTenantProvision: {Fields: []string{"tenant_id", "name"}},
		hostapi.HookEventDeliver:    {Fields: []string{"event"}},
	}
	file := packed(t, hosttest.Guest(t, "tests/e2e/testdata/guests/partner"), hostapi.Manifest{
		Name: "partner", Version: "1.0.0", Hooks: needs,
		Requests: hostapi.Requests{HTTP: &hostapi.HTTPGrant{}, Secrets: []string{"key"}}, Limits: hostapi.Limits{WallMS: 10_000},
	})
	return hosttest.Start(t, hosttest.Options{Settings: map[string]string{
		"database.url": pgtest.New(t),
		"plugins.load": fmt.Sprintf(`[{"name": "partner", "file": %q, "config": {"base": %q}, "grants": {"http": {"origins": [%q]}}, "secrets": {"key": %q}}]`,
			file, p.URL, p.URL, partnerKey),
		"identity.providers": fmt.Sprintf(`[{"name": "corp", "plugin": "partner", "callback_urls": [%q]}]`, partnerCallback),
	}})
}

// TestPartner has people sign in at another company, tenants get accounts there, and
// events sent there, through its failure and back.
func TestPartner(t *testing.T) {
	t.Parallel()
	p := startPartner(t)
	h := partnerHost(t, p)
	owner := newTenant(t, h)
	me := owner.client().Get("/v1/me")
	email, id := me.Text("user", "email"), me.Text("user", "id")

	t.Run("sign in", func(t *testing.T) {
		for range 2 {
			begun := h.Client(t).Post("/v1/identities/corp/begin", hosttest.Object{"callback_url": partnerCallback}).Want(200)
			query := p.signIn(t, begun.Text("url"), email)
			body := hosttest.Object{"continuation": begun.Text("continuation"), "query": query}
			session := h.Client(t).Post("/v1/identities/corp/finish", body).Want(201)
			if got := h.Client(t).As(session.Text("access_token")).Get("/v1/me").Text("user", "id"); got != id {
				t.Errorf("signed in as %s, want %s", got, id)
			}
			h.Client(t).Post("/v1/identities/corp/finish", body).Problem(503, "unavailable") // the code is spent
		}
		begun := h.Client(t).Post("/v1/identities/corp/begin", hosttest.Object{"callback_url": partnerCallback}).Want(200)
		query := p.signIn(t, begun.Text("url"), newAddress("stranger"))
		h.Client(t).Post("/v1/identities/corp/finish", hosttest.Object{"continuation": begun.Text("continuation"), "query": query}).Problem(401, "invalid_credentials")
		query["state"] = "forged"
		h.Client(t).Post("/v1/identities/corp/finish", hosttest.Object{"continuation": begun.Text("continuation"), "query": query}).Problem(401, "unauthenticated")
		h.Client(t).Post("/v1/identities/corp/begin", hosttest.Object{"callback_url": "https://evil.example/"}).Problem(422, "validation_failed")
		h.Client(t).Post("/v1/identities/nobody/begin", hosttest.Object{"callback_url": partnerCallback}).Problem(404, "not_found")
	})
	t.Run("provision", func(t *testing.T) {
		hosttest.Until(t, "the account's id among the events", func() bool {
			return strings.Contains(owner.client().Get(owner.path("/events?limit=200")).Text("data"), "account-of-"+owner.id)
		})
	})
	t.Run("events through a failure", func(t *testing.T) {
		p.mu.Lock()
		p.down = true
		p.mu.Unlock()
		late := newTenant(t, h)
		p.mu.Lock()
		p.down = false
		p.mu.Unlock()
		want := []string{"activation.SignupStarted", "activation.TenantProvisioned", "activation.OwnerVerified", "activation.ActivationCompleted", "activation.SessionStarted"}
		hosttest.Until(t, "every event of the tenant", func() bool { return len(p.of(late.id)) >= len(want)+1 }) // and its references
		if got := p.of(late.id); !slices.Equal(slices.DeleteFunc(got, func(n string) bool { return n == "activation.TenantReferencesChanged" }), want) {
			t.Errorf("taken in the order %v, want %v", got, want)
		}
	})
}
