package page_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/web/page"
	"github.com/usher-id/usher/tests/browser"
)

// noRows is a store, a linker and a provider without anything in them: a preview needs none.
type noRows struct{}

func (noRows) LoadOutgoing(context.Context, []core.ID) ([]core.Outgoing, error) { return nil, nil }
func (noRows) RecordDeliveries(context.Context, []core.Delivery) error          { return nil }
func (noRows) Name() string                                                     { return "nobody" }
func (noRows) Send(context.Context, *mail.Message) error                        { return nil }
func (noRows) Token(core.TokenRef) (core.Secret, error)                         { return "", nil }

// northlight is a tenant with a look.
var northlight = core.Tenant{Name: "Northlight Studio", Branding: core.Branding{
	LogoURL: "https://cdn.example.com/logo.svg", Colour: "#00a36c", SupportURL: "https://help.example.com/",
}}

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 40"><path fill="#00a36c" d="M0 40 20 0l20 40z"/>` +
	`<text x="48" y="27" font-family="sans-serif" font-size="20" fill="#123">Northlight</text></svg>`

// letters serves the page of letters, and letters themselves as their readers get them. The letters are real.
func (h *host) letters(t *testing.T, mux *http.ServeMux, pages *page.Page) {
	t.Helper()
	sender, err := mail.New(mail.Deps{
		Store: noRows{}, Linker: noRows{}, Providers: []mail.Provider{noRows{}}, Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""), Signals: signal.Nop(),
	}, mail.Config{From: "Usher <no-reply@example.com>", PublicURL: "https://accounts.example.com", LinkURL: "https://go.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	render := func(r *http.Request, tenant core.Tenant) mail.Preview {
		q := r.URL.Query()
		p, err := sender.Preview(r.Context(), mail.Sample{Kind: core.MessageKind(q.Get("kind")), Locale: q.Get("locale"), Theme: mail.Theme(q.Get("theme")), Tenant: tenant})
		if err != nil {
			t.Error(err)
		}
		return p
	}
	mux.HandleFunc("GET /mail", func(w http.ResponseWriter, _ *http.Request) { write(w, pages.Letters()) })
	mux.HandleFunc("GET /admin/v1/mail/preview", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("tenant") == "unknown" {
			problem(w, http.StatusBadRequest, "malformed_request", nil)
			return
		}
		tenant := northlight
		tenant.Branding.LogoURL = "" // no test asks another machine for anything
		p := render(r, tenant)
		answer(w, http.StatusOK, map[string]any{
			"kind": r.URL.Query().Get("kind"), "language": p.Language, "by": p.By, "subject": p.Subject, "html": p.HTML, "text": p.Text,
			"kinds": mail.Kinds(), "locales": sender.Languages(),
		})
	})
	mux.HandleFunc("GET /letter.html", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, strings.ReplaceAll(render(r, northlight).HTML, northlight.Branding.LogoURL, "/logo.svg"))
	})
	mux.HandleFunc("GET /letter.txt", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprint(w, render(r, northlight).Text)
	})
	mux.HandleFunc("GET /logo.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = fmt.Fprint(w, logo)
	})
}

// TestLettersInBrowser takes pictures of letters, and looks at the page of letters and at a page that looks like a tenant's.
func TestLettersInBrowser(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	for name, visit := range map[string]func(*testing.T, *browser.Browser){
		"pictures": pictures, "page of letters": lettersPage, "activation page of a tenant": tenantsPage,
	} {
		t.Run(name, func(t *testing.T) { visit(t, chromium) })
	}
}

// pictures of letters are for people to look at. That nothing sticks out of them, and that they are in the right
// theme, is seen here.
func pictures(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	desk := browser.View{Width: 680, Height: 860, Scale: 1}
	for _, shot := range []struct {
		name, address string
		view          browser.View
		ground        string
	}{
		{"de-light", "/letter.html?kind=invitation&locale=de", desk, "rgb(239, 230, 218)"},
		{"de-dark", "/letter.html?kind=invitation&locale=de", dark(desk), "rgb(16, 9, 19)"},
		{"de-phone", "/letter.html?kind=invitation&locale=de", browser.Narrow(), "rgb(239, 230, 218)"},
		{"de-text", "/letter.txt?kind=invitation&locale=de", desk, ""},
		{"ja-light", "/letter.html?kind=invitation&locale=ja", desk, "rgb(239, 230, 218)"},
		{"ja-dark", "/letter.html?kind=invitation&locale=ja", dark(desk), "rgb(16, 9, 19)"},
		{"ja-text", "/letter.txt?kind=invitation&locale=ja", desk, ""},
	} {
		tab := chromium.Open(t, shot.view, host.URL+shot.address)
		tab.WaitFor(`document.readyState === "complete"`)
		tab.Screenshot("letter-" + shot.name)
		if wide := browser.Eval[int](tab, "document.documentElement.scrollWidth"); wide > shot.view.Width {
			t.Errorf("%s is %d pixels wide in %d", shot.name, wide, shot.view.Width)
		}
		if shot.ground == "" {
			continue
		}
		if ground := browser.Eval[string](tab, "getComputedStyle(document.body).backgroundColor"); ground != shot.ground {
			t.Errorf("%s stands on %s, want %s", shot.name, ground, shot.ground)
		}
		if high := browser.Eval[int](tab, "document.querySelector('img').height"); high != 40 {
			t.Errorf("%s has a logo of %d pixels", shot.name, high)
		}
		for _, complaint := range tab.Complaints() {
			t.Errorf("%s: the browser complains: %s", shot.name, complaint)
		}
	}
}

func lettersPage(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	tab := chromium.Open(t, browser.Desktop(), host.URL+"/mail")
	tab.WaitFor(`document.querySelector("#token") !== null`)
	tab.TabTo("#token")
	tab.Press("operator-secret" + kb.Enter)
	tab.WaitFor(`document.querySelector("iframe")?.srcdoc.includes("Northlight Studio")`)
	if sandbox := browser.Eval[string](tab, `document.querySelector("iframe").getAttribute("sandbox")`); sandbox != "" {
		t.Errorf("the letter may %s", sandbox)
	}
	choose := func(id, value string) {
		tab.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
			`{ const s = document.querySelector("#%s"); s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })); }`, id, value)))
	}
	tab.Do(chromedp.Evaluate[chromedp.Void](`document.addEventListener("load", (e) => { window.shown = e.target.srcdoc; }, true)`))
	choose("kind", "sign_in")
	choose("locale", "fr")
	choose("theme", "dark")
	tab.WaitFor(`document.querySelector("h2").textContent === "Votre lien de connexion" && window.shown?.includes("Votre lien de connexion") && window.shown.includes("@media (min-width: 0)")`)
	browser.Eval[bool](tab, `new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(() => painted(true))))`)
	tab.Screenshot("letters-desktop")
	audit(t, tab)
	tab.Do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("button")].find((b) => b.textContent === "Text").click()`))
	tab.WaitFor(`document.querySelector("pre")?.textContent.includes("https://go.example.com/a/this-link-is-dead-it-is-a-preview")`)
	tab.Screenshot("letters-text")
	tab.TabTo("#tenant")
	tab.Press("unknown" + kb.Enter)
	tab.WaitFor(`document.querySelector("[role=status]").textContent === "Told by the host."`)
	for _, complaint := range tab.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
}

// tenantsPage has a colour that nothing can be written in, and a logo that does not come: the name stands for it.
func tenantsPage(t *testing.T, chromium *browser.Browser) {
	for name, view := range map[string]browser.View{"light": browser.Phone(), "dark": dark(browser.Phone())} {
		host := newHost(t)
		tab := chromium.Open(t, view, host.URL+"/a/branded")
		tab.WaitFor(`document.querySelector("form") !== null && document.querySelector("header span")?.textContent === "Northlight Studio"`)
		if got := browser.Eval[string](tab, `getComputedStyle(document.querySelector("button[type=submit]")).backgroundColor`); got != "rgb(255, 212, 0)" {
			t.Errorf("the button is %s", got)
		}
		if got := browser.Eval[string](tab, `getComputedStyle(document.querySelector("button[type=submit]")).color`); got != "rgb(0, 0, 0)" {
			t.Errorf("what is written on it is %s", got)
		}
		if got := browser.Eval[string](tab, `document.title + " " + document.querySelector("footer a").href`); got != "Join Northlight Studio · Northlight Studio https://help.example.com/" {
			t.Errorf("the page is called, and leads to, %s", got)
		}
		audit(t, tab)
		tab.Screenshot("activation-branded-" + name)
		asked := 0
		for _, request := range tab.Requests() {
			if !strings.HasPrefix(request.URL, host.URL) {
				asked++
				if request.URL != "https://logo.invalid/logo.svg" {
					t.Errorf("the page asked for %s", request.URL)
				}
			}
		}
		if asked != 1 {
			t.Errorf("the page asked other origins %d times", asked)
		}
	}
}
