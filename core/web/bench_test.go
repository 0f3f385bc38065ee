package web_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/core/web"
)

// The benchmarks go over a real loopback connection, on stub use cases. Compare
// with BenchmarkBare, which is fasthttp with nothing on it.

func BenchmarkSignup(b *testing.B) {
	benchmark(b, benchHost(b), post("/v1/signups", signupBody, "Idempotency-Key: 0199c2a4"))
}

func BenchmarkActivate(b *testing.B) { benchmark(b, benchHost(b), post("/v1/activations", tokenBody)) }

func BenchmarkInvite(b *testing.B) {
	benchmark(b, benchHost(b), post(tenantPath("/invitations"), inviteBody, signedIn))
}

func BenchmarkInspect(b *testing.B) {
	benchmark(b, benchHost(b), post("/v1/activations/inspect", tokenBody))
}

func BenchmarkLink(b *testing.B) {
	benchmark(b, benchHost(b), "GET /a/"+aToken+" HTTP/1.1\r\nHost: x\r\n\r\n")
}
func BenchmarkRefused(b *testing.B) { benchmark(b, benchHost(b), post("/v1/signups", `{"x":1}`)) }

func BenchmarkBare(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	server := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
		c.SetStatusCode(202)
		c.SetContentType("application/json")
		c.SetBodyString(`{"signup_id":"0199c2a4-7d1e-7b3a-9f7e-3f2a1c0d9b8e","status":"verification_sent"}`)
	}}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = listener.Close() })
	benchmark(b, listener.Addr().String(), post("/v1/signups", signupBody, "Idempotency-Key: 0199c2a4"))
}

func benchHost(b *testing.B) string {
	h := start(b, func(d *web.Deps, _ *web.Config) { d.Log = slog.New(slog.NewJSONHandler(io.Discard, nil)) })
	return h.url[len("http://"):]
}

func post(path, body string, headers ...string) string {
	text := "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for _, h := range headers {
		text += h + "\r\n"
	}
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", text, len(body), body)
}

func benchmark(b *testing.B, address, request string) {
	connection, err := net.Dial("tcp", address)
	must(b, err)
	defer func() { _ = connection.Close() }()
	r := bufio.NewReader(connection)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(connection, request); err != nil {
			b.Fatal(err)
		}
		response, err := http.ReadResponse(r, nil)
		if err != nil || response.StatusCode >= 500 {
			b.Fatal(response, err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
	}
}
