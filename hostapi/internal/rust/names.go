package rust

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// rename writes a name of Go as Rust does: HTTPRequest is HttpRequest.
func rename(name string) string {
	return strings.NewReplacer("HTTP", "Http", "KV", "Kv", "HMAC", "Hmac").Replace(name)
}

// variant makes the name of a variant of a value: signup.validate is SignupValidate.
func variant(text string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '_' || r == '.' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// snake puts an underscore before each word of a name: MaxHTTPHeaderBytes is max_http_header_bytes.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

const widest = 116 // of a line

// document writes a comment, in lines.
func document(w io.Writer, indent, text string) {
	line := indent + "///"
	for _, word := range strings.Fields(strings.ReplaceAll(text, "<", "\\<")) {
		if len(line)+1+len(word) > widest {
			fmt.Fprintln(w, line)
			line = indent + "///"
		}
		line += " " + word
	}
	if text != "" {
		fmt.Fprintln(w, line)
	}
}
