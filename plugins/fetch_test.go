package plugins_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/dnstest"
)

// serve starts an HTTP server on this machine, which is ended after the engines that use it.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func granted(list ...string) plugins.Grants { return plugins.Grants{Origins: list} }

func TestFetch(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	var body []byte
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		body, _ = io.ReadAll(r.Body)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "x"})
		w.Header().Add("X-Many", "first")
		w.Header().Add("X-Many", "second")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("short \xff and stout"))
	})
	spans := tracetest.NewSpanRecorder()
	replies := ask(t, plugins.Deps{Tracer: trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("")}, origins(s.URL), granted(s.URL),
		fetch(hostapi.HTTPRequest{Method: "PUT", URL: s.URL + "/v1/mails?to=a%2Fb", Headers: map[string]string{"x-one": "1", "Authorization": "own"}, Body: "héllo"}))
	var a hostapi.HTTPResponse
	replies[0].into(t, &a)
	if a.Status != http.StatusTeapot || a.Body != "short \uFFFD and stout" || a.Headers["x-many"] != "first" {
		t.Errorf("answered %+v", a)
	}
	if _, ok := a.Headers["set-cookie"]; ok {
		t.Error("a cookie came back")
	}
	if seen.Method != http.MethodPut || seen.RequestURI != "/v1/mails?to=a%2Fb" || seen.Host != strings.TrimPrefix(s.URL, "http://") || string(body) != "héllo" {
		t.Errorf("sent %s %s to %s: %q", seen.Method, seen.RequestURI, seen.Host, body)
	}
	for name, want := range map[string]string{"X-One": "1", "Authorization": "own", "User-Agent": "usher-plugin/asking", "Accept-Encoding": "identity"} {
		if got := seen.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, span := range spans.Ended() {
		if span.Name() == "plugin.fetch" {
			want := fmt.Sprintf("00-%s-%s-01", span.SpanContext().TraceID(), span.SpanContext().SpanID())
			if got := seen.Header.Get("Traceparent"); got != want {
				t.Errorf("traceparent %q, want %q", got, want)
			}
			return
		}
	}
	t.Error("there is no span plugin.fetch")
}

// What does not fit the contract or the grant is refused before anything leaves.
func TestFetchRefused(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	at, _ := url.Parse(s.URL)
	with := func(change func(*hostapi.HTTPRequest)) step {
		q := hostapi.HTTPRequest{Method: "POST", URL: s.URL, Headers: map[string]string{}}
		change(&q)
		return fetch(q)
	}
	header := func(name, value string) step {
		return with(func(q *hostapi.HTTPRequest) { q.Headers[name] = value })
	}
	auth := func(a hostapi.HTTPAuth) step { return with(func(q *hostapi.HTTPRequest) { q.Auth = &a }) }
	const invalid, malformed = hostapi.StatusInvalid, hostapi.ReasonMalformed
	const denied, ungranted = hostapi.StatusDenied, hostapi.ReasonNotGranted
	for name, tc := range map[string]struct {
		step   step
		status hostapi.Status
		reason string
	}{
		"no JSON":             {fetch(hostapi.HTTPRequest{}), invalid, malformed},
		"text":                {step{hostapi.ModuleHTTP, hostapi.FuncHTTPFetch, "hello"}, invalid, malformed},
		"a field too many":    {step{hostapi.ModuleHTTP, hostapi.FuncHTTPFetch, `{"method":"GET","url":"` + s.URL + `","tenant":"x"}`}, invalid, malformed},
		"method":              {with(func(q *hostapi.HTTPRequest) { q.Method = "CONNECT" }), invalid, malformed},
		"method in lower":     {with(func(q *hostapi.HTTPRequest) { q.Method = "get" }), invalid, malformed},
		"GET with a body":     {with(func(q *hostapi.HTTPRequest) { q.Method, q.Body = "GET", "b" }), invalid, malformed},
		"another origin":      {get("https://other.example/"), denied, ungranted},
		"another port":        {get("http://127.0.0.1:1/"), denied, ungranted},
		"another scheme":      {get("https://" + at.Host), denied, ungranted},
		"another name for it": {get("http://localhost:" + at.Port()), denied, ungranted},
		"a longer name":       {get("http://127.0.0.1.evil.example:" + at.Port()), denied, ungranted},
		"decimal address":     {get("http://2130706433:" + at.Port()), invalid, malformed},
		"octal address":       {get("http://0177.0.0.1:" + at.Port()), invalid, malformed},
		"hexadecimal address": {get("http://0x7f000001:" + at.Port()), invalid, malformed},
		"short address":       {get("http://127.1:" + at.Port()), invalid, malformed},
		"mapped address":      {get("http://[::ffff:127.0.0.1]:" + at.Port()), invalid, malformed},
		"address with a zone": {get("http://[fe80::1%25lo]:" + at.Port()), invalid, malformed},
		"dot at the end":      {get("http://localhost.:" + at.Port()), invalid, malformed},
		"user":                {get("http://u:p@" + at.Host), invalid, malformed},
		"user that is a host": {get("http://" + at.Host + "@evil.example/"), invalid, malformed},
		"backslash":           {get("http://evil.example\\@" + at.Host), invalid, malformed},
		"fragment":            {get(s.URL + "/#"), invalid, malformed},
		"file":                {get("file:///etc/passwd"), invalid, malformed},
		"no scheme":           {get("//" + at.Host), invalid, malformed},
		"opaque":              {get("http:" + at.Host), invalid, malformed},
		"no port":             {get("http://127.0.0.1:/"), invalid, malformed},
		"long URL":            {get(s.URL + "/" + strings.Repeat("a", hostapi.MaxHTTPURL)), invalid, malformed},
		"Host":                {header("host", "evil.example"), invalid, malformed},
		"Content-Length":      {header("Content-Length", "1"), invalid, malformed},
		"Transfer-Encoding":   {header("transfer-encoding", "chunked"), invalid, malformed},
		"Connection":          {header("Connection", "close"), invalid, malformed},
		"Proxy":               {header("proxy-authorization", "x"), invalid, malformed},
		"Cookie":              {header("Cookie", "a=b"), invalid, malformed},
		"traceparent":         {header("traceparent", "x"), invalid, malformed},
		"User-Agent":          {header("User-Agent", "x"), invalid, malformed},
		"broken name":         {header("a b", "x"), invalid, malformed},
		"split value":         {header("a", "x\r\nHost: evil.example"), invalid, malformed},
		"long headers":        {header("a", strings.Repeat("x", hostapi.MaxHTTPHeaderBytes)), invalid, malformed},
		"twice":               {with(func(q *hostapi.HTTPRequest) { q.Headers["A-B"], q.Headers["a-b"] = "1", "2" }), invalid, malformed},
		"many headers": {with(func(q *hostapi.HTTPRequest) {
			for i := range hostapi.MaxHTTPHeaders + 1 {
				q.Headers[fmt.Sprint("a", i)] = "x"
			}
		}), invalid, malformed},
		"secret of nobody":      {auth(hostapi.HTTPAuth{Secret: "other"}), denied, ungranted},
		"secret in Host":        {auth(hostapi.HTTPAuth{Secret: "key", Header: "Host"}), invalid, malformed},
		"secret with a line":    {auth(hostapi.HTTPAuth{Secret: "lines"}), hostapi.StatusFailed, hostapi.ReasonSecret},
		"basic with a prefix":   {auth(hostapi.HTTPAuth{Secret: "key", BasicUser: "u", Prefix: "Bearer "}), invalid, malformed},
		"basic with a colon":    {auth(hostapi.HTTPAuth{Secret: "key", BasicUser: "u:v"}), invalid, malformed},
		"prefix with a line":    {auth(hostapi.HTTPAuth{Secret: "key", Prefix: "a\r\nb: "}), invalid, malformed},
		"request beyond bounds": {with(func(q *hostapi.HTTPRequest) { q.Body = strings.Repeat("a", hostapi.MaxRequestBytes) }), hostapi.StatusOver, hostapi.ReasonTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := origins(s.URL)
			r.Secrets = []string{"key", "lines"}
			g := granted(s.URL)
			g.Secrets = map[string]host.Secret{"key": "a good secret", "lines": "a\r\nb"}
			replies := ask(t, plugins.Deps{}, r, g, tc.step)
			replies[0].expect(t, tc.status, tc.reason)
			if n := reached.Load(); n != 0 {
				t.Errorf("%d requests left", n)
			}
			if strings.Contains(string(replies[0].Answer), "a good secret") {
				t.Errorf("the secret is in %s", replies[0].Answer)
			}
		})
	}
}

// A granted name that leads to this machine, to the network around it or to a cloud's
// metadata is refused by the address that would be dialled.
func TestFetchByAddress(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	at, _ := url.Parse(s.URL)
	granted := "https://api.example.com:" + at.Port()
	for _, address := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "10.1.2.3", "172.31.0.1", "192.168.0.1", "100.100.100.200", "::1", "::",
		"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
		"2002:7f00:1::", "255.255.255.255", "224.0.0.1", "192.0.0.192",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			d := plugins.Deps{Resolver: dnstest.Names(t, netip.MustParseAddr(address)), Log: slog.New(slog.NewJSONHandler(&log, nil))}
			replies := ask(t, d, origins(granted), plugins.Grants{Origins: []string{granted}}, get(granted+"/token?secret=canary"))
			replies[0].expect(t, hostapi.StatusDenied, hostapi.ReasonAddress)
			if strings.Contains(log.String(), "canary") || !strings.Contains(log.String(), "plugin fetch refused by its address") {
				t.Errorf("logged %s", log.String())
			}
		})
	}
	t.Cleanup(func() {
		if n := reached.Load(); n != 0 {
			t.Errorf("%d requests reached this machine", n)
		}
	})
}

// The one name that may lead to this machine is the one that says so.
func TestFetchFromLocalhost(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Host) })
	local := "http://localhost:" + s.URL[strings.LastIndexByte(s.URL, ':')+1:]
	var a hostapi.HTTPResponse
	ask(t, plugins.Deps{}, origins(local), granted(local), get(strings.ToUpper(local)+"/"))[0].into(t, &a)
	if "http://"+a.Body != local {
		t.Errorf("answered by %s", a.Body)
	}
}

// A name that was good to nobody at the first look-up and leads home at the second gets
// no further: every connection is judged by its own address.
func TestFetchRebound(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	at, _ := url.Parse(s.URL)
	granted := "https://api.example.com:" + at.Port()
	d := plugins.Deps{Resolver: dnstest.Names(t, netip.Addr{}, netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("169.254.169.254"))}
	replies := ask(t, d, origins(granted), plugins.Grants{Origins: []string{granted}}, get(granted), get(granted), get(granted))
	replies[0].expect(t, hostapi.StatusFailed, hostapi.ReasonNoSuchName)
	replies[1].expect(t, hostapi.StatusDenied, hostapi.ReasonAddress)
	replies[2].expect(t, hostapi.StatusDenied, hostapi.ReasonAddress)
	if reached.Load() != 0 {
		t.Error("it reached this machine")
	}
}

func TestRedirectIsAnAnswer(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	home := serve(t, func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	for name, to := range map[string]string{"metadata": "http://169.254.169.254/latest", "loopback": home.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) })
			var a hostapi.HTTPResponse
			ask(t, plugins.Deps{}, origins(s.URL), granted(s.URL), get(s.URL))[0].into(t, &a)
			if a.Status != http.StatusTemporaryRedirect || a.Headers["location"] != to || followed.Load() != 0 {
				t.Errorf("answered %+v, followed %d times", a, followed.Load())
			}
		})
	}
}

func TestFetchOverTLS(t *testing.T) {
	t.Parallel()
	var proto atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { proto.Store(r.Proto) }))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	ask(t, plugins.Deps{}, origins(s.URL), granted(s.URL), get(s.URL))[0].expect(t, hostapi.StatusFailed, hostapi.ReasonTLS)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	var a hostapi.HTTPResponse
	ask(t, plugins.Deps{Roots: roots}, origins(s.URL), granted(s.URL), get(s.URL))[0].into(t, &a)
	if a.Status != http.StatusOK || proto.Load() != "HTTP/2.0" {
		t.Errorf("%+v over %v", a, proto.Load())
	}
}

func TestFetchThatFails(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + listener.Addr().String()
	_ = listener.Close()
	big := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("big canary "), 200_000))
	})
	short := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("canary"))
	})
	dropped := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	upgraded := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Upgrade", "other")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	for name, tc := range map[string]struct {
		url    string
		status hostapi.Status
		reason string
	}{
		"nobody listens": {gone, hostapi.StatusFailed, hostapi.ReasonNoAnswer},
		"too large":      {big.URL, hostapi.StatusOver, hostapi.ReasonTooLarge},
		"ends early":     {short.URL, hostapi.StatusFailed, hostapi.ReasonBroken},
		"dropped":        {dropped.URL, hostapi.StatusFailed, hostapi.ReasonBroken},
		"upgraded":       {upgraded.URL, hostapi.StatusFailed, hostapi.ReasonBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replies := ask(t, plugins.Deps{}, origins(tc.url), granted(tc.url), get(tc.url))
			replies[0].expect(t, tc.status, tc.reason)
			if strings.Contains(string(replies[0].Answer), "canary") || strings.Contains(string(replies[0].Answer), "127.0.0.1") {
				t.Errorf("%s says too much", replies[0].Answer)
			}
		})
	}
}

// A server that never answers holds a guest no longer than its deadline, and is let go then.
func TestFetchEndsWithTheCall(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(released)
	})
	e := newEngine(t, plugins.Config{})
	load(t, e, plugins.Source{
		Name: "asking", Wasm: asking(t, origins(s.URL), deliver, get(s.URL)), Grants: granted(s.URL), Limits: hostapi.Limits{WallMS: 1000},
	})
	_, err := e.Call(t.Context(), plugins.Call{Hook: deliver, Data: []byte("{}")})
	expectFailure(t, err, plugins.Deadline, "")
	<-released
}

func TestFetchIsCounted(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	e := newEngine(t, plugins.Config{})
	load(t, e, plugins.Source{
		Name: "asking", Wasm: asking(t, origins(s.URL), deliver, get(s.URL), get(s.URL), get(s.URL)), Grants: granted(s.URL),
		Limits: hostapi.Limits{WallMS: 10_000, CallsOut: 2},
	})
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests left in the warm-up", n)
	}
	for round := range int32(2) {
		replies := answers(t, e, plugins.Call{})
		if replies[0].Status != hostapi.StatusOK || replies[1].Status != hostapi.StatusOK || reached.Load() != 2*(round+1) {
			t.Errorf("%+v after %d requests", replies, reached.Load())
		}
		replies[2].expect(t, hostapi.StatusOver, hostapi.ReasonCalls)
	}
}

func TestHookWithoutCallsOut(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request left") })
	e := newEngine(t, plugins.Config{})
	load(t, e, plugins.Source{Name: "asking", Wasm: asking(t, origins(s.URL), validate, get(s.URL)), Grants: granted(s.URL), Limits: roomyLimits()})
	replies := answers(t, e, plugins.Call{Hook: validate})
	replies[0].expect(t, hostapi.StatusDenied, hostapi.ReasonHook)
}

// A secret reaches the other side and nobody else, though the other side says it back.
func TestSecretIsNotEchoed(t *testing.T) {
	t.Parallel()
	const secret = `k/9 "t&<x>+=ab`
	const unused = "another-secret"
	for name, tc := range map[string]struct {
		auth hostapi.HTTPAuth
		sent string // header and value
	}{
		"bearer": {hostapi.HTTPAuth{Secret: "key", Prefix: "Bearer "}, "Authorization: Bearer " + secret},
		"header": {hostapi.HTTPAuth{Secret: "key", Header: "x-api-key"}, "X-Api-Key: " + secret},
		"basic":  {hostapi.HTTPAuth{Secret: "key", BasicUser: "api"}, "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("api:"+secret))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, value, _ := strings.Cut(tc.sent, ": ")
			var got string
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.Header.Get(header)
				w.Header().Set("X-Echo", got)
				quoted := request(t, map[string]string{"v": secret})
				_, _ = fmt.Fprint(w, got, "\n", secret, "\n", url.QueryEscape(secret), "\n", strings.ToLower(url.PathEscape(secret)), "\n", string(quoted), "\n",
					strings.ReplaceAll(string(quoted), "/", `\/`), "\n", base64.StdEncoding.EncodeToString([]byte(secret)), "\n", unused)
			})
			var log bytes.Buffer
			r, g := origins(s.URL), granted(s.URL)
			r.Secrets, g.Secrets = []string{"key", "unused"}, map[string]host.Secret{"key": secret, "unused": unused}
			replies := ask(t, plugins.Deps{Log: slog.New(slog.NewJSONHandler(&log, nil))}, r, g, fetch(hostapi.HTTPRequest{Method: "GET", URL: s.URL, Auth: &tc.auth}))
			var a hostapi.HTTPResponse
			replies[0].into(t, &a)
			if got != value {
				t.Errorf("sent %q, want %q", got, value)
			}
			if n := strings.Count(a.Body, "[secret]"); n != 8 {
				t.Errorf("hidden in %d of 8 places: %s", n, a.Body)
			}
			if !strings.Contains(a.Headers["x-echo"], "[secret]") {
				t.Errorf("a header says %q", a.Headers["x-echo"])
			}
			for _, part := range []string{"k/9", "k%2F9", "k%2f9", `k\/9`, value, "another"} {
				if strings.Contains(string(replies[0].Answer)+log.String(), part) {
					t.Errorf("%q is in the answer or the log: %s", part, a.Body)
				}
			}
		})
	}
}

// The real link is in what leaves, in the form that the guest chose, and never in what comes back.
func TestSubstitution(t *testing.T) {
	t.Parallel()
	const placeholder, link = "https://link.usher.invalid/", "https://id.example.com/a/T0ken?x=1&y=2"
	var bodies []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		w.Header().Set("X-Link", link)
		_, _ = fmt.Fprint(w, string(b), " ", url.QueryEscape(link), " ", strings.ReplaceAll(link, "/", `\/`))
	})
	post := func(body string) step { return fetch(hostapi.HTTPRequest{Method: "POST", URL: s.URL, Body: body}) }
	elsewhere := "https://other.example"
	e := newEngine(t, plugins.Config{})
	load(t, e, plugins.Source{Name: "asking", Grants: granted(s.URL), Limits: roomyLimits(), Wasm: asking(t, origins(s.URL), deliver,
		post(`{"text":"click `+placeholder+`"}`), post("text=click+"+url.QueryEscape(placeholder)), post("no link"), get(s.URL+"/?"+url.QueryEscape(placeholder)),
		fetch(hostapi.HTTPRequest{Method: "POST", URL: elsewhere, Body: placeholder}))})
	left := 0
	replies := answers(t, e, plugins.Call{Substitutions: []host.Substitution{{Placeholder: placeholder, Value: link}}, Substituted: &left})
	for i, want := range []string{`{"text":"click ` + link + `"}`, "text=click+" + url.QueryEscape(link), "no link", ""} {
		if bodies[i] != want {
			t.Errorf("request %d has the body %q, want %q", i, bodies[i], want)
		}
		var a hostapi.HTTPResponse
		replies[i].into(t, &a)
		if strings.Contains(string(replies[i].Answer), "T0ken") || a.Headers["x-link"] != placeholder || !strings.Contains(a.Body, url.QueryEscape(placeholder)) {
			t.Errorf("answer %d: %s", i, replies[i].Answer)
		}
	}
	replies[4].expect(t, hostapi.StatusDenied, hostapi.ReasonNotGranted)
	if left != 2 {
		t.Errorf("left in %d requests, want 2", left)
	}
}

// Fixtures stand in for the network, behind every check, and see neither link nor secret.
func TestExchangeStandsIn(t *testing.T) {
	t.Parallel()
	const origin, placeholder = "https://api.example.com", "https://link.usher.invalid/"
	r, g := origins(origin), granted(origin)
	r.Secrets, g.Secrets = []string{"key"}, map[string]host.Secret{"key": "secret value"}
	e := newEngine(t, plugins.Config{})
	q := hostapi.HTTPRequest{Method: "POST", URL: origin + "/mails", Body: placeholder, Auth: &hostapi.HTTPAuth{Secret: "key", BasicUser: "u"}}
	load(t, e, plugins.Source{Name: "asking", Grants: g, Limits: roomyLimits(), Wasm: asking(t, r, deliver, fetch(q), get("https://other.example"))})
	left := 0
	replies := answers(t, e, plugins.Call{
		Substitutions: []host.Substitution{{Placeholder: placeholder, Value: "https://id.example.com/a/T0ken"}}, Substituted: &left,
		Exchange: func(_ context.Context, got hostapi.HTTPRequest) (hostapi.HTTPResponse, error) {
			if got.URL != q.URL || got.Body != q.Body || *got.Auth != *q.Auth {
				t.Errorf("asked %+v", got)
			}
			return hostapi.HTTPResponse{Status: 202, Headers: map[string]string{}, Body: "queued"}, nil
		},
	})
	var a hostapi.HTTPResponse
	if replies[0].into(t, &a); a.Status != 202 || a.Body != "queued" || left != 1 {
		t.Errorf("%+v, substituted %d", a, left)
	}
	replies[1].expect(t, hostapi.StatusDenied, hostapi.ReasonNotGranted)
}
