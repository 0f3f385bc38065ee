package edge

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// dotted writes a JSON pointer as errors name fields: profile.display_name.
func dotted(p jsontext.Pointer) string {
	var names []string
	for name := range p.Tokens() {
		names = append(names, name)
	}
	return strings.Join(names, ".")
}

// longestName is how much of a name that the caller made up is repeated to them.
const longestName = 64

func clipped(name string) string {
	if len(name) <= longestName {
		return strings.ToValidUTF8(name, "\uFFFD")
	}
	cut := longestName
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.ToValidUTF8(name[:cut], "\uFFFD") + "…"
}

// shown quotes a name for a sentence.
func shown(name string) string { return strconv.Quote(clipped(name)) }

func enumerated(names []string) string { return strings.Join(names, ", ") }

func wantedType(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "of another type"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "base64"
		}
		return "a list"
	case reflect.Array: // the one array is an id
		return "an id in its 36 character form"
	}
	return "an object"
}

func foundKind(wrong *json.SemanticError) string {
	switch wrong.JSONKind {
	case jsontext.KindString:
		return "this string"
	case jsontext.KindNumber:
		return "this number"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "true or false"
	case jsontext.KindBeginArray:
		return "a list"
	case jsontext.KindBeginObject:
		return "an object"
	}
	return "this"
}
