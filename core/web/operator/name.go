package operator

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// NameHeader is the header in which an operator says who he is, for the audit. It is a claim:
// whoever has the token may give any name.
const NameHeader = "Usher-Operator"

const (
	namelessOperator = "operator"
	longestName      = 100 // characters
)

// actor is who the audit names.
func actor(c *edge.Call) (string, error) {
	name := c.Header(NameHeader)
	if name == "" {
		return namelessOperator, nil
	}
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > longestName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", core.E(core.MalformedRequest, "The header "+NameHeader+" must be a name of 1 to 100 printable characters, or left out.").Because("operator_name")
	}
	return name, nil
}
