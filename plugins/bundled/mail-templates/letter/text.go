package letter

import "github.com/usher-id/usher/sdk/renderer"

// fill puts the names of a message into a sentence.
func fill(sentence string, m renderer.Message) string {
	b := make([]byte, 0, len(sentence)+64)
	for i := 0; i < len(sentence); {
		switch {
		case hasAt(sentence, i, "{tenant}"):
			b = append(b, oneLine(m.Tenant.Name)...)
			i += len("{tenant}")
		case hasAt(sentence, i, "{inviter}"):
			b = append(b, oneLine(m.InviterName)...)
			i += len("{inviter}")
		default:
			b = append(b, sentence[i])
			i++
		}
	}
	return string(b)
}

// replace puts a value in the place of a mark that occurs once.
func replace(sentence, mark, value string) string {
	for i := range len(sentence) {
		if hasAt(sentence, i, mark) {
			return sentence[:i] + oneLine(value) + sentence[i+len(mark):]
		}
	}
	return sentence
}

func hasAt(s string, i int, part string) bool {
	return len(s)-i >= len(part) && s[i:i+len(part)] == part
}

// oneLine turns control characters into spaces: a name must not begin a line of
// its own, in a mail's header least of all.
func oneLine(s string) string {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if b[j] < 0x20 || b[j] == 0x7f {
					b[j] = ' '
				}
			}
			return string(b)
		}
	}
	return s
}

// dateIn writes an RFC 3339 time in UTC the way the language does: 2 January
// 2030, 15:04 UTC. It gives nothing for what is no such time.
func dateIn(language, rfc3339 string) string {
	if len(rfc3339) < len("2006-01-02T15:04:05Z") || rfc3339[4] != '-' || rfc3339[7] != '-' || rfc3339[len(rfc3339)-1] != 'Z' {
		return ""
	}
	month := number(rfc3339[5:7])
	day := rfc3339[8:10]
	if month < 1 || month > 12 || number(day) < 1 {
		return ""
	}
	if day[0] == '0' {
		day = day[1:]
	}
	year, clock := rfc3339[:4], rfc3339[11:16]
	if language == german {
		months := [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
		return day + ". " + months[month-1] + " " + year + ", " + clock + " Uhr (UTC)"
	}
	months := [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	return day + " " + months[month-1] + " " + year + ", " + clock + " UTC"
}

// number reads digits; -1 for anything else.
func number(s string) int {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
