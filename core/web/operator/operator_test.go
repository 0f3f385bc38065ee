package operator_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/operator"
	"github.com/usher-id/usher/core/web/page"
)

const token = "operator-token-of-the-test"

type mailbox struct {
	to      string
	limit   int
	cleared bool
}

func (m *mailbox) List(to string, limit int) []sink.Mail {
	m.to, m.limit = to, limit
	return []sink.Mail{{ID: "1", To: "a@example.com", Subject: "Hello", Links: []string{"https://x.example/a/t"}}}
}

func (m *mailbox) Clear() { m.cleared = true }

type host struct {
	t    *testing.T
	url  string
	log  *lines
	stop func()
}

func start(t *testing.T, change func(*operator.Deps)) *host {
	t.Helper()
	pages, err := page.New()
	must(t, err)
	log := &lines{}
	d := operator.Deps{
		Deps: edge.Deps{
			Log: slog.New(slog.NewJSONHandler(log, nil)), Tracer: noop.NewTracerProvider().Tracer(""),
			Signals: signal.Nop(), Clock: core.SystemClock{},
		},
		Pages: pages, Token: token, Sink: &mailbox{},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = io.WriteString(w, "usher_up 1\n")
		}),
		Effective: func() (any, error) { return map[string]any{"http": map[string]string{"listen": "127.0.0.1:0"}}, nil },
		Reload:    func(context.Context) (any, error) { return map[string]int{"generation": 2}, nil },
		Plugins:   func() any { return map[string][]string{"data": {"one"}} },
		Hooks:     func() any { return map[string][]string{"data": {"signup.validate"}} },
		Calls:     noCalls,
		Letters:   &press{},
		Tenant:    findTenant,
		Registry:  &shelf{},
		Releases:  &ledger{},
		Trials:    trials{},
		Shadows:   shades{},
		Replays:   &replays{},
		Events:    &outbox{closed: make(chan struct{})},
		Webhooks:  endpoints{},
		Mails:     &mails{},
		Bounces:   bounces{},
		Stories:   &stories{},
	}
	if change != nil {
		change(&d)
	}
	server, err := operator.New(d, operator.Config{Config: edge.Config{Heartbeat: 50 * time.Millisecond}})
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server.Serve(listener)
	stop := sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		must(t, server.Shutdown(ctx))
	})
	t.Cleanup(stop)
	return &host{t: t, url: "http://" + listener.Addr().String(), log: log, stop: stop}
}

func (h *host) call(method, path, bearer string) (status int, body string, header http.Header) {
	h.t.Helper()
	return h.send(method, path, bearer, "", "")
}

// send is call with a body and the operator's name.
func (h *host) send(method, path, bearer, name, content string) (status int, body string, header http.Header) {
	h.t.Helper()
	request, err := http.NewRequest(method, h.url+path, strings.NewReader(content))
	must(h.t, err)
	request.Close = true
	if content != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if name != "" {
		request.Header.Set(operator.NameHeader, name)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	must(h.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(h.t, err)
	return response.StatusCode, string(text), response.Header
}

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, row := range []struct {
		method, path string
		status       int // with the token
		open         bool
		says         string
	}{
		{"GET", "/admin/v1/sink/messages", 200, false, `"subject":"Hello"`},
		{"DELETE", "/admin/v1/sink/messages", 204, false, ""},
		{"GET", "/admin/v1/config", 200, false, `"listen"`},
		{"POST", "/admin/v1/config/reload", 200, false, `"generation":2`},
		{"GET", "/admin/v1/plugins", 200, false, `"one"`},
		{"GET", "/admin/v1/hooks", 200, false, `"signup.validate"`},
		{"GET", "/admin/v1/plugins/versions", 200, false, `"plugin":"p"`},
		{"GET", "/admin/v1/plugins/versions/p@1.0.0", 200, false, `"fixtures":2`},
		{"POST", "/admin/v1/plugins/versions", 415, false, "Content-Type"},
		{"POST", "/admin/v1/plugins/versions/p/quarantine", 415, false, "Content-Type"},
		{"POST", "/admin/v1/plugins/versions/p/revoke", 415, false, "Content-Type"},
		{"POST", "/admin/v1/plugins/versions/p/clear", 415, false, "Content-Type"},
		{"GET", "/admin/v1/plugins/acts", 200, false, `"action":"push"`},
		{"GET", "/admin/v1/plugins/calls?plugin=p&wait_ms=0", 200, false, `"last":7`},
		{"GET", "/admin/v1/plugins/calls?after=-1", 400, false, "the number last"},
		{"GET", "/admin/v1/plugins/calls?wait_ms=60000", 400, false, "0 to 20000"},
		{"GET", "/debug/pprof/", 200, false, "goroutine"},
		{"GET", "/debug/pprof/heap", 200, false, ""},
		{"GET", "/debug/pprof/cmdline", 200, false, "operator"},
		{"GET", "/metrics", 200, true, "usher_up 1"},
		{"GET", "/sink", 200, true, "<html"},
		{"GET", "/plugins", 200, true, "<html"},
		{"GET", "/problems/unauthenticated", 200, true, "unauthenticated"},
		{"GET", "/nowhere", 404, true, `"code":"not_found"`},
		{"GET", "/v1/me", 404, true, ""},
	} {
		status, body, header := h.call(row.method, row.path, token)
		if status != row.status || !strings.Contains(body, row.says) {
			t.Errorf("%s %s: %d %.200s", row.method, row.path, status, body)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", row.path)
		}
		want := 401
		if row.open {
			want = row.status
		}
		for _, bad := range []string{"", "wrong", token + "x", token[:5]} {
			if status, _, _ := h.call(row.method, row.path, bad); status != want {
				t.Errorf("%s %s with %q: %d, want %d", row.method, row.path, bad, status, want)
			}
		}
	}
	if strings.Contains(h.log.String(), token) {
		t.Error("the token is in the log")
	}
}

func TestSinkFilters(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	h := start(t, func(d *operator.Deps) { d.Sink = box })
	h.call("GET", "/admin/v1/sink/messages?to=a@example.com&limit=3", token)
	if box.to != "a@example.com" || box.limit != 3 {
		t.Errorf("asked for %q, %d", box.to, box.limit)
	}
	if status, _, _ := h.call("GET", "/admin/v1/sink/messages?limit=-1", token); status != 400 {
		t.Errorf("a bad limit: %d", status)
	}
	h.call("DELETE", "/admin/v1/sink/messages", token)
	if !box.cleared {
		t.Error("nothing was forgotten")
	}
}

func TestWithoutASinkItsCallsAreNotThere(t *testing.T) {
	t.Parallel()
	h := start(t, func(d *operator.Deps) { d.Sink = nil })
	for _, path := range []string{"/sink", "/admin/v1/sink/messages"} {
		if status, _, _ := h.call("GET", path, token); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestARefusedReloadSaysWhy(t *testing.T) {
	t.Parallel()
	h := start(t, func(d *operator.Deps) {
		d.Reload = func(context.Context) (any, error) {
			return nil, errors.New(`unknown key "htttp"; did you mean "http"?`)
		}
	})
	status, body, _ := h.call("POST", "/admin/v1/config/reload", token)
	var problem edge.Problem
	must(t, json.Unmarshal([]byte(body), &problem))
	if status != 422 || !strings.Contains(problem.Detail, "did you mean") {
		t.Errorf("%d %s", status, body)
	}
}

func TestPartsAreRequired(t *testing.T) {
	t.Parallel()
	if _, err := operator.New(operator.Deps{}, operator.Config{}); err == nil {
		t.Error("an operator's listener without a token")
	}
}

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
