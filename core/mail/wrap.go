package mail

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// lineWidth is where lines of the text part are broken, in columns (RFC 3676 §4.2).
const lineWidth = 72

// wrap breaks the long lines of a text. What has no place to break at, such as a link, stays whole.
func wrap(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/lineWidth)
	for line := range strings.Lines(text) {
		wrapLine(&b, line)
	}
	return b.String()
}

// wrapLine takes a line apart into what must stay together, and puts it into rows.
func wrapLine(b *strings.Builder, line string) {
	if len(line) <= lineWidth { // in bytes, which are never fewer than columns
		b.WriteString(line)
		return
	}
	column := 0
	for line != "" {
		unit, rest := cutUnit(line)
		bare := strings.TrimRight(unit, " ")
		if column > 0 && column+columns(strings.TrimRight(bare, "\n")) > lineWidth {
			b.WriteByte('\n')
			column = 0
		}
		column += columns(unit)
		// The blanks at the end of a row go with it.
		if next, _ := cutUnit(rest); rest != "" && column+columns(strings.TrimRight(next, " \n")) > lineWidth {
			unit = bare
		}
		b.WriteString(unit)
		line = rest
	}
}

// cutUnit cuts off what no break may part: a word with the blanks behind it, or a wide
// character with the punctuation that clings to it.
func cutUnit(line string) (unit, rest string) {
	r, at := utf8.DecodeRuneInString(line)
	for at < len(line) {
		follows, size := utf8.DecodeRuneInString(line[at:])
		if breaks(r, follows) {
			return line[:at], line[at:]
		}
		r, at = follows, at+size
	}
	return line, ""
}

// breaks tells whether a row may end between two characters.
func breaks(r, follows rune) bool {
	switch {
	case follows == ' ' || follows == '\n':
		return false
	case r == ' ':
		return true
	}
	return (wide(r) || wide(follows)) && !strings.ContainsRune(clingsToLast, follows) && !strings.ContainsRune(clingsToNext, r)
}

// No row of Japanese begins with one of the first or ends with one of the second (JIS X 4051).
const (
	clingsToLast = "、。，．,.）)」』】〉》］｝！？!?：；:;ー々・ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…"
	clingsToNext = "（(「『【〈《［｛"
)

func columns(s string) (n int) {
	for _, r := range s {
		n++
		if wide(r) {
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	if r < 0x1100 {
		return false
	}
	kind := width.LookupRune(r).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}
