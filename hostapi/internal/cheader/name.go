package cheader

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// apart splits what is written in capitals and is two words.
var apart = strings.NewReplacer("KVTTL", "KV_TTL", "HTTPURL", "HTTP_URL") //nolint:gochecknoglobals // a constant

// lower gives a name of Go as C has it: HTTPRequest is http_request.
func lower(name string) string {
	runes := []rune(apart.Replace(name))
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) && runes[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// upper gives it as constants are written.
func upper(name string) string { return strings.ToUpper(lower(name)) }

// width of a comment's lines.
const width = 120

// comment writes what hostapi says, with the names that C has for things.
func (w *writer) comment(indent, text string) {
	if text == "" {
		return
	}
	text = w.renamed(text)
	line := indent + "/*"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width-3 {
			w.printf("%s\n", line)
			line = indent + "  "
		}
		line += " " + word
	}
	w.printf("%s */\n", line)
}

var (
	word   = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]+\b`)
	method = regexp.MustCompile(`^(Hook|Func)([A-Z].*)$`)
)

// inFields puts the names of members in the place of those of a struct's fields.
func (w *writer) inFields(text string, fields []shape.Field) string {
	return word.ReplaceAllStringFunc(text, func(name string) string {
		for _, f := range fields {
			if f.Name == name {
				return f.JSON
			}
		}
		return name
	})
}

// renamed puts the names of C in the place of those of Go.
func (w *writer) renamed(text string) string {
	return word.ReplaceAllStringFunc(text, func(name string) string {
		if _, err := w.source.Type(name); err == nil {
			return "usher_" + lower(name)
		}
		if _, err := w.source.Number(name); err == nil {
			return "USHER_" + upper(name)
		}
		if m := method.FindStringSubmatch(name); m != nil {
			if m[1] == "Hook" {
				return strings.Replace(lower(m[2]), "_", ".", 1)
			}
			return "usher_" + lower(m[2])
		}
		return name
	})
}
