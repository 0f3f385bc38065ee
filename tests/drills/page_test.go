package drills_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/usher-id/usher/tests/browser"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestRollbackOnAPhone is an incident at night: the operator has a browser and no shell, and
// somebody else is at it too.
func TestRollbackOnAPhone(t *testing.T) {
	t.Parallel()
	chromium := browser.Launch(t)
	f := newFleet(t, pgtest.New(t), 2)
	page := f.replicas[1]
	tab := chromium.Open(t, browser.Phone(), page.Operator+"/plugins")
	tab.WaitFor(`document.querySelector("#token") !== null`)
	tab.TabTo("#token")
	tab.Press("not the token" + kb.Enter)
	reads(tab, "This is not the operator token.")
	tab.TabTo("#token")
	tab.Press(page.OperatorToken(t))
	tab.TabTo("#name")
	tab.Press("Zoë" + kb.Enter)
	reads(tab, "Nothing is released yet")

	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	f.typed("plugin", "activate", "gate@2.0.0")
	reads(tab, "Release 2 serves")
	reads(tab, "gate 2.0.0 activated")
	reads(tab, "2 replicas, all on release 2")
	reads(tab, "Roll back to release 1")
	tab.Screenshot("drill-page-1-serves")

	// A release comes in between looking and pressing.
	confirm(tab, "signups are denied")
	f.typed("plugin", "rollback", "--reason", "denied signups")
	reads(tab, "Release 3 was made since you opened this")
	tab.Press(kb.Enter)
	reads(tab, "The newest release is 3, and you have seen 2")
	tab.Screenshot("drill-page-2-conflict")
	tab.Press(kb.Escape)
	reads(tab, "Roll back further, to before the first release")
	f.typed("plugin", "activate", "gate@2.0.0")
	reads(tab, "Release 4 serves")

	confirm(tab, "signups are denied")
	reads(tab, "Roll back to release 3?")
	tab.Press(kb.Enter)
	reads(tab, "Rolled back to release 3")
	reads(tab, "2 of 2 replicas serve release 5")
	tab.WaitFor(`[...document.querySelectorAll("#outcome")].length === 1 && document.activeElement.id === "outcome"`)
	reads(tab, "Everything is in order")
	tab.Screenshot("drill-page-3-outcome")
	for _, finding := range tab.Audit() {
		t.Errorf("accessibility: %s", finding)
	}
	if history := f.typed("plugin", "history"); !strings.Contains(history, "Zoë") || !strings.Contains(history, "signups are denied") {
		t.Error("the history does not say who rolled back, and why")
	}
	if status := f.typed("plugin", "status"); !strings.Contains(status, "A rollback goes back to before the first release.") {
		t.Error("the status does not say where a rollback goes")
	}
	for _, complaint := range tab.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
	for _, request := range tab.Requests() {
		if strings.Contains(request.URL, page.OperatorToken(t)) {
			t.Errorf("the token is in an address: %s", request.Method)
		}
	}

	page.Kill(t)
	reads(tab, "The host does not answer. What you see is from")
	reads(tab, "Release 5 serves")
}

// confirm presses the big button and says why, and does not send it yet.
func confirm(tab *browser.Tab, why string) {
	tab.TabTo("#rollback")
	tab.Press(kb.Enter)
	tab.WaitFor(`document.activeElement.id === "reason"`)
	tab.Press(why)
}

// reads waits until the page says something.
func reads(tab *browser.Tab, says string) {
	tab.WaitFor("document.body.innerText.replaceAll(`\u00a0`, ` `).includes(`" + says + "`)")
}
