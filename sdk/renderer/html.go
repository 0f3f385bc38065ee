package renderer

// AppendHTML appends text so that it means itself in HTML, in an element and in
// a quoted attribute alike.
func AppendHTML(b []byte, text string) []byte {
	start := 0
	for i := range len(text) {
		entity := entityOf(text[i])
		if entity == "" {
			continue
		}
		b = append(append(b, text[start:i]...), entity...)
		start = i + 1
	}
	return append(b, text[start:]...)
}

// HTML gives text so that it means itself in HTML; see [AppendHTML].
func HTML(text string) string { return string(AppendHTML(nil, text)) }

func entityOf(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&#34;"
	case '\'':
		return "&#39;"
	}
	return ""
}
