package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/web"
)

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	h := start(t)
	given := func(path, body string, headers ...string) core.Idempotency {
		t.Helper()
		h.call("POST", path, body, append(headers, "Idempotency-Key: key 1")...)
		switch in := h.use.seen().(type) {
		case activation.Signup:
			return in.Idempotency
		case activation.Invite:
			return in.Idempotency
		case activation.Activate:
			return in.Idempotency
		}
		t.Fatal("no use case was called")
		return core.Idempotency{}
	}
	first := given("/v1/signups", signupBody)
	if first.Key != "key 1" || first.Scope != "anonymous" || first.Route != "POST /v1/signups" || first.Hash == [32]byte{} {
		t.Errorf("got %+v", first)
	}
	equal(t, "the same again", given("/v1/signups", signupBody), first)
	other := given("/v1/signups", strings.Replace(signupBody, "Ltd", "Inc", 1))
	if other.Hash == first.Hash {
		t.Error("another body has the same hash")
	}
	invite := given(tenantPath("/invitations"), inviteBody, signedIn)
	equal(t, "scope of a session", invite.Scope, userID.String())
	elsewhere := given("/v1/tenants/"+itemID.String()+"/invitations", inviteBody, signedIn)
	if elsewhere.Hash == invite.Hash {
		t.Error("the same body for another tenant has the same hash")
	}
	equal(t, "scope of an activation with a session", given("/v1/activations", tokenBody, signedIn).Scope, userID.String())

	before := h.use.calls.Load()
	for _, bad := range []string{strings.Repeat("k", 256), "tab\there", "ümlaut"} {
		got := h.call("POST", "/v1/signups", signupBody, "Idempotency-Key: "+bad)
		equal(t, "status", got.status, 400)
	}
	got := h.raw("POST /v1/signups HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	equal(t, "two keys", got.status, 400)
	equal(t, "calls for bad keys", h.use.calls.Load(), before)
}

func TestCrossSitePosts(t *testing.T) {
	t.Parallel()
	h := start(t, func(_ *web.Deps, c *web.Config) { c.AllowedOrigins = []string{"https://app.example.com"} })
	for _, row := range []struct {
		status  int
		headers []string
	}{
		{202, nil},
		{202, []string{"Sec-Fetch-Site: same-origin"}},
		{202, []string{"Sec-Fetch-Site: same-site"}},
		{202, []string{"Sec-Fetch-Site: none"}},
		{403, []string{"Sec-Fetch-Site: cross-site"}},
		{403, []string{"Sec-Fetch-Site: cross-site", "Origin: null"}},
		{403, []string{"Sec-Fetch-Site: cross-site", "Origin: https://app.example.com.evil.example"}},
		{202, []string{"Sec-Fetch-Site: cross-site", "Origin: https://app.example.com"}},
	} {
		equal(t, fmt.Sprint(row.headers), h.call("POST", "/v1/signups", signupBody, row.headers...).status, row.status)
	}
}

// TestClientAddress walks X-Forwarded-For; loopback is the only trusted network.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	const peer = "127.0.0.1"
	for _, row := range []struct{ forwarded, want string }{
		{"", peer},
		{"198.51.100.7", "198.51.100.7"},
		{"203.0.113.9, 198.51.100.7", "198.51.100.7"}, // the left one is the client's own claim
		{"198.51.100.7, 127.0.0.3", "198.51.100.7"},   // two proxies in a row
		{"198.51.100.7,127.0.0.3,  127.0.0.2", "198.51.100.7"},
		{"127.0.0.3", "127.0.0.3"}, // the client is on the trusted network
		{"198.51.100.7, unknown", peer},
		{"198.51.100.7, unknown, 127.0.0.2", "127.0.0.2"},
		{"unknown", peer},
		{"198.51.100.7:4711", peer}, // not an address
		{"198.51.100.7, ", peer},
		{"2001:db8::1", "2001:db8::1"},
		{"::ffff:198.51.100.7", "198.51.100.7"},
		{"fe80::1%eth0", "fe80::1"},
	} {
		t.Run(row.forwarded, func(t *testing.T) {
			t.Parallel()
			for _, trusted := range []bool{true, false} {
				change, want := trusting, row.want
				if !trusted {
					change, want = func(*web.Deps, *web.Config) {}, peer
				}
				h := start(t, change)
				h.call("GET", "/v1/me", "", "X-Forwarded-For: "+row.forwarded, "X-Real-Ip: 203.0.113.1", "Forwarded: for=203.0.113.2")
				equal(t, "address", h.log.all(t, "request served")[0]["client_address"], any(want))
			}
		})
	}
}

func TestForwardedLinesAreReadAsOne(t *testing.T) {
	t.Parallel()
	h := start(t, trusting)
	h.raw("GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.7\r\nConnection: close\r\n\r\n")
	equal(t, "address", h.log.all(t, "request served")[0]["client_address"], any("198.51.100.7"))
}

// TestStringsOutliveTheirRequest keeps what every request brought until the end:
// fasthttp uses the buffer of a request again.
func TestStringsOutliveTheirRequest(t *testing.T) {
	t.Parallel()
	h := start(t)
	const callers, each = 16, 60
	keeper := &keeper{useCases: h.use, got: map[string]bool{}}
	h = start(t, func(d *web.Deps, _ *web.Config) { d.Activation = keeper })
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			connection := h.dial()
			r := bufio.NewReader(connection)
			for n := range each {
				name := fmt.Sprintf("%03d-%03d", caller, n)
				body := `{"email":"` + name + `@example.com","organization_name":"` + strings.Repeat("x", n) + name + `"}`
				_, err := fmt.Fprintf(connection, "POST /v1/signups HTTP/1.1\r\nHost: x\r\nIdempotency-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", name, len(body), body)
				must(t, err)
				if got, _ := h.read(r); got.status != 202 {
					t.Errorf("answer %d", got.status)
				}
			}
		})
	}
	all.Wait()
	equal(t, "requests", len(keeper.all), callers*each)
	for _, in := range keeper.all {
		name, _, _ := strings.Cut(in.Email, "@")
		if in.Idempotency.Key != name || !strings.HasSuffix(in.OrganizationName, name) || keeper.got[name] {
			t.Fatalf("mixed up: %s, %s, %s", in.Email, in.OrganizationName, in.Idempotency.Key)
		}
		keeper.got[name] = true
	}
}

// keeper keeps every signup.
type keeper struct {
	*useCases
	mu  sync.Mutex
	all []activation.Signup
	got map[string]bool
}

func (k *keeper) Signup(_ context.Context, in activation.Signup) (activation.SignedUp, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, in)
	return activation.SignedUp{ID: itemID, Status: "verification_sent"}, nil
}

func TestShutdownWaitsForRequestsUnderWay(t *testing.T) {
	t.Parallel()
	h := start(t)
	entered, release := make(chan struct{}), make(chan struct{})
	h.use.before = func(context.Context) { close(entered); <-release }

	idle := h.dial()
	_, err := io.WriteString(idle, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
	must(t, err)
	idleReader := bufio.NewReader(idle)
	h.read(idleReader)

	busy := h.dial()
	_, err = fmt.Fprintf(busy, "POST /v1/signups HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(signupBody), signupBody)
	must(t, err)
	<-entered

	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		ended <- h.server.Shutdown(ctx)
	}()
	if _, err := idleReader.ReadByte(); err == nil {
		t.Error("the idle connection is still open")
	}
	close(release)
	got, closed := h.read(bufio.NewReader(busy))
	equal(t, "status of the request under way", got.status, 202)
	equal(t, "its connection is closed", closed, true)
	must(t, <-ended)
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	h := start(t)
	entered, release := make(chan struct{}), make(chan struct{})
	h.use.before = func(context.Context) { close(entered); <-release }
	_, err := fmt.Fprintf(h.dial(), "POST /v1/signups HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(signupBody), signupBody)
	must(t, err)
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.server.Shutdown(ctx); err == nil {
		t.Error("a request was under way")
	}
	close(release)
}
