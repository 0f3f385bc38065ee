package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/usher-id/usher/tests/browser"
)

// operate opens the page, signs in by keyboard, and waits for what it says then.
func operate(t *testing.T, chromium *browser.Browser, view browser.View, host *host, says string) *browser.Tab {
	t.Helper()
	tab := chromium.Open(t, view, host.URL+"/plugins")
	tab.WaitFor(`document.querySelector("#token") !== null`)
	tab.TabTo("#token")
	tab.Press("operator-secret")
	tab.TabTo("#name")
	tab.Press("Zoë" + kb.Enter)
	reads(tab, says)
	return tab
}

// reads waits until the page says something.
func reads(tab *browser.Tab, says string) {
	tab.WaitFor(`document.body.innerText.replaceAll("\u00a0", " ").includes(` + "`" + says + "`" + `)`)
}

// sound checks what holds for the page at any time.
func sound(t *testing.T, tab *browser.Tab, host *host) {
	t.Helper()
	audit(t, tab)
	for _, complaint := range tab.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
	for _, request := range tab.Requests() {
		if !strings.HasPrefix(request.URL, host.URL+"/") || strings.Contains(request.URL, "secret") {
			t.Errorf("the page asked for %s", request.URL)
		}
	}
	if kept := browser.Eval[int](tab, "localStorage.length + document.cookie.length"); kept != 0 {
		t.Error("the page keeps something beyond its tab")
	}
}

// tall shows a whole page in one screenshot.
func tall(view browser.View, height int) browser.View {
	view.Height = height
	return view
}

// TestPluginsPageStates: what on-call has to see first is said first, in every state and light.
func TestPluginsPageStates(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	for _, row := range []struct {
		name  string
		view  browser.View
		scene scene
		says  []string
	}{
		{"order-desktop", tall(browser.Desktop(), 1700), trying(), []string{"Release 14 serves", "company-domain 1.1.0 for 10 % of runs", "the new allow-list", "Everything is in order", "3 replicas, all on release 14", "Roll back to release 13", "company-domain 1.0.3, without the candidate 1.1.0", "agrees in 99.87 % of 9,061 answers, differs in 12", "51 not comparable", "more traffic is needed", "+0.77 points", "quarantined", "needs too much memory", "compile: out of memory"}},
		{"order-phone-dark", dark(browser.Phone()), trying(), []string{"Everything is in order"}},
		{"order-narrow", browser.Narrow(), trying(), []string{"Everything is in order"}},
		{"itself-desktop", browser.Desktop(), byItself(), []string{"This wants a look", "The guardrail rolled back by itself", "denies more at signup.validate", "1 of 3 replicas is behind: usher-7d4f-zq4m:1 serves release 14", "usher-7d4f-zq4m:1: plugin company-domain: compile: out of memory", "usher-7d4f-p8rw:1 does not serve all that its release says.", "mail-templates is left out: its key is not trusted", "Candidate of company-domain taken back", "company-domain 1.0.3, mail-templates 2.0.0 with 2.1.0 as a shadow", "by guardrail, automatically", "Roll back further, to release 12"}},
		{"itself-phone-dark", dark(tall(browser.Phone(), 1200)), byItself(), []string{"The guardrail rolled back by itself"}},
		{"under-way", browser.Desktop(), underWay(), []string{"Something is under way", "Release 15 is being prepared: 1 of 2 replicas ready", "usher plugin serve 15", "usher-7d4f-zq4m:1 was not heard of since", "ready for release 15"}},
		{"nothing", browser.Phone(), untouched(), []string{"Nothing is released yet", "usher plugin push FILE.wasm", "usher plugin activate PLUGIN@VERSION"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			host := newHost(t)
			host.set(row.scene)
			tab := operate(t, chromium, row.view, host, row.says[0])
			for _, says := range row.says {
				reads(tab, says)
			}
			tab.Screenshot("plugins-" + row.name)
			sound(t, tab, host)
			if row.scene.evidence != "" {
				tab.TabTo("summary")
				tab.Press(kb.Enter)
				reads(tab, "e-value")
				tab.Screenshot("plugins-" + row.name + "-evidence")
				sound(t, tab, host)
			}
		})
	}
}

// TestPluginsPageRollsBack by keyboard alone.
func TestPluginsPageRollsBack(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	calm := dark(browser.Desktop())
	calm.Calm = true
	for name, view := range map[string]browser.View{"narrow": dark(browser.Narrow()), "desktop-dark": calm} {
		t.Run(name, func(t *testing.T) {
			host := newHost(t)
			tab := operate(t, chromium, view, host, "Release 14 serves")
			tab.TabTo("#rollback")
			tab.Press(kb.Enter)
			tab.WaitFor(`document.activeElement.id === "reason"`)
			tab.Press(kb.Enter) // without a reason nothing is sent
			tab.WaitFor(`document.querySelector("#reason-error") !== null && document.activeElement.id === "reason"`)
			sound(t, tab, host)
			tab.Press(kb.Escape)
			tab.WaitFor(`document.querySelector("dialog") === null && document.activeElement.id === "rollback"`)
			tab.Press(kb.Enter)
			tab.WaitFor(`document.activeElement.id === "reason"`)
			tab.TabTo(".chips button:nth-child(2)")
			tab.Press(" ")
			tab.WaitFor(`document.querySelector("#reason").value === "Too many refusals"`)
			tab.Screenshot("plugins-confirm-" + name)
			sound(t, tab, host)
			if moving := browser.Eval[int](tab, "document.getAnimations().length"); view.Calm && moving > 0 {
				t.Errorf("%d things move although less motion was asked for", moving)
			}
			tab.TabTo("#confirm")
			tab.Press(kb.Enter)
			tab.WaitFor(`document.activeElement.id === "outcome"`)
			for _, says := range []string{"Rolled back to release 13", "2 of 3 replicas serve release 15", "in 421 µs", "not yet: serves release 14", "Release 15 serves"} {
				reads(tab, says)
			}
			tab.Screenshot("plugins-outcome-" + name)
			sound(t, tab, host)
			want := object{"kind": "rollback", "to": 13.0, "reason": "Too many refusals", "expect": 14.0, "by": "Zoë"}
			if got := host.posted(); len(got) != 1 || told(got) != told([]map[string]any{want}) {
				t.Errorf("the host was told %v", got)
			}
		})
	}
}

// TestPluginsPageConflict: who is second is told so, by the page when it knows and by the host when it does not.
func TestPluginsPageConflict(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	host := newHost(t)
	s := trying()
	s.refuses = true
	host.set(s)
	tab := operate(t, chromium, browser.Phone(), host, "Release 14 serves")
	tab.TabTo("#rollback")
	tab.Press(kb.Enter)
	tab.WaitFor(`document.activeElement.id === "reason"`)
	tab.Press("INC-231" + kb.Enter)
	tab.WaitFor(`document.querySelector("dialog [role=alert]").innerText.includes("Told by the host.")`)
	tab.Screenshot("plugins-conflict")
	sound(t, tab, host)
	tab.Press(kb.Escape)
	tab.WaitFor(`document.querySelector("dialog") === null`)
	tab.TabTo("#rollback")
	tab.Press(kb.Enter)
	host.set(rolledBack())
	tab.WaitFor(`document.querySelector("dialog [role=alert]")?.innerText.includes("Release 15 was made since")`)
	tab.Press(kb.Escape)
	tab.WaitFor(`document.querySelector("dialog") === null`)
	tab.TabTo(`[aria-label="Go back to release 12"]`) // further than the button goes
	tab.Press(kb.Enter)
	tab.WaitFor(`document.activeElement.id === "reason"`)
	reads(tab, "Roll back further, to release 12?")
	host.Close()
	tab.Press("INC-231" + kb.Enter)
	reads(tab, "It may have been done all the same")
	first := object{"kind": "rollback", "to": 13.0, "reason": "INC-231", "expect": 14.0, "by": "Zoë"}
	if got := host.posted(); told(got) != told([]map[string]any{first}) {
		t.Errorf("the host was told %v", got)
	}
}

// TestPluginsPageTrouble: a wrong token, and a host that goes away.
func TestPluginsPageTrouble(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	host := newHost(t)
	tab := chromium.Open(t, browser.Phone(), host.URL+"/plugins")
	tab.WaitFor(`document.querySelector("#token") !== null`)
	tab.TabTo("#token")
	tab.Press("wrong" + kb.Enter)
	tab.WaitFor(`document.querySelector("[role=alert]:not(:empty)")?.innerText.includes("Told by the host.")`)
	tab.Screenshot("plugins-wrong-token")
	sound(t, tab, host)
	if kept := browser.Eval[string](tab, `sessionStorage.getItem("usher.operator-token") ?? ""`); kept != "" {
		t.Error("the wrong token is kept")
	}
	tab = operate(t, chromium, dark(browser.Phone()), host, "Release 14 serves")
	host.Close()
	reads(tab, "The host does not answer. What you see is from")
	reads(tab, "Release 14 serves")
	reads(tab, "Not known since")
	tab.Screenshot("plugins-away")
	audit(t, tab)
}
