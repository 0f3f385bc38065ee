package examples_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/tests/browser"
)

// logo is dark letters on nothing, which a dark ground would swallow.
const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="72"><circle cx="36" cy="36" r="26" fill="#0b7285"/>` +
	`<text x="76" y="49" font-family="sans-serif" font-size="40" font-weight="700" fill="#14161a">Engines</text></svg>`

// TestBrandedMail shows the mail of the first fixture in light and in dark, and leaves the pictures in build/screenshots.
func TestBrandedMail(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	wasm, err := os.ReadFile(built(t, "branded-mail").Module())
	if err != nil {
		t.Fatal(err)
	}
	results, err := kit.Run(t.Context(), wasm, nil)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Data struct{ HTML string } }
	if err := json.Unmarshal(results[0].Output, &answer); err != nil {
		t.Fatal(err)
	}
	const there = "https://brand.example/logo.png"
	if !strings.Contains(answer.Data.HTML, there) {
		t.Fatal("the mail has no logo")
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/mail", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(strings.ReplaceAll(answer.Data.HTML, there, server.URL+"/logo")))
	})
	mux.HandleFunc("/logo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(logo))
	})
	ground := `getComputedStyle(document.querySelector(".card")).backgroundColor + getComputedStyle(document.querySelector(".plate")).backgroundColor`
	for name, want := range map[string]string{"light": "rgb(255, 255, 255)rgb(255, 255, 255)", "dark": "rgb(26, 29, 35)rgb(255, 255, 255)"} {
		tab := chromium.Open(t, browser.View{Width: 620, Height: 800, Scale: 1, Dark: name == "dark"}, server.URL+"/mail")
		tab.WaitFor("document.images[0].complete && document.images[0].naturalWidth > 0")
		if got := browser.Eval[string](tab, ground); got != want {
			t.Errorf("%s: the card and the plate of the logo are %s, not %s", name, got, want)
		}
		if wide := browser.Eval[bool](tab, "document.documentElement.scrollWidth > innerWidth"); wide {
			t.Errorf("%s: it is wider than the window", name)
		}
		for _, complaint := range tab.Complaints() {
			if !strings.Contains(complaint, "favicon") {
				t.Error(complaint)
			}
		}
		tab.Screenshot("example-branded-mail-" + name)
	}
}
