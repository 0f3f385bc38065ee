package browser_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/browser"
)

func TestAuditFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	const good = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>t</title>` +
		`<main><h1>Hello</h1><label for="n">Name</label> <input id="n" style="height:48px"></main>`
	tests := map[string]struct{ old, bad, want string }{
		"nothing":       {"", "", ""},
		"language":      {` lang="en"`, ``, "no language"},
		"title":         {`<title>t</title>`, ``, "no title"},
		"heading":       {`<h1>Hello</h1>`, `<h2>Hello</h2>`, "0 headings"},
		"landmark":      {`main>`, `div>`, "0 main landmarks"},
		"label":         {`for="n"`, ``, "has no label"},
		"name":          {`</main>`, `<button style="width:50px;height:50px"></button></main>`, "has no name"},
		"image":         {`</main>`, `<svg></svg></main>`, "has no text"},
		"id":            {`<h1>`, `<h1 id="n">`, "used twice"},
		"reference":     {`<input`, `<input aria-describedby="x"`, "refers to nothing"},
		"order":         {`<input`, `<input tabindex="3"`, "order of the Tab key"},
		"target":        {`height:48px`, `height:20px`, "pixels"},
		"contrast":      {`<h1>`, `<h1 style="color:#bbb">`, "contrast"},
		"width":         {`</main>`, `<p style="width:600px">wide</p></main>`, "pixels wide"},
		"autocomplete":  {`<input`, `<input type="password"`, "has no autocomplete"},
		"hidden is off": {`</main>`, `<h1 hidden>Twice</h1></main>`, ""},
	}
	chromium := browser.Launch(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write([]byte(strings.ReplaceAll(good, test.old, test.bad))) // a browser that went away is no failure
			}))
			t.Cleanup(server.Close)
			found := strings.Join(chromium.Open(t, browser.Phone(), server.URL).Audit(), "\n")
			if (test.want == "") != (found == "") || !strings.Contains(found, test.want) {
				t.Errorf("found %q, want %q", found, test.want)
			}
		})
	}
}

func TestTabKeepsWhatThePageDoes(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src 'unsafe-inline'; connect-src 'none'")
		_, _ = w.Write([]byte(`<script>console.error("oh"); fetch("/other").catch(() => { window.done = true; throw new Error("thrown") })</script>`))
	}))
	t.Cleanup(server.Close)
	tab := chromium.Open(t, browser.Desktop(), server.URL)
	tab.WaitFor("window.done === true")
	complaints := strings.Join(tab.Complaints(), "\n")
	for _, want := range []string{"oh", "thrown", "Content Security Policy"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("the complaints lack %q:\n%s", want, complaints)
		}
	}
	if requests := tab.Requests(); len(requests) == 0 || requests[0].Method != http.MethodGet {
		t.Errorf("the requests are %v", requests)
	}
}
