package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/web"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/page"
	"github.com/usher-id/usher/tests/contract"
)

// host is a public listener on stub use cases.
type host struct {
	t        testing.TB
	url      string
	use      *useCases
	log      *lines
	client   *http.Client // checks every exchange against the document
	document *contract.Document
	server   *web.Server
}

func start(t testing.TB, change ...func(*web.Deps, *web.Config)) *host {
	t.Helper()
	log := &lines{}
	use := &useCases{}
	pages, err := page.New()
	must(t, err)
	deps := web.Deps{
		Deps: edge.Deps{
			Log:    slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(), Clock: core.SystemClock{},
		},
		Activation: use, Identity: use, Mail: use, Webhooks: hooks{use}, Streams: use, Pages: pages,
	}
	config := web.Config{EventSource: "https://usher.example.com"}
	for _, f := range change {
		f(&deps, &config)
	}
	server, err := web.New(deps, config)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server.Serve(listener)
	connections := &http.Transport{}
	t.Cleanup(func() {
		connections.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		must(t, server.Shutdown(ctx))
	})
	document, err := loadDocument()
	must(t, err)
	return &host{
		t: t, url: "http://" + listener.Addr().String(), use: use, log: log, document: document,
		client: document.Client(t, connections), server: server,
	}
}

// loadDocument reads the document of the contract, once.
var loadDocument = sync.OnceValues(func() (*contract.Document, error) {
	text, err := web.OpenAPI()
	if err != nil {
		return nil, err
	}
	return contract.Load(text)
})

// trusting makes loopback a trusted proxy.
func trusting(_ *web.Deps, c *web.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// answer is an answer with its body.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	problem edge.Problem // when it is one
}

// call sends one request; headers are given as "Name: value", a body of "" is none.
func (h *host) call(method, path, body string, headers ...string) answer {
	h.t.Helper()
	request, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	must(h.t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Del(name)
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := h.client.Do(request)
	must(h.t, err)
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	must(h.t, err)
	a := answer{status: response.StatusCode, header: response.Header, body: got}
	if response.Header.Get("Content-Type") == edge.MIMEProblem && len(got) > 0 {
		must(h.t, json.Unmarshal(got, &a.problem))
	}
	return a
}

// signedIn is the header of a session that the stub knows.
const signedIn = "Authorization: Bearer good"

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
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

// all gives the lines with a message.
func (l *lines) all(t testing.TB, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var entry map[string]any
		must(t, json.Unmarshal([]byte(line), &entry))
		if entry["msg"] == message {
			found = append(found, entry)
		}
	}
	return found
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
