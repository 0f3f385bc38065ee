package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

const (
	apiToken    = "api-token-of-the-test"
	callbackKey = "callback-key-of-the-test"
)

// parcel is what the provider was given.
type parcel struct {
	To, From, Subject, Text, HTML, Tag string

	id string // the provider's name for it
}

// token is the one in the mail's link.
func (p parcel) token() string {
	_, after, _ := strings.Cut(p.Text, "/a/")
	return strings.TrimSpace(strings.SplitN(after, "\n", 2)[0])
}

// mailAPI is a mail provider with a JSON API. What it answers is in the recipient's domain.
type mailAPI struct {
	*httptest.Server

	mu      sync.Mutex
	parcels []parcel
}

func startMailAPI(t *testing.T) *mailAPI {
	t.Helper()
	api := &mailAPI{}
	api.Server = httptest.NewServer(http.HandlerFunc(api.post))
	t.Cleanup(api.Close)
	return api
}

func (a *mailAPI) post(w http.ResponseWriter, r *http.Request) {
	var p parcel
	if r.URL.Path != "/messages" || json.NewDecoder(r.Body).Decode(&p) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := a.take(p)
	switch _, domain, _ := strings.Cut(p.To, "@"); {
	case r.Header.Get("Authorization") != "Bearer "+apiToken || domain == "refused.example":
		w.WriteHeader(http.StatusUnauthorized)
	case domain == "retry.example":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case domain == "failed.example":
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"reason": "no_such_mailbox"}`))
	default:
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"id": "` + id + `"}`))
	}
}

// take keeps a parcel and gives the name for it.
func (a *mailAPI) take(p parcel) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	p.id = fmt.Sprint("parcel-", len(a.parcels)+1)
	a.parcels = append(a.parcels, p)
	return p.id
}

// to are the parcels to one address.
func (a *mailAPI) to(address string) (found []parcel) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.parcels {
		if p.To == address {
			found = append(found, p)
		}
	}
	return found
}

// postmanHost is a host whose mail leaves by the provider that postman adapts, and by the
// sink when that does not take it.
func postmanHost(t *testing.T, api *mailAPI) *hosttest.Host {
	t.Helper()
	all := func(hooks ...hostapi.Hook) map[hostapi.Hook]hostapi.HookNeeds {
		needs := map[hostapi.Hook]hostapi.HookNeeds{}
		needs[hooks[0]] = hostapi.HookNeeds{Fields: []string{"message_id", "from", "to", "subject", "text", "html", "link"}}
		needs[hooks[1]] = hostapi.HookNeeds{Fields: []string{"headers", "body"}}
		return needs
	}
	file := packed(t, hosttest.Guest(t, "tests/e2e/testdata/guests/postman"), hostapi.Manifest{
		Name: "postman", Version: "1.0.0", Hooks: all(hostapi.HookMessageSend, hostapi.HookMessageStatus),
		Requests: hostapi.Requests{HTTP: &hostapi.HTTPGrant{}, Secrets: []string{"api", "callbacks"}},
		Limits:   hostapi.Limits{WallMS: 2000},
	})
	load := fmt.Sprintf(`[{"name": "postman", "file": %q, "config": {"base": %q}, "grants": {"http": {"origins": [%q]}},
		"secrets": {"api": %q, "callbacks": %q}}]`, file, api.URL, api.URL, apiToken, callbackKey)
	return hosttest.Start(t, hosttest.Options{Settings: map[string]string{
		"database.url":   pgtest.New(t),
		"plugins.load":   load,
		"mail.providers": `[{"name": "api", "kind": "plugin", "plugin": "postman"}, {"name": "backup", "kind": "sink"}]`,
		"log.format":     "json",
	}})
}

// packed is the module with its manifest, as a custom section at its end.
func packed(t *testing.T, file string, m hostapi.Manifest) string {
	t.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	section := append(binary.AppendUvarint(nil, uint64(len(hostapi.ManifestSection))), hostapi.ManifestSection+string(manifest)...)
	wasm = append(binary.AppendUvarint(append(wasm, 0), uint64(len(section))), section...)
	out := filepath.Join(t.TempDir(), "packed.wasm")
	if err := os.WriteFile(out, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestProviderOfAPlugin has a plugin hand mails to a provider's API, and everything that
// can go wrong with it go wrong once.
func TestProviderOfAPlugin(t *testing.T) {
	t.Parallel()
	api := startMailAPI(t)
	h := postmanHost(t, api)
	db := database(t, h)
	email := newAddress("owner")
	signUp(t, h, email, "By Plugin")
	hosttest.Until(t, "the owner's mail", func() bool { return len(api.to(email)) == 1 })
	owner := activate(t, h, api.to(email)[0].token(), "Olive Owner")
	x := &tenant{t: t, host: h, owner: owner, id: owner.Tenant.ID}

	const row = "SELECT status || ' ' || provider || ' ' || reason FROM messages WHERE invitation_id = $1::uuid"
	for _, tt := range []struct {
		domain, row string
		asked       int // how often the provider was
		backup      bool
	}{
		{"retry.example", "sent backup ", 1, true},
		{"failed.example", "failed api permanent: no_such_mailbox", 1, false},
		{"crash.example", "sent backup ", 0, true},
		{"loop.example", "sent backup ", 0, true},
		{"keep.example", "sent backup ", 0, true},
		{"refused.example", "sent backup ", 1, true}, // the last: the provider's gate is shut then
	} {
		address := "grace@" + tt.domain
		invitation := x.invite(address)
		hosttest.Until(t, tt.domain+" to be "+tt.row, func() bool { return one[string](t, db, row, invitation) == tt.row })
		equal(t, tt.domain+": the provider was asked", len(api.to(address)), tt.asked)
		mails := h.Mails(t, address)
		equal(t, tt.domain+": went by the backup", len(mails) == 1, tt.backup)
		if tt.backup {
			h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": mails[0].Token()}).Want(200)
		}
		if tt.domain == "failed.example" {
			lostOnTheWay(t, x, api)
			acceptedAndReported(t, x, api)
		}
	}
	if !slices.Contains(h.Document(t).Operations(), reportDelivery) || !slices.Contains(h.Answered(), strings.Replace(reportDelivery, "{name}", "api", 1)) {
		t.Errorf("%s was never answered well", reportDelivery)
	}
	equal(t, "health", h.Client(t).Get("/health/email").Want(200).Text("status"), "degraded")
	for _, p := range api.to(email)[:1] { // the other is a notice without a link
		if strings.Contains(h.Log.String(), p.token()) {
			t.Error("the link is in the log")
		}
	}
	if !strings.Contains(h.Log.String(), "link.usher.invalid") {
		t.Error("the guest did not log the placeholder that it was shown")
	}
}

// lostOnTheWay has the plugin not come back after the link had left: the mail may have been
// taken, so that it goes to nobody else and comes again under the same name.
func lostOnTheWay(t *testing.T, x *tenant, api *mailAPI) {
	const address = "grace@lost.example"
	x.invite(address)
	hosttest.Until(t, "it to come again", func() bool { return len(api.to(address)) >= 2 })
	got := api.to(address)
	got[1].id = got[0].id
	equal(t, "the second mail", got[1], got[0])
	equal(t, "mails by the backup", len(x.host.Mails(t, address)), 0)
}

// acceptedAndReported has the provider take a mail and tell what became of it.
func acceptedAndReported(t *testing.T, x *tenant, api *mailAPI) {
	h, db := x.host, database(t, x.host)
	address := newAddress("grace")
	invitation := x.invite(address)
	var id string
	hosttest.Until(t, "it to be sent", func() bool {
		id = one[string](t, db, "SELECT provider_message_id FROM messages WHERE invitation_id = $1::uuid", invitation)
		return id != ""
	})
	p := api.to(address)[0]
	h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": p.token()}).Want(200)
	if !strings.Contains(p.HTML, "/a/"+p.token()) || strings.Contains(p.Text+p.HTML, "link.usher.invalid") {
		t.Errorf("the provider got %+v", p)
	}
	delivery := func() string { return x.client().Get(x.path("/invitations/" + invitation)).Want(200).Text("delivery") }
	equal(t, "delivery", delivery(), "sent")

	report := func(event, name string) string {
		return `[{"event": "` + event + `", ` + name + `, "reason": "said_so"}]`
	}
	byID, byTag := `"id": "`+id+`"`, `"tag": "`+p.Tag+`"`
	known := callback(t, h, report("delivered", byID), "").Want(200)
	equal(t, "delivery", delivery(), "delivered")
	unknown := callback(t, h, report("delivered", `"id": "parcel-0"`), "").Want(200)
	equal(t, "answers to a known and an unknown mail", string(known.Body), string(unknown.Body))
	callback(t, h, report("delivered", byTag), "").Want(200)
	callback(t, h, report("bounced", byTag), "").Want(200)
	callback(t, h, report("delivered", byID), "").Want(200)
	equal(t, "delivery", delivery(), "bounced")

	hosttest.Until(t, "the inviter to be told", func() bool { return len(api.to(x.owner.User.Email)) == 2 })
	if p := api.to(x.owner.User.Email)[1]; !strings.Contains(p.Subject, "g***@") || strings.Contains(p.Subject+p.Text+p.HTML, "/a/") || strings.Contains(p.Text, address) {
		t.Errorf("the inviter is told %+v", p)
	}

	callback(t, h, report("complained", byID), strings.Repeat("0", 64)).Problem(401, "unauthenticated")
	callback(t, h, "not JSON", "").Problem(503, "unavailable")
	h.Client(t).Post("/v1/mail/providers/backup/status", "{}").Problem(404, "not_found")
	h.Client(t).Post("/v1/mail/providers/nobody/status", "{}").Problem(404, "not_found")
	equal(t, "delivery", delivery(), "bounced")

	const told = "SELECT string_agg(type, ' ' ORDER BY aggregate_version) FROM events WHERE aggregate_type = 'message' AND data->>'invitation_id' = $1"
	equal(t, "events", one[string](t, db, told, invitation), "MessageDelivered MessageBounced")
	metrics := metricsOf(t, h)
	for status, want := range map[string]float64{"delivered": 1, "bounced": 1, "repeated": 2, "unknown": 1, "rejected": 2, "complained": 0} {
		equal(t, "reports that were "+status, metrics.value(t, "usher_email_status_total", "provider=api", "status="+status), want)
	}
}

// reportDelivery is the call that callback makes.
const reportDelivery = "POST /v1/mail/providers/{name}/status"

// callback sends one of the provider's; its signature is right when none is given.
func callback(t *testing.T, h *hosttest.Host, body, signature string) hosttest.Answer {
	t.Helper()
	if signature == "" {
		signature = hmacOf(callbackKey, body)
	}
	return h.Client(t).With("X-Signature: "+signature).Post("/v1/mail/providers/api/status", body)
}

// hmacOf is the HMAC-SHA-256 of a text, in hexadecimal.
func hmacOf(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
