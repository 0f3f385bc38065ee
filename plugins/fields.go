package plugins

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// appendFields writes the members of a JSON object that are named, and no other. It walks over the bytes itself: this is
// on the path of every call, and a decoder that judges what the host wrote takes longer than many a guest. What is no
// JSON ends the walk.
func appendFields(b []byte, object []byte, names []string) []byte {
	b = append(b, '{')
	first := true
	at := skipSpace(object, 0)
	if at == len(object) || object[at] != '{' {
		return append(b, '}')
	}
	for {
		start := skipSpace(object, at+1)
		colon := skipSpace(object, skipString(object, start))
		if colon >= len(object) || object[colon] != ':' {
			break
		}
		value := skipSpace(object, colon+1)
		end := skipValue(object, value)
		if end == value {
			break
		}
		if key := object[start:skipString(object, start)]; named(names, key) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(append(append(b, key...), ':'), object[value:end]...)
		}
		if at = skipSpace(object, end); at >= len(object) || object[at] != ',' {
			break
		}
	}
	return append(b, '}')
}

// named tells whether a JSON string is one of the names.
func named(names []string, key []byte) bool {
	if bytes.IndexByte(key, '\\') < 0 {
		return slices.ContainsFunc(names, func(n string) bool { return n == string(key[1:len(key)-1]) })
	}
	text, err := jsontext.AppendUnquote(nil, key)
	return err == nil && slices.Contains(names, string(text))
}

func skipSpace(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t' || b[at] == '\n' || b[at] == '\r') {
		at++
	}
	return at
}

// skipString gives where the string at that place ends; where there is none, or no end, that is the end of b.
func skipString(b []byte, at int) int {
	if at >= len(b) || b[at] != '"' {
		return len(b)
	}
	for from := at + 1; ; {
		n := bytes.IndexByte(b[from:], '"')
		if n < 0 {
			return len(b)
		}
		quote := from + n
		from = quote + 1
		slashes := quote
		for slashes > at+1 && b[slashes-1] == '\\' {
			slashes--
		}
		if (quote-slashes)%2 == 0 { // no backslash is left that escapes it
			return quote + 1
		}
	}
}

// skipValue gives where the value at that place ends; where there is none that is the same place.
func skipValue(b []byte, at int) int {
	depth := 0
	for at < len(b) {
		switch b[at] {
		case '"':
			at = skipString(b, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
			at++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return at
			}
			at++
			continue
		default:
			if n := bytes.IndexAny(b[at:], ",]} \t\r\n"); n > 0 {
				at += n
			} else {
				at = len(b)
			}
		}
		if depth == 0 {
			return at
		}
	}
	return at
}
