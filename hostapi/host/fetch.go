package host

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/net/http/httpguts"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/egress"
)

// spanFetch is the span of one exchange; core/signal has the names of all spans.
const spanFetch = "plugin.fetch"

// fetcher makes the exchanges of one version, on connections that no other shares.
type fetcher struct {
	deps      Deps
	grant     Grant
	transport *http.Transport
}

func newFetcher(d Deps, g Grant) *fetcher {
	connect := egress.Dialer{Resolver: d.Resolver}
	for _, o := range g.Origins {
		if o.Loopback() {
			connect.Local = append(connect.Local, o.Address())
		}
	}
	return &fetcher{deps: d, grant: g, transport: &http.Transport{
		Proxy:                  nil, // the environment's is the host's own business
		DialContext:            connect.Dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.Roots},
		TLSHandshakeTimeout:    egress.DialTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}}
}

func (e *fetcher) close() { e.transport.CloseIdleConnections() }

// outgoing is a request that was found good.
type outgoing struct {
	method string
	url    *url.URL
	origin egress.Origin
	header http.Header
	body   string
	sent   string // the credential in it, which an echo may hold; empty when there is none

	substituted bool // a placeholder stood in the body
}

// fetch makes one exchange. A redirect is an answer: nothing follows it.
func (e *fetcher) fetch(ctx context.Context, call *Call, q hostapi.HTTPRequest) (a hostapi.HTTPResponse, no *refusal) {
	if !call.Hook.CallsOut() {
		return a, denied(hostapi.ReasonHook, fmt.Sprintf("the hook %s makes no calls out", call.Hook))
	}
	out, no := e.check(q)
	if no != nil {
		return a, no
	}
	if no := call.callOut(); no != nil {
		return a, no
	}
	var put pairs
	for _, s := range call.Substitutions {
		put.fill(s)
	}
	out.substituted = put.found(out.body)
	if call.Exchange != nil {
		return standIn(ctx, call, q, out)
	}
	out.body = put.replacer().Replace(out.body)
	return e.exchange(ctx, call, out)
}

func standIn(ctx context.Context, call *Call, q hostapi.HTTPRequest, out outgoing) (hostapi.HTTPResponse, *refusal) {
	a, err := call.Exchange(ctx, q)
	if why, ok := errors.AsType[*hostapi.Refusal](err); ok {
		return a, failed(why.Reason, why.Detail)
	}
	if err != nil {
		return a, failed(hostapi.ReasonBroken, err.Error())
	}
	call.Egress += int64(len(out.body) + len(a.Body))
	call.left(out)
	return a, nil
}

// left counts a request that reached the other side with what a placeholder stood for.
func (c *Call) left(out outgoing) {
	if out.substituted {
		c.Substituted++
	}
}

// check parses the URL, once, and judges the request before anything leaves.
func (e *fetcher) check(q hostapi.HTTPRequest) (out outgoing, no *refusal) {
	switch out.method = q.Method; q.Method {
	case http.MethodGet, http.MethodHead:
		if q.Body != "" {
			return out, malformed("a GET or HEAD has no body")
		}
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return out, malformed("the method is none of GET, HEAD, POST, PUT, PATCH, DELETE")
	}
	if len(q.URL) > hostapi.MaxHTTPURL || strings.Contains(q.URL, "#") {
		return out, malformed("the URL is too long or has a fragment")
	}
	var err error
	if out.url, err = url.Parse(q.URL); err != nil {
		return out, malformed("the URL is none")
	}
	if out.origin, err = egress.OriginOf(out.url); err != nil {
		return out, malformed("the URL: " + err.Error())
	}
	if !slices.Contains(e.grant.Origins, out.origin) {
		return out, denied(hostapi.ReasonNotGranted, "the origin of the URL was not granted")
	}
	out.url.Host = out.origin.Authority()
	out.body = q.Body
	if out.header, no = headerOf(q.Headers); no != nil {
		return out, no
	}
	return out, e.authorize(&out, q.Auth)
}

// headerOf takes what a guest may set.
func headerOf(given map[string]string) (http.Header, *refusal) {
	if len(given) > hostapi.MaxHTTPHeaders {
		return nil, malformed(fmt.Sprintf("there are more than %d headers", hostapi.MaxHTTPHeaders))
	}
	h, size := make(http.Header, len(given)+4), 0
	for name, value := range given {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if !settable(key) || !httpguts.ValidHeaderFieldValue(value) || h[key] != nil {
			return nil, malformed(fmt.Sprintf("the header %q is broken, given twice, or the host's to set", name))
		}
		if size += len(name) + len(value); size > hostapi.MaxHTTPHeaderBytes {
			return nil, malformed("the headers are too long")
		}
		h[key] = []string{value}
	}
	return h, nil
}

// settable tells whether a header, by its canonical name, is neither of the connection
// nor the host's own.
func settable(key string) bool {
	if !httpguts.ValidHeaderFieldName(key) || strings.HasPrefix(key, "Proxy-") {
		return false
	}
	switch key {
	case "Accept-Encoding", "Connection", "Content-Length", "Cookie", "Cookie2", "Expect", "Host", "Http2-Settings", "Keep-Alive",
		"Te", "Trailer", "Transfer-Encoding", "Traceparent", "Tracestate", "Upgrade", "User-Agent":
		return false
	}
	return true
}

// authorize puts a granted secret into the header.
func (e *fetcher) authorize(out *outgoing, auth *hostapi.HTTPAuth) *refusal {
	if auth == nil {
		return nil
	}
	secret, no := e.grant.secret(auth.Secret)
	if no != nil {
		return no
	}
	key := "Authorization"
	if auth.Header != "" {
		key = textproto.CanonicalMIMEHeaderKey(auth.Header)
	}
	if !settable(key) || out.header[key] != nil || !httpguts.ValidHeaderFieldValue(auth.Prefix) {
		return malformed("the header of auth is broken, set already, or the host's to set")
	}
	out.sent = string(secret)
	prefix := auth.Prefix
	if auth.BasicUser != "" { // RFC 7617
		if auth.Prefix != "" || strings.Contains(auth.BasicUser, ":") {
			return malformed("auth has a prefix beside basic_user, or a colon in it")
		}
		out.sent = base64.StdEncoding.EncodeToString([]byte(auth.BasicUser + ":" + string(secret)))
		prefix = "Basic "
	}
	if !httpguts.ValidHeaderFieldValue(out.sent) {
		return failed(hostapi.ReasonSecret, "the value of the secret cannot stand in a header")
	}
	out.header[key] = []string{prefix + out.sent}
	return nil
}

// exchange sends the request and reads the answer, in a span of its own.
func (e *fetcher) exchange(ctx context.Context, call *Call, out outgoing) (a hostapi.HTTPResponse, no *refusal) {
	ctx, span := e.deps.Tracer.Start(call.below(ctx), spanFetch, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", out.method), attribute.String("server.address", out.origin.Host())))
	defer span.End()
	response, err := e.transport.RoundTrip(e.request(ctx, out))
	if err != nil {
		no = e.lost(ctx, out.origin, err)
	} else {
		defer response.Body.Close()
		call.left(out)
		span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
		a, no = e.read(response, call.ResultMax, e.veil(call, out.sent))
		call.Egress += int64(len(out.body) + len(a.Body))
	}
	if no != nil {
		span.SetStatus(codes.Error, no.reason)
	}
	return a, no
}

func (e *fetcher) request(ctx context.Context, out outgoing) *http.Request {
	out.header.Set("User-Agent", "usher-plugin/"+e.grant.Plugin)
	out.header.Set("Accept-Encoding", "identity")
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(out.header))
	r := &http.Request{Method: out.method, URL: out.url, Header: out.header, ContentLength: int64(len(out.body))}
	if out.body != "" {
		r.Body = io.NopCloser(strings.NewReader(out.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(out.body)), nil }
	}
	return r.WithContext(ctx)
}

// read takes an answer that is small enough, and leaves out what is not for a guest.
func (e *fetcher) read(r *http.Response, most int, veil *strings.Replacer) (a hostapi.HTTPResponse, no *refusal) {
	if r.StatusCode == http.StatusSwitchingProtocols {
		return a, failed(hostapi.ReasonBroken, "the other side changed the protocol")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(most)+1))
	if err != nil {
		return a, failed(hostapi.ReasonBroken, "the answer ended before its end")
	}
	if len(body) > most {
		return a, tooLarge(most)
	}
	a = hostapi.HTTPResponse{Status: r.StatusCode, Headers: make(map[string]string, len(r.Header)), Body: shown(string(body), veil)}
	for name, values := range r.Header {
		if name != "Set-Cookie" && name != "Set-Cookie2" && len(values) > 0 {
			a.Headers[shown(strings.ToLower(name), veil)] = shown(values[0], veil)
		}
	}
	return a, nil
}

func shown(s string, veil *strings.Replacer) string {
	return strings.ToValidUTF8(veil.Replace(s), "\uFFFD")
}

// veil hides what an answer may echo: the plugin's secrets, the credential that was
// sent, and what stands in the place of placeholders.
func (e *fetcher) veil(call *Call, sent string) *strings.Replacer {
	var p pairs
	for _, s := range e.grant.Secrets {
		p.hide(string(s))
	}
	p.hide(sent)
	for _, s := range call.Substitutions {
		p.empty(s)
	}
	return p.replacer()
}

// lost says why there was no answer, in the host's own words: those of the libraries
// hold addresses. An attempt to reach what no plugin may is logged.
func (e *fetcher) lost(ctx context.Context, o egress.Origin, err error) *refusal {
	if errors.Is(err, egress.ErrAddress) {
		e.deps.Log.WarnContext(ctx, "plugin fetch refused by its address", "plugin", e.grant.Plugin, "origin", o.String(), "error", err)
		return denied(hostapi.ReasonAddress, "the host leads to an address that no plugin may reach")
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok && name.IsNotFound {
		return failed(hostapi.ReasonNoSuchName, "there is no such host")
	}
	if isTLS(err) {
		return failed(hostapi.ReasonTLS, "the certificate or the TLS of the other side is not good")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return failed(hostapi.ReasonNoAnswer, "no connection could be made")
	}
	return failed(hostapi.ReasonBroken, "the exchange ended before its end")
}

func isTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return certificate || record || alert
}
