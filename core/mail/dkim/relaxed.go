package dkim

import (
	"bytes"
	"strings"
)

// fieldsOf gives the values of a header by their names in small letters. Of a name that is
// there more than once it is the last (RFC 6376 §5.4.2).
func fieldsOf(header []byte) map[string][]byte {
	fields := map[string][]byte{}
	for len(header) > 0 {
		end := fieldEnd(header)
		name, value, _ := bytes.Cut(header[:end], []byte(":"))
		fields[strings.ToLower(string(bytes.TrimSpace(name)))] = value
		header = bytes.TrimPrefix(header[end:], []byte("\r\n"))
	}
	return fields
}

// fieldEnd is where the first field ends: at the first line break that no blank follows.
func fieldEnd(header []byte) int {
	at := 0
	for {
		n := bytes.Index(header[at:], []byte("\r\n"))
		if n < 0 {
			return len(header)
		}
		at += n
		if next := at + 2; next >= len(header) || !blank(header[next]) {
			return at
		}
		at += 2
	}
}

// relaxedField appends a field without the end of its line (RFC 6376 §3.4.2).
func relaxedField(to []byte, name string, value []byte) []byte {
	to = append(append(to, strings.ToLower(name)...), ':')
	return append(to, bytes.Join(bytes.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }), []byte(" "))...)
}

// relaxedBody has no blanks at the ends of lines, one where there are more, and no empty
// lines at its end (RFC 6376 §3.4.4).
func relaxedBody(body []byte) []byte {
	out := make([]byte, 0, len(body)+2)
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte("\r\n"))
		out = append(relaxedLine(out, line), "\r\n"...)
		body = rest
	}
	n := len(out)
	for n >= 4 && string(out[n-4:n]) == "\r\n\r\n" {
		n -= 2
	}
	if n == 2 {
		n = 0
	}
	return out[:n]
}

func relaxedLine(to, line []byte) []byte {
	line = bytes.TrimRight(line, " \t")
	for len(line) > 0 {
		at := bytes.IndexAny(line, " \t")
		if at < 0 {
			return append(to, line...)
		}
		to = append(append(to, line[:at]...), ' ')
		line = bytes.TrimLeft(line[at:], " \t")
	}
	return to
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
