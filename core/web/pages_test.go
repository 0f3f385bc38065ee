package web_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
)

// anAsset is some asset of the build.
func anAsset(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("page/dist/assets/*.css")
	must(t, err)
	if len(found) == 0 {
		t.Fatal("the pages are not built")
	}
	return filepath.Base(found[0])
}

const aToken = "CANARY6789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"

// TestOpeningALinkTouchesNothing: scanners open links by GET and HEAD.
func TestOpeningALinkTouchesNothing(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		for _, path := range []string{"/a/" + aToken, "/a/" + aToken + "?utm=1", "/a/short", "/a/%00", "/a/" + strings.Repeat("x", 4000)} {
			got := h.call(method, path, "", "Purpose: prefetch", "Sec-Purpose: prefetch", "Sec-Fetch-Site: cross-site", "Accept: */*")
			equal(t, method+" status", got.status, 200)
			equal(t, "length told", got.header.Get("Content-Length") != "", true)
			equal(t, "a body", len(got.body) > 0, method == http.MethodGet)
			equal(t, "Referrer-Policy", got.header.Get("Referrer-Policy"), "no-referrer")
			equal(t, "Cache-Control", got.header.Get("Cache-Control"), "no-store")
			equal(t, "media type", got.header.Get("Content-Type"), "text/html; charset=utf-8")
			if !strings.Contains(got.header.Get("Content-Security-Policy"), "script-src 'self'") {
				t.Error("the page has no policy of its own")
			}
		}
	}
	equal(t, "POST", h.call(http.MethodPost, "/a/"+aToken, "").status, 405)
	equal(t, "calls of use cases", h.use.calls.Load(), 0)
	equal(t, "notes", len(h.use.opened), 10)
}

// TestWhoOpened: neither a fetch nor a script is a person, nor is a program that says it is one.
func TestWhoOpened(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.call("GET", "/a/"+aToken, "")
	for _, call := range []struct{ body, agent string }{
		{`{"token":"` + aToken + `"}`, "Mozilla/5.0"},
		{`{"token":"` + aToken + `","by_person":true}`, "Mozilla/5.0 HeadlessChrome/130"},
		{`{"token":"` + aToken + `","by_person":true}`, "Mozilla/5.0 (iPhone)"},
	} {
		equal(t, "status", h.call("POST", "/v1/activations/inspect", call.body, "User-Agent: "+call.agent).status, 200)
	}
	h.use.mu.Lock()
	equal(t, "notes", fmt.Sprint(h.use.opened), "[prefetch script script person]")
	h.use.mu.Unlock()
	h.use.err = core.E(core.InvalidToken, "No.")
	h.call("POST", "/v1/activations/inspect", `{"token":"`+aToken+`"}`)
	equal(t, "notes of a link that is refused", len(h.use.opened), 4)
}

// TestAPathIsNeverLogged has the token in each place where it does not belong.
func TestAPathIsNeverLogged(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.call("GET", "/a/"+aToken, "")
	h.call("GET", "/b/"+aToken, "")
	h.call("PUT", "/a/"+aToken+"?token="+aToken, "")
	h.call("GET", "/problems/"+aToken, "")
	h.call("GET", tenantPath("/events?"+aToken+"=1"), "", signedIn)
	h.call("POST", "/v1/signups", `{"`+aToken+`":"`+aToken+`"}`)
	h.call("POST", "/v1/activations", `{"token":["`+aToken+`"]}`)
	h.call("GET", "/v1/me", "", "Authorization: Bearer "+aToken, "Referer: https://x/a/"+aToken, "User-Agent: "+aToken)
	h.call("GET", "/v1/me", "", "Authorization: "+aToken)
	h.raw("GET /a/" + aToken + " HTTP/9.9\r\nHost: " + aToken + "\r\n\r\n")
	h.raw("GET /a/" + aToken + " HTTP/1.1\r\nHost: x\r\nBad Header " + aToken + "\r\n\r\n")
	h.raw("GET /a/" + aToken + " FTP/1.1\r\n\r\n")
	if log := h.log.String(); strings.Contains(log, aToken[:16]) {
		t.Errorf("the token is in the log:\n%s", log)
	}
	equal(t, "lines", len(h.log.all(t, "request served")), 12)
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	t.Parallel()
	h := start(t)
	for path, cache := range map[string]string{
		"/v1/me": "no-store", "/nowhere": "no-store", "/livez": "no-store", "/a/" + aToken: "no-store",
		"/problems/not_found": "no-cache", "/openapi.json": "no-cache", "/.well-known/jwks.json": "public, max-age=300",
		"/assets/" + anAsset(t): "public, max-age=31536000, immutable",
	} {
		got := h.call("GET", path, "")
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Strict-Transport-Security":  "max-age=63072000; includeSubDomains",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Cache-Control":              cache,
			"Server":                     "",
		} {
			equal(t, path+" "+name, got.header.Get(name), want)
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("%s: Content-Security-Policy: %q", path, policy)
		}
		if got.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no X-Request-Id", path)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := start(t)
	path := "/assets/" + anAsset(t)
	plain := h.call("GET", path, "", "Accept-Encoding: identity")
	packed := h.call("GET", path, "", "Accept-Encoding: gzip")
	equal(t, "encoding", packed.header.Get("Content-Encoding"), "gzip")
	if len(packed.body) >= len(plain.body) {
		t.Error("compressing saved nothing")
	}
	same := h.call("GET", path, "", "If-None-Match: "+plain.header.Get("ETag"))
	equal(t, "status when unchanged", same.status, 304)
	equal(t, "length when unchanged", len(same.body), 0)
	for _, odd := range []string{"/assets/none.js", "/assets/..%2fpage.go", "/assets/../page.go", "/assets/"} {
		equal(t, odd, h.call("GET", odd, "").status, 404)
	}
}

func TestTheServedDocumentIsTheCommittedOne(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("openapi.json")
	must(t, err)
	equal(t, "document", string(start(t).call("GET", "/openapi.json", "").body), string(want))
}
