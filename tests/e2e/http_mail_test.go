package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// startProviders are two providers at one address: one in the shape of Postmark's API and one in
// that of Mailgun's, which has too much to do for mails to retry.example.
func startProviders(t *testing.T) *mailAPI {
	t.Helper()
	api, mux := &mailAPI{}, http.NewServeMux()
	mux.HandleFunc("POST /email", api.postmark)
	mux.HandleFunc("POST /v3/mg.example/messages", api.mailgun)
	api.Server = httptest.NewServer(mux)
	t.Cleanup(api.Close)
	return api
}

func (a *mailAPI) postmark(w http.ResponseWriter, r *http.Request) {
	var m struct {
		From, To, Subject, TextBody, HtmlBody string //nolint:revive // Postmark's names
		Metadata                              map[string]string
	}
	if json.NewDecoder(r.Body).Decode(&m) != nil || r.Header.Get("X-Postmark-Server-Token") != apiToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	id := a.take(parcel{To: m.To, From: m.From, Subject: m.Subject, Text: m.TextBody, HTML: m.HtmlBody, Tag: m.Metadata["message_id"]})
	_, _ = fmt.Fprintf(w, `{"ErrorCode": 0, "Message": "OK", "MessageID": %q}`, id)
}

func (a *mailAPI) mailgun(w http.ResponseWriter, r *http.Request) {
	user, key, _ := r.BasicAuth()
	switch {
	case user != "api" || key != apiToken || r.ParseForm() != nil:
		w.WriteHeader(http.StatusUnauthorized)
	case strings.HasSuffix(r.PostForm.Get("to"), "@retry.example"):
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		f := r.PostForm
		id := a.take(parcel{
			To: f.Get("to"), From: f.Get("from"), Subject: f.Get("subject"), Text: f.Get("text"), HTML: f.Get("html"), Tag: f.Get("v:message_id"),
		})
		_, _ = fmt.Fprintf(w, `{"id": "<%s>", "message": "Queued. Thank you."}`, id)
	}
}

// httpMailHost is a host whose mail leaves by http-mail in two flavours.
func httpMailHost(t *testing.T, api *mailAPI) *hosttest.Host {
	t.Helper()
	file := hosttest.Guest(t, "plugins/bundled/http-mail")
	plugin := func(config string) string {
		return fmt.Sprintf(`"file": %q, "config": {"origin": %q, %s}, "grants": {"http": {"origins": [%q]}}, "secrets": {"api": %q, "callbacks": %q}}`,
			file, api.URL, config, api.URL, apiToken, callbackKey)
	}
	return hosttest.Start(t, hosttest.Options{Settings: map[string]string{
		"database.url": pgtest.New(t),
		"plugins.load": `[{"name": "mailgun", ` + plugin(`"flavour": "mailgun", "domain": "mg.example"`) +
			`, {"name": "postmark", ` + plugin(`"flavour": "postmark"`) + `]`,
		"mail.providers": `[{"name": "first", "kind": "plugin", "plugin": "mailgun"}, {"name": "second", "kind": "plugin", "plugin": "postmark"}]`,
		"log.format":     "json",
	}})
}

// TestHTTPMail has the bundled plugin hand mails to providers, with the real links, and
// read what they report.
func TestHTTPMail(t *testing.T) {
	t.Parallel()
	api := startProviders(t)
	h := httpMailHost(t, api)
	db := database(t, h)
	email := newAddress("owner")
	signUp(t, h, email, "By HTTP")
	hosttest.Until(t, "the owner's mail", func() bool { return len(api.to(email)) == 1 })
	owner := activate(t, h, api.to(email)[0].token(), "Olive Owner")
	x := &tenant{t: t, host: h, owner: owner, id: owner.Tenant.ID}

	const row = "SELECT status || ' ' || provider || ' ' || provider_message_id FROM messages WHERE invitation_id = $1::uuid"
	for _, tt := range []struct {
		address, provider string
		report            func(t *testing.T, event, id, tag string) hosttest.Answer
		delivered, other  string // the provider's words for the events
	}{
		{newAddress("grace"), "first", func(t *testing.T, event, id, tag string) hosttest.Answer {
			return mailgunReports(t, h, event, id, tag, callbackKey)
		}, "delivered", "complained"},
		{"grace@retry.example", "second", func(t *testing.T, event, id, tag string) hosttest.Answer {
			return postmarkReports(t, h, event, id, tag, callbackKey)
		}, "Delivery", "SpamComplaint"},
	} {
		invitation := x.invite(tt.address)
		hosttest.Until(t, tt.address+" to be sent", func() bool { return len(api.to(tt.address)) == 1 })
		p := api.to(tt.address)[0]
		h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": p.token()}).Want(200)
		if !strings.Contains(p.HTML, "/a/"+p.token()) || strings.Contains(p.Text+p.HTML, "link.usher.invalid") {
			t.Errorf("the provider got %+v", p)
		}
		hosttest.Until(t, tt.address+" to be sent by "+tt.provider, func() bool {
			return one[string](t, db, row, invitation) == "sent "+tt.provider+" "+p.id
		})
		delivery := func() string { return x.client().Get(x.path("/invitations/" + invitation)).Want(200).Text("delivery") }
		equal(t, "delivery", delivery(), "sent")
		tt.report(t, tt.delivered, p.id, "").Want(200)
		equal(t, "delivery", delivery(), "delivered")
		tt.report(t, tt.other, "", p.Tag).Want(200)
		equal(t, "delivery", delivery(), "complained")
		if strings.Contains(h.Log.String(), p.token()) {
			t.Error("the link is in the log")
		}
	}
	mailgunReports(t, h, "delivered", "x", "", "another key").Problem(401, "unauthenticated")
	postmarkReports(t, h, "Delivery", "x", "", "another key").Problem(401, "unauthenticated")
	for _, secret := range []string{apiToken, callbackKey} {
		if strings.Contains(h.Log.String(), secret) {
			t.Error("a secret is in the log")
		}
	}
}

// mailgunReports sends a callback of Mailgun's, which signs a time and a token.
func mailgunReports(t *testing.T, h *hosttest.Host, event, id, tag, key string) hosttest.Answer {
	t.Helper()
	at := fmt.Sprint(time.Now().Unix())
	return h.Client(t).Post("/v1/mail/providers/first/status", fmt.Sprintf(
		`{"signature": {"timestamp": %q, "token": "abc", "signature": %q},
		"event-data": {"event": %q, "message": {"headers": {"message-id": %q}}, "user-variables": {"message_id": %q}}}`,
		at, hmacOf(key, at+"abc"), event, id, tag))
}

// postmarkReports sends a callback of Postmark's, with the password that an operator derives.
func postmarkReports(t *testing.T, h *hosttest.Host, event, id, tag, key string) hosttest.Answer {
	t.Helper()
	pair := base64.StdEncoding.EncodeToString([]byte("usher:" + hmacOf(key, "usher-callbacks")))
	return h.Client(t).With("Authorization: Basic "+pair).Post("/v1/mail/providers/second/status", fmt.Sprintf(
		`{"RecordType": %q, "MessageID": %q, "Metadata": {"message_id": %q}}`, event, id, tag))
}
