package page_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/core/web/page"
)

// host serves the pages and speaks the two calls that the activation page
// makes. The token says how it answers.
type host struct {
	*httptest.Server

	mu     sync.Mutex
	bodies []map[string]any // what was posted to /v1/activations
	keys   []string         // its idempotency keys
	acted  int              // how often it was told that somebody acted
	scene  scene            // of the plugins page
}

func newHost(t *testing.T) *host {
	t.Helper()
	pages := newPage(t)
	h := &host{scene: trying()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /a/{token}", func(w http.ResponseWriter, _ *http.Request) { write(w, pages.Activation()) })
	mux.HandleFunc("GET /plugins", func(w http.ResponseWriter, _ *http.Request) { write(w, pages.Plugins()) })
	mux.HandleFunc("/admin/v1/plugins/", h.releases)
	h.letters(t, mux, pages)
	mux.HandleFunc("GET /sink", func(w http.ResponseWriter, _ *http.Request) { write(w, pages.Sink()) })
	mux.HandleFunc("GET /problems/{code}", func(w http.ResponseWriter, _ *http.Request) { write(w, problemPage(t, pages)) })
	mux.HandleFunc("GET /assets/{name}", func(w http.ResponseWriter, r *http.Request) {
		asset, ok := pages.Asset(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		write(w, page.Document{Body: asset.Body, Headers: asset.Headers})
	})
	mux.HandleFunc("POST /v1/activations/inspect", h.inspect)
	mux.HandleFunc("POST /v1/activations", h.activate)
	mux.HandleFunc("GET /admin/v1/sink/messages", h.sink)
	mux.HandleFunc("DELETE /admin/v1/sink/messages", h.sink)
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	return h
}

func write(w http.ResponseWriter, document page.Document) {
	for _, header := range document.Headers {
		w.Header().Set(header.Name, header.Value)
	}
	_, _ = w.Write(document.Body) // a browser that went away is no failure
}

// posted gives what reached POST /v1/activations.
func (h *host) posted() []map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bodies
}

// links tells what each token is for.
func links() map[string]map[string]any {
	link := func(purpose string, exists, password bool, fields ...string) map[string]any {
		return map[string]any{
			"purpose":        purpose,
			"tenant":         map[string]any{"id": "0198c0de-0000-7000-8000-000000000001", "name": "Northlight Studio", "slug": "northlight"},
			"email_hint":     "g•••@example.com",
			"fields":         fields,
			"expires_at":     "2031-05-04T15:00:00Z",
			"account_exists": exists, "password_required": password,
		}
	}
	return map[string]map[string]any{
		"invited":      link("invitation", false, true, "display_name", "password"),
		"passwordless": link("invitation", false, false, "display_name"),
		"owner":        link("owner_verification", false, true, "display_name", "password"),
		"member":       link("invitation", true, true, "password"),
		"memberless":   link("invitation", true, false),
		"reset":        link("password_reset", true, true, "password"),
		"signin":       link("sign_in", true, false),
		"branded":      branded(link("invitation", true, false)),
		"refused":      link("invitation", false, true, "display_name", "password"),
		"stormy":       link("invitation", false, true, "display_name", "password"),
		"hasty":        link("invitation", false, true, "display_name", "password"),
	}
}

// branded gives a link the look of a tenant whose logo cannot be reached.
func branded(link map[string]any) map[string]any {
	link["branding"] = map[string]any{
		"name": "Northlight Studio", "logo_url": "https://logo.invalid/logo.svg", "colour": "#ffd400", "support_url": "https://help.example.com/",
	}
	return link
}

func (h *host) inspect(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Token    string
		ByPerson bool `json:"by_person"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body) // an unreadable body has no token
	if body.ByPerson {
		h.mu.Lock()
		h.acted++
		h.mu.Unlock()
	}
	if link, ok := links()[body.Token]; ok {
		answer(w, http.StatusOK, link)
		return
	}
	problem(w, http.StatusGone, "invalid_token", nil)
}

func (h *host) activate(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body) // an unreadable body has no token
	h.mu.Lock()
	h.bodies = append(h.bodies, body)
	h.keys = append(h.keys, r.Header.Get("Idempotency-Key"))
	first := len(h.bodies) == 1
	h.mu.Unlock()
	switch {
	case body["token"] == "refused" && first:
		problem(w, http.StatusUnprocessableEntity, "validation_failed", []map[string]string{
			{"field": "profile.display_name", "code": "not_allowed", "message": "Use the name on your badge."},
			{"field": "password", "code": "common_password", "message": "This password is in a list of leaked ones."},
		})
	case body["token"] == "stormy" && first:
		problem(w, http.StatusServiceUnavailable, "unavailable", nil)
	case body["token"] == "hasty" && first:
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusTooManyRequests, "rate_limited", nil)
	case body["token"] == "member" && body["password"] != "a long enough password":
		problem(w, http.StatusUnauthorized, "invalid_credentials", nil)
	default:
		answer(w, http.StatusCreated, map[string]any{
			"user": map[string]any{}, "tenant": map[string]any{"name": "Northlight Studio"}, "membership": map[string]any{},
			"session": map[string]any{"access_token": "secret"}, "redirect_url": "/problems/welcome",
		})
	}
}

func (h *host) sink(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer operator-secret" {
		problem(w, http.StatusUnauthorized, "unauthenticated", nil)
		return
	}
	if r.Method == http.MethodDelete {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	message := map[string]any{
		"id": "1", "to": "grace@example.com", "from": "Usher <no-reply@example.com>", "subject": "Join Northlight Studio",
		"text":    "Hello,\n\nyou have been invited: " + h.URL + "/a/invited\n",
		"html":    `<p style="color:#56224f;font-size:20px">You have been <b>invited</b>.</p><script>document.title="broken"</script><a href="` + h.URL + `/a/invited">Join</a>`,
		"headers": map[string][]string{"Message-ID": {"<1@example.com>"}}, "links": []string{h.URL + "/a/invited", "javascript:alert(1)"},
		"received_at": "2031-05-01T09:30:00Z",
	}
	other := map[string]any{
		"id": "2", "to": "ada@example.com", "from": "no-reply@example.com", "subject": "Finish setting up Northlight Studio",
		"text": "One last step.", "html": "", "headers": map[string]any{}, "links": []string{}, "received_at": "2031-05-01T09:00:00Z",
	}
	data := []any{message, other}
	if strings.HasPrefix(r.URL.Query().Get("to"), "ada") {
		data = []any{other}
	}
	answer(w, http.StatusOK, map[string]any{"data": data})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a browser that went away is no failure
}

func problem(w http.ResponseWriter, status int, code string, errors []map[string]string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // a browser that went away is no failure
		"type": "/problems/" + code, "title": code, "status": status, "detail": "Told by the host.", "code": code,
		"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "errors": errors,
	})
}
