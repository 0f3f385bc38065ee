package browser

import (
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Press sends keys to whatever has the focus: text, or one of kb's names.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(keys))
}

// TabTo presses Tab until the element that the selector names has the focus,
// and ends the test when the keyboard cannot reach it.
func (tab *Tab) TabTo(selector string) {
	tab.t.Helper()
	for range 40 {
		tab.Press(kb.Tab)
		if Eval[bool](tab, "document.activeElement?.matches("+quote(selector)+") === true") {
			return
		}
	}
	tab.t.Fatalf("the Tab key never reaches %s", selector)
}

// Focused tells the id of the focused element, or else its tag name.
func (tab *Tab) Focused() string {
	tab.t.Helper()
	return Eval[string](tab, "document.activeElement.id || document.activeElement.localName")
}
