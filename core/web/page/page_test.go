package page_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/web/page"
)

func newPage(t testing.TB) *page.Page {
	t.Helper()
	pages, err := page.New()
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return pages
}

func problemPage(t testing.TB, pages *page.Page) page.Document {
	t.Helper()
	document, err := pages.Problem("invalid_token", "This link no longer works", "It expired or was used.")
	if err != nil {
		t.Fatalf("Problem: %v", err)
	}
	return document
}

// documents lists every page that a browser may be given.
func documents(t testing.TB, pages *page.Page) map[string]page.Document {
	t.Helper()
	return map[string]page.Document{
		"activation": pages.Activation(),
		"invite":     pages.Invite(),
		"plugins":    pages.Plugins(),
		"letters":    pages.Letters(),
		"sink":       pages.Sink(),
		"problem":    problemPage(t, pages),
	}
}

func headers(list []page.Header) http.Header {
	h := http.Header{}
	for _, each := range list {
		h.Set(each.Name, each.Value)
	}
	return h
}

func TestDocumentsCarryTheirHeaders(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Content-Type":               "text/html; charset=utf-8",
		"Referrer-Policy":            "no-referrer",
		"X-Content-Type-Options":     "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin",
	}
	pages := newPage(t)
	for name, document := range documents(t, pages) {
		h := headers(document.Headers)
		for key, value := range want {
			if h.Get(key) != value {
				t.Errorf("%s: %s is %q, want %q", name, key, h.Get(key), value)
			}
		}
		if !strings.HasPrefix(h.Get("ETag"), `W/"`) {
			t.Errorf("%s: ETag is %q", name, h.Get("ETag"))
		}
	}
	if got := headers(pages.Activation().Headers).Get("Cache-Control"); got != "no-store" {
		t.Errorf("activation: Cache-Control is %q, want no-store", got)
	}
}

func TestPoliciesAreStrict(t *testing.T) {
	t.Parallel()
	for name, document := range documents(t, newPage(t)) {
		policy := headers(document.Headers).Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'", "form-action 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %s", name, part)
			}
		}
		logos := name == "activation" || name == "letters" // those of tenants, from any https address
		for _, part := range []string{"unsafe-eval", "http:", "https:", "*", "script-src 'self' "} {
			if logos && part == "https:" && strings.Count(policy, part) == 1 && regexp.MustCompile(`img-src 'self'( data:)? https:;`).MatchString(policy) {
				continue
			}
			if strings.Contains(policy, part) {
				t.Errorf("%s: the policy allows %s", name, part)
			}
		}
		if strings.Contains(policy, "'unsafe-inline'") && name != "sink" && name != "letters" {
			t.Errorf("%s: the policy allows inline styles", name)
		}
	}
}

// TestNothingIsInline is what lets the policies do without nonces and hashes.
func TestNothingIsInline(t *testing.T) {
	t.Parallel()
	inline := []*regexp.Regexp{
		regexp.MustCompile(`<script[^>]*>[^<]`),
		regexp.MustCompile(`<style`),
		regexp.MustCompile(`\sstyle=`),
		regexp.MustCompile(`\son[a-z]+=`),
		regexp.MustCompile(`(?:src|href)="(?:https?:|//|data:)`),
	}
	for name, document := range documents(t, newPage(t)) {
		for _, each := range inline {
			if found := each.Find(document.Body); found != nil {
				t.Errorf("%s: %q", name, found)
			}
		}
	}
}

func TestDocumentsReferOnlyToAssetsThatAreThere(t *testing.T) {
	t.Parallel()
	pages := newPage(t)
	reference := regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	for name, document := range documents(t, pages) {
		for _, match := range reference.FindAllSubmatch(document.Body, -1) {
			if _, ok := pages.Asset(string(match[1])); !ok {
				t.Errorf("%s refers to %s, which is not embedded", name, match[1])
			}
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	pages := newPage(t)
	for path, asset := range assetsOf(t, pages) {
		h := headers(asset.Headers)
		if got := h.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
		if h.Get("ETag") != asset.ETag || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: headers are %v", path, h)
		}
		if asset.Gzip == nil {
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(asset.Gzip))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, asset.Body) {
			t.Errorf("%s: the compressed form is another (%v)", path, err)
		}
	}
	for _, path := range []string{"", "/", "/assets/", "/assets/../activation.html", "/activation.html", "/assets/nothing.js"} {
		if _, ok := pages.Asset(path); ok {
			t.Errorf("Asset(%q) gives something", path)
		}
	}
}

// TestActivationIsSmall keeps the page quick on a slow phone.
func TestActivationIsSmall(t *testing.T) {
	t.Parallel()
	const budget = 40_000 // bytes of scripts and styles, compressed
	total := 0
	for _, asset := range assetsOf(t, newPage(t)) {
		total += min(len(asset.Body), max(len(asset.Gzip), 1))
	}
	if total > budget {
		t.Errorf("scripts and styles are %d bytes compressed, the budget is %d", total, budget)
	}
	t.Logf("scripts and styles: %d bytes compressed", total)
}

// assetsOf gives what the activation page loads.
func assetsOf(t testing.TB, pages *page.Page) map[string]page.Asset {
	t.Helper()
	assets := map[string]page.Asset{}
	for _, match := range regexp.MustCompile(`/assets/[\w.-]+`).FindAllString(string(pages.Activation().Body), -1) {
		asset, ok := pages.Asset(match)
		if !ok {
			t.Fatalf("%s is not embedded", match)
		}
		assets[match] = asset
	}
	if len(assets) == 0 {
		t.Fatal("the activation page loads nothing")
	}
	return assets
}

func TestProblemEscapes(t *testing.T) {
	t.Parallel()
	document, err := newPage(t).Problem("odd_code", `<script>alert(1)</script>`, `a "quoted" & <b>bold</b> word`)
	if err != nil {
		t.Fatalf("Problem: %v", err)
	}
	body := string(document.Body)
	if strings.Contains(body, "<script>") || strings.Contains(body, "<b>") {
		t.Errorf("a text became markup:\n%s", body)
	}
	for _, want := range []string{"odd_code", "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func BenchmarkAsset(b *testing.B) {
	pages := newPage(b)
	var path string
	for path = range assetsOf(b, pages) {
		break
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := pages.Asset(path); !ok {
			b.Fatal("the asset is gone")
		}
	}
}
