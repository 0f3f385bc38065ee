package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/usher-id/usher/tests/browser"
)

// TestActivationPageInEveryLanguage checks that nothing overflows and that the page says its language.
func TestActivationPageInEveryLanguage(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	for wanted, want := range map[string]string{"en-GB": "en", "de-AT,de": "de", "es-MX": "es", "fr-CA,fr": "fr", "ja-JP": "ja", "nl,de": "de", "nl": "en"} {
		t.Run(wanted, func(t *testing.T) {
			host := newHost(t)
			view := browser.Narrow()
			view.Language = wanted
			tab := chromium.Open(t, view, host.URL+"/a/invited")
			tab.WaitFor(`document.querySelector("form") !== null`)
			if got := browser.Eval[string](tab, "document.documentElement.lang"); got != want {
				t.Errorf("the page speaks %s, want %s", got, want)
			}
			tab.Screenshot("activation-language-" + strings.Split(wanted, ",")[0])
			behaves(t, tab, host)
		})
	}
}

// TestPagesInBrowser runs what needs one visit each.
func TestPagesInBrowser(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	for name, visit := range map[string]func(*testing.T, *browser.Browser){
		"activation page reloaded":               reloaded,
		"activation page without host":           withoutHost,
		"sink page":                              sinkPage,
		"sink page takes token from the address": sinkPageTakesTheTokenFromTheAddress,
		"problem page":                           problemPageInBrowser,
	} {
		t.Run(name, func(t *testing.T) { visit(t, chromium) })
	}
}

func TestActivationPageViews(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	calm := browser.Phone()
	calm.Calm = true
	for name, view := range map[string]browser.View{
		"phone": browser.Phone(), "phone-dark": dark(browser.Phone()), "narrow": browser.Narrow(), "narrow-dark": dark(browser.Narrow()),
		"desktop": browser.Desktop(), "desktop-dark": dark(browser.Desktop()), "calm": calm,
	} {
		t.Run(name, func(t *testing.T) {
			host := newHost(t)
			tab := chromium.Open(t, view, host.URL+"/a/invited")
			tab.WaitFor(`document.querySelector("form") !== null`)
			tab.Screenshot("activation-" + name)
			if moving := browser.Eval[int](tab, "document.getAnimations().length"); view.Calm && moving > 0 {
				t.Errorf("%d things move although less motion was asked for", moving)
			}
			behaves(t, tab, host)
			if posted := host.posted(); len(posted) != 0 {
				t.Errorf("opening the page posted %v", posted)
			}
		})
	}
}

// reloaded: the token is gone from the address, and the page says what to do.
func reloaded(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	tab := chromium.Open(t, browser.Phone(), host.URL+"/a/invited")
	tab.WaitFor(`document.querySelector("form") !== null`)
	tab.Do(chromedp.Reload())
	tab.WaitFor(`document.querySelector("h1")?.textContent === "Please open the link again"`)
	behaves(t, tab, host)
}

// withoutHost: nothing typed is lost, and the person can try again.
func withoutHost(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	tab := chromium.Open(t, browser.Phone(), host.URL+"/a/invited")
	tab.WaitFor(`document.querySelector("form") !== null`)
	host.Close()
	fill(tab)
	tab.WaitFor(`document.querySelector("[role=alert]").textContent.includes("still here")`)
	if kept := browser.Eval[string](tab, `document.querySelector("#password").value`); kept != goodPassword {
		t.Error("what was typed is gone")
	}
	tab.Screenshot("activation-offline")
}

func sinkPage(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	tab := chromium.Open(t, browser.Desktop(), host.URL+"/sink")
	tab.WaitFor(`document.querySelector("#token") !== null`)
	tab.TabTo("#token")
	tab.Press("wrong" + kb.Enter)
	tab.WaitFor(`document.body.innerText.includes("did not accept")`)
	tab.TabTo("#token")
	tab.Press("operator-secret" + kb.Enter)
	tab.WaitFor(`document.querySelector("iframe") !== null`)
	tab.Screenshot("sink-desktop")
	if hrefs := browser.Eval[string](tab, `[...document.querySelectorAll("article a")].map((a) => a.getAttribute("href")).join()`); hrefs != host.URL+"/a/invited" {
		t.Errorf("the links are %s", hrefs)
	}
	if sandbox := browser.Eval[string](tab, `document.querySelector("iframe").getAttribute("sandbox")`); strings.Contains(sandbox, "allow-scripts") {
		t.Errorf("the mail may run scripts: %s", sandbox)
	}
	audit(t, tab)
}

func sinkPageTakesTheTokenFromTheAddress(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	tab := chromium.Open(t, browser.Phone(), host.URL+"/sink#token=operator-secret")
	tab.WaitFor(`document.querySelector("iframe") !== null`)
	if address := browser.Eval[string](tab, "location.href"); strings.Contains(address, "secret") {
		t.Errorf("the token stays in the address: %s", address)
	}
	tab.Screenshot("sink-phone")
	audit(t, tab)
}

func problemPageInBrowser(t *testing.T, chromium *browser.Browser) {
	host := newHost(t)
	tab := chromium.Open(t, browser.Phone(), host.URL+"/problems/invalid_token")
	tab.Screenshot("problem-phone")
	behaves(t, tab, host)
}
