package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/usher-id/usher/tests/browser"
	"github.com/usher-id/usher/tests/hosttest"
)

// TestActivationPageInBrowser follows the link of a real mail on a phone to the active
// account, after mail scanners have done their worst.
func TestActivationPageInBrowser(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	h := shared.Host(t)
	x := newTenant(t, h)
	email := newAddress("grace")
	id := x.invite(email)
	mail := h.Mail(t, email, 1)
	before := rowsOf(t, h, id)

	t.Run("a scanner fetches", func(t *testing.T) {
		path := strings.TrimPrefix(mail.Link(), h.URL)
		for range 20 {
			h.Client(t).Do("HEAD", path, nil).Want(200)
			page := h.Client(t).Get(path).Want(200)
			if strings.Contains(string(page.Body), mail.Token()) {
				t.Fatal("the page has the token in it")
			}
		}
		equal(t, "the rows", rowsOf(t, h, id), before)
	})
	t.Run("a scanner runs the scripts and presses the button", func(t *testing.T) {
		tab := chromium.Open(t, browser.Desktop(), mail.Link())
		tab.WaitFor(`document.querySelector("button[type=submit]") !== null`)
		for range 3 {
			browser.Eval[bool](tab, `(document.querySelector("button[type=submit]").click(), true)`)
			browser.Eval[bool](tab, `(document.querySelector("form").requestSubmit(), true)`)
		}
		tab.WaitFor(`document.querySelector("[aria-invalid=true]") !== null`)
		equal(t, "posts", posts(tab, "/v1/activations"), 0)
		equal(t, "the rows", rowsOf(t, h, id), before)
	})
	t.Run("a person on a phone", func(t *testing.T) {
		tab := chromium.Open(t, browser.Phone(), mail.Link())
		tab.WaitFor(`document.querySelector("form") !== null`)
		if address := browser.Eval[string](tab, "location.href"); strings.Contains(address, mail.Token()) {
			t.Error("the token stays in the address bar")
		}
		tab.Screenshot("e2e-activation-1-form")
		tab.TabTo("#display_name")
		tab.Press("Grace Hopper")
		tab.TabTo("#password")
		tab.Press(passphrase)
		tab.Screenshot("e2e-activation-2-filled")
		tab.Press(kb.Enter)
		tab.WaitFor(`document.querySelector("form") === null && document.activeElement.localName === "h1"`)
		tab.Screenshot("e2e-activation-3-done")
		behaves(t, tab, h)
		equal(t, "posts", posts(tab, "/v1/activations"), 1)
		me := h.Client(t).As(signIn(t, h, email, passphrase).AccessToken).Get("/v1/me").Want(200)
		equal(t, "account", me.Text("user", "status")+" "+me.Text("user", "display_name"), "active Grace Hopper")
	})
	t.Run("the link is spent", func(t *testing.T) {
		tab := chromium.Open(t, browser.Phone(), mail.Link())
		tab.WaitFor(`document.querySelector("h1")?.textContent.length > 0 && document.querySelector("form") === null && !document.querySelector("[aria-busy=true]")`)
		tab.Screenshot("e2e-activation-4-spent")
		behaves(t, tab, h)
	})
	t.Run("a sign-in link asks for a hand", func(t *testing.T) { signInPage(t, chromium, h, email) })
}

// signInPage: a link that asks for nothing to be typed is not spent by a press either.
func signInPage(t *testing.T, chromium *browser.Browser, h *hosttest.Host, email string) {
	h.Client(t).Post("/v1/sessions/magic-link", hosttest.Object{"email": email}).Want(202)
	link := h.Mail(t, email, 2).Link()
	tab := chromium.Open(t, browser.Phone(), link)
	tab.WaitFor(`document.querySelector("button[type=submit]") !== null`)
	browser.Eval[bool](tab, `(document.querySelector("button[type=submit]").click(), true)`)
	tab.WaitFor(`document.querySelector("#confirm-error") !== null`)
	equal(t, "posts of a scanner", posts(tab, "/v1/activations"), 0)
	tab.TabTo("#confirm")
	tab.Press(" ")
	tab.Screenshot("e2e-sign-in")
	tab.TabTo("button[type=submit]")
	tab.Press(kb.Enter)
	tab.WaitFor(`document.querySelector("form") === null`)
	behaves(t, tab, h)
	equal(t, "posts of a person", posts(tab, "/v1/activations"), 1)
}

// posts counts what the page posted to a path.
func posts(tab *browser.Tab, path string) (n int) {
	for _, request := range tab.Requests() {
		if request.Method == http.MethodPost && strings.HasSuffix(request.URL, path) {
			n++
		}
	}
	return n
}

// behaves checks what holds for the page at any time.
func behaves(t *testing.T, tab *browser.Tab, h *hosttest.Host) {
	t.Helper()
	for _, complaint := range tab.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
	for _, finding := range tab.Audit() {
		t.Errorf("accessibility: %s", finding)
	}
	for _, request := range tab.Requests() {
		if !strings.HasPrefix(request.URL, h.URL+"/") && !strings.HasPrefix(request.URL, "data:") {
			t.Error("the page asked another origin")
		}
	}
	if browser.Eval[int](tab, "localStorage.length + sessionStorage.length + document.cookie.length") != 0 {
		t.Error("the page keeps something in the browser")
	}
}
