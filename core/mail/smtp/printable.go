package smtp

import (
	"bytes"
	"strings"
)

// lineMost is how long a line of quoted-printable may be, without the mark of a soft break.
const lineMost = 75

// printable writes text as quoted-printable with CRLF at the ends of its lines (RFC 2045
// §6.7). The library's encoder, which is the standard library's, takes each byte by
// itself; a mail is all but whole runs of bytes that stand for themselves.
func printable(b *bytes.Buffer, text string) {
	for text != "" {
		line, rest, more := strings.Cut(text, "\n")
		printableLine(b, strings.TrimSuffix(line, "\r"))
		if more {
			b.WriteString("\r\n")
		}
		text = rest
	}
}

func printableLine(b *bytes.Buffer, line string) {
	const hex = "0123456789ABCDEF"
	room := lineMost
	for line != "" {
		n := 0
		for n < len(line) && n < room && plain(line, n) {
			n++
		}
		b.WriteString(line[:n])
		line, room = line[n:], room-n
		switch {
		case line == "":
		case room == 0 || room < 3 && !plain(line, 0):
			b.WriteString("=\r\n")
			room = lineMost
		default: // room is left, so this byte does not stand for itself
			b.Write([]byte{'=', hex[line[0]>>4], hex[line[0]&15]})
			line, room = line[1:], room-3
		}
	}
}

// plain tells whether a byte of a line stands for itself: blanks do, but at its end.
func plain(line string, i int) bool {
	c := line[i]
	return c > ' ' && c <= '~' && c != '=' || (c == ' ' || c == '\t') && i < len(line)-1
}
