package browser

import (
	_ "embed"
	"encoding/json"
)

//go:embed audit.js
var auditScript string

// Audit lists what stands in the way of someone with a keyboard, a screen
// reader or a thumb: missing language, title or landmark, not exactly one h1, inputs
// without a label, controls without a name, ids used twice, references to
// nothing, targets under 44 pixels, text of too little contrast on a plain
// background, and a page wider than the window. It is no replacement for a
// person who tries.
func (tab *Tab) Audit() []string {
	tab.t.Helper()
	return Eval[[]string](tab, auditScript)
}

// quote writes a string as a JavaScript literal.
func quote(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		return `""` // a string always marshals
	}
	return string(literal)
}
