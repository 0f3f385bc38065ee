package page_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/usher-id/usher/tests/browser"
)

const goodPassword = "a long enough password"

// TestActivationPage drives the page in a real browser with the keyboard alone.
func TestActivationPage(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	tests := []struct {
		name  string
		token string
		view  browser.View
		drive func(t *testing.T, tab *browser.Tab)
		want  []map[string]any // what reaches the host, token and locale left out
	}{
		{"invitation", "invited", browser.Phone(), acceptInvitation, []map[string]any{
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
		}},
		{"passwordless invitation", "passwordless", browser.Phone(), giveName, []map[string]any{
			{"profile": map[string]any{"display_name": "Grace Hopper"}},
		}},
		{"owner", "owner", dark(browser.Phone()), acceptInvitation, []map[string]any{
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
		}},
		{"existing account", "member", browser.Phone(), proveAccount, []map[string]any{
			{"password": "not this one", "profile": map[string]any{}},
			{"password": goodPassword, "profile": map[string]any{}},
		}},
		{"existing account without password", "memberless", browser.Phone(), tick, []map[string]any{{"profile": map[string]any{}}}},
		{"sign in", "signin", dark(browser.Narrow()), tick, []map[string]any{{"profile": map[string]any{}}}},
		{"new password", "reset", browser.Phone(), resetPassword, []map[string]any{
			{"password": goodPassword, "profile": map[string]any{}},
		}},
		{"refused fields", "refused", browser.Phone(), correctFields, []map[string]any{
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
			{"password": goodPassword + "!", "profile": map[string]any{"display_name": "Grace Hopper!"}},
		}},
		{"host in trouble", "stormy", dark(browser.Phone()), tryAgain, []map[string]any{
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
		}},
		{"too many tries", "hasty", browser.Narrow(), waitAndTryAgain, []map[string]any{
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
			{"password": goodPassword, "profile": map[string]any{"display_name": "Grace Hopper"}},
		}},
		{"dead link", "used-up", browser.Phone(), readNotice, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			host := newHost(t)
			tab := chromium.Open(t, test.view, host.URL+"/a/"+test.token)
			tab.WaitFor(`document.querySelector("h1") !== null`)
			if address := browser.Eval[string](tab, "location.pathname"); strings.Contains(address, test.token) {
				t.Errorf("the token stays in the address bar: %s", address)
			}
			actedOn(t, host, 0)
			test.drive(t, tab)
			behaves(t, tab, host)
			if test.want != nil {
				actedOn(t, host, 1)
			}
			sameKeyForSameAnswers(t, host)
			if got := told(host.posted()); got != told(test.want) {
				t.Errorf("the host was told %s, want %s", got, told(test.want))
			}
		})
	}
}

func dark(view browser.View) browser.View {
	view.Dark = true
	return view
}

// actedOn: the host is told once that somebody acted on the page, and not of a page that only runs.
func actedOn(t *testing.T, host *host, want int) {
	t.Helper()
	host.mu.Lock()
	defer host.mu.Unlock()
	if host.acted != want {
		t.Errorf("the host was told %d times that somebody acted, want %d", host.acted, want)
	}
}

// sameKeyForSameAnswers: a repetition after trouble is recognised by the host, a corrected form is another request.
func sameKeyForSameAnswers(t *testing.T, host *host) {
	t.Helper()
	host.mu.Lock()
	defer host.mu.Unlock()
	for i := 1; i < len(host.keys); i++ {
		same := told(host.bodies[i-1:i]) == told(host.bodies[i:i+1])
		if host.keys[i] == "" || same != (host.keys[i] == host.keys[i-1]) {
			t.Errorf("the idempotency keys are %q", host.keys)
		}
	}
}

// told writes what was posted without the token and the locale.
func told(bodies []map[string]any) string {
	plain := make([]map[string]any, len(bodies))
	for i, body := range bodies {
		plain[i] = maps.Clone(body)
		delete(plain[i], "token")
		profile, _ := body["profile"].(map[string]any)
		profile = maps.Clone(profile)
		delete(profile, "locale")
		plain[i]["profile"] = profile
	}
	text, _ := json.Marshal(plain) // maps of strings always marshal
	return string(text)
}

// behaves checks what holds for every page at any time.
func behaves(t *testing.T, tab *browser.Tab, host *host) {
	t.Helper()
	for _, complaint := range tab.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
	for _, finding := range tab.Audit() {
		t.Errorf("accessibility: %s", finding)
	}
	for _, request := range tab.Requests() {
		u, err := url.Parse(request.URL)
		if err != nil || "http://"+u.Host != host.URL {
			t.Errorf("the page asked another origin for %s", request.URL)
		}
	}
	if kept := browser.Eval[int](tab, "localStorage.length + sessionStorage.length + document.cookie.length"); kept != 0 {
		t.Error("the page keeps something in the browser")
	}
}

func acceptInvitation(t *testing.T, tab *browser.Tab) {
	tab.Screenshot(name(t, "1-form"))
	tab.TabTo("button[type=submit]")
	tab.Press(kb.Enter)
	tab.WaitFor(`document.activeElement.id === "display_name"`)
	tab.Screenshot(name(t, "2-empty"))
	audit(t, tab)
	tab.Press("Grace Hopper")
	tab.TabTo("#password")
	tab.Press("short")
	tab.WaitFor(`document.querySelector("#password-hint").textContent.includes("10")`)
	tab.Press(kb.Enter)
	tab.WaitFor(`document.activeElement.id === "password" && document.querySelector("#password-error") !== null`)
	for range len("short") {
		tab.Press(kb.Backspace)
	}
	tab.Press(goodPassword)
	tab.TabTo("button[aria-pressed]")
	tab.Press(" ")
	tab.WaitFor(`document.querySelector("#password").type === "text"`)
	tab.Screenshot(name(t, "3-filled"))
	tab.Press(" ")
	tab.TabTo("button[type=submit]")
	tab.Press(kb.Enter)
	arrive(t, tab)
	tab.Press(kb.Tab)
	if target := browser.Eval[string](tab, "document.activeElement.pathname"); target != "/problems/welcome" {
		t.Errorf("the button after success leads to %q", target)
	}
}

func giveName(t *testing.T, tab *browser.Tab) {
	tab.Screenshot(name(t, "1-form"))
	tab.TabTo("#display_name")
	tab.Press("Grace Hopper" + kb.Enter)
	arrive(t, tab)
}

func proveAccount(t *testing.T, tab *browser.Tab) {
	tab.TabTo("#password")
	tab.Press("not this one" + kb.Enter)
	tab.WaitFor(`document.activeElement.id === "password" && document.querySelector("#password-error") !== null`)
	tab.Screenshot(name(t, "1-wrong"))
	audit(t, tab)
	for range len("not this one") {
		tab.Press(kb.Backspace)
	}
	tab.Press(goodPassword + kb.Enter)
	arrive(t, tab)
}

// tick shows that pressing the only button is not enough: that is what mail scanners do.
func tick(t *testing.T, tab *browser.Tab) {
	tab.TabTo("button[type=submit]")
	tab.Press(kb.Enter)
	tab.WaitFor(`document.activeElement.id === "confirm" && document.querySelector("#confirm-error") !== null`)
	tab.Screenshot(name(t, "1-unconfirmed"))
	audit(t, tab)
	tab.Press(" ")
	tab.TabTo("button[type=submit]")
	tab.Press(kb.Enter)
	arrive(t, tab)
}

func resetPassword(t *testing.T, tab *browser.Tab) {
	if got := browser.Eval[string](tab, `document.querySelector("#password").autocomplete`); got != "new-password" {
		t.Errorf("the new password's autocomplete is %q", got)
	}
	tab.TabTo("#password")
	tab.Press(goodPassword + kb.Enter)
	arrive(t, tab)
}

func correctFields(t *testing.T, tab *browser.Tab) {
	fill(tab)
	tab.WaitFor(`document.activeElement.id === "display_name" && document.querySelectorAll("[aria-invalid]").length === 2`)
	tab.Screenshot(name(t, "1-refused"))
	audit(t, tab)
	tab.Press(kb.End + "!")
	tab.TabTo("#password")
	tab.Press(kb.End + "!" + kb.Enter)
	arrive(t, tab)
}

func tryAgain(t *testing.T, tab *browser.Tab) {
	fill(tab)
	tab.WaitFor(`document.querySelector("[role=alert]").textContent !== ""`)
	tab.Screenshot(name(t, "1-trouble"))
	audit(t, tab)
	tab.TabTo("button[type=submit]")
	tab.Press(kb.Enter)
	arrive(t, tab)
}

func waitAndTryAgain(t *testing.T, tab *browser.Tab) {
	fill(tab)
	tab.WaitFor(`document.querySelector("[role=alert]").textContent !== ""`)
	tab.WaitFor(`document.querySelector("button[type=submit]").getAttribute("aria-disabled") === "false"`)
	tab.Press(kb.Enter)
	arrive(t, tab)
}

func readNotice(t *testing.T, tab *browser.Tab) {
	tab.WaitFor(`document.querySelector("h1").textContent === "This link no longer works"`)
	tab.Screenshot(name(t, "1-notice"))
}

func fill(tab *browser.Tab) {
	tab.TabTo("#display_name")
	tab.Press("Grace Hopper")
	tab.TabTo("#password")
	tab.Press(goodPassword + kb.Enter)
}

// arrive waits for the success and for the screen reader's place to be at its heading.
func arrive(t *testing.T, tab *browser.Tab) {
	t.Helper()
	tab.WaitFor(`document.querySelector("form") === null && document.activeElement.localName === "h1"`)
	tab.Screenshot(name(t, "4-done"))
}

func audit(t *testing.T, tab *browser.Tab) {
	t.Helper()
	for _, finding := range tab.Audit() {
		t.Errorf("accessibility: %s", finding)
	}
}

// name makes a file name of the test's and the step's.
func name(t *testing.T, step string) string {
	_, test, _ := strings.Cut(t.Name(), "/")
	return "activation-" + strings.ReplaceAll(strings.ToLower(test), "_", "-") + "-" + step
}
