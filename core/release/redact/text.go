package redact

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// pieces are what a text is taken apart into, the first alternative that fits: what is percent-encoded, an e-mail
// address, the beginning of a URL with its host, words with dots between them, a word.
var pieces = regexp.MustCompile(`[\pL\pM\pN._~+%-]*%[0-9A-Fa-f]{2}[\pL\pM\pN._~+%-]*` +
	`|[^\s@<>"'(),:;\[\]\\/?&=]+@[\pL\pN][\pL\pM\pN-]*(?:\.[\pL\pN][\pL\pM\pN-]*)+` +
	`|https?://[^\s/?#"'<>\\]*` +
	`|[\pL\pN][\pL\pM\pN-]*(?:\.[\pL\pM\pN-]+)+` +
	`|[\pL\pM\pN]+`)

var (
	words = regexp.MustCompile(`[\pL\pM\pN]+`)
	site  = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:\d{1,5})?$`)
)

// text replaces every word of a text, and has them recognised in what the plugin asks.
func (r *Redactor) text(s string) string {
	out := r.each(s, r.remember)
	if len(s) >= shortestWhole && !strings.ContainsAny(s, " \t\n") {
		r.whole[s] = out
	}
	return out
}

// remember replaces a word, and has it recognised.
func (r *Redactor) remember(run string) string {
	if n := utf8.RuneCountInString(run); n >= shortestKnown || n > 1 && n < len(run) {
		r.known[small(run)] = struct{}{}
	}
	return r.word(run)
}

// What is shorter is not recognised: it would be found everywhere.
const (
	shortestKnown = 3 // characters of a word
	shortestWhole = 8 // bytes of a value
)

// prose replaces every word of a long text, and has only the whole of it recognised: its words are everybody's.
func (r *Redactor) prose(s string) string {
	out := r.each(s, r.word)
	if s != "" {
		r.whole[s] = out
	}
	return out
}

// familiar replaces what is known to be personal, and leaves everything else.
func (r *Redactor) familiar(s string) string {
	for _, value := range r.longestFirst() {
		s = strings.ReplaceAll(s, value, r.whole[value])
	}
	return r.each(s, func(run string) string {
		if _, known := r.known[small(run)]; known {
			return r.word(run)
		}
		return run
	})
}

func (r *Redactor) longestFirst() []string {
	list := make([]string, 0, len(r.whole))
	for value := range r.whole {
		list = append(list, value)
	}
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return list
}

// each replaces the words of a text by what one says.
func (r *Redactor) each(s string, one func(string) string) string {
	if r.keep != "" && strings.Contains(s, r.keep) {
		parts := strings.Split(s, r.keep)
		for i := range parts {
			parts[i] = r.each(parts[i], one)
		}
		return strings.Join(parts, r.keep)
	}
	return pieces.ReplaceAllStringFunc(s, func(piece string) string {
		at := strings.LastIndexByte(piece, '@')
		switch {
		case strings.Contains(piece, "%"):
			return r.encoded(piece, one)
		case strings.HasPrefix(piece, "http://"), strings.HasPrefix(piece, "https://"):
			if site.MatchString(piece) {
				return piece
			}
		case at > 0:
			return words.ReplaceAllStringFunc(piece[:at], one) + r.domain(piece[at:])
		}
		if _, kept := r.domains[piece]; kept {
			return piece
		}
		return words.ReplaceAllStringFunc(piece, one)
	})
}

// domain has the domain behind an @ kept from then on.
func (r *Redactor) domain(at string) string {
	r.domains[at[1:]] = struct{}{}
	return at
}

// encoded replaces the words of what is percent-encoded. What cannot be decoded loses them all.
func (r *Redactor) encoded(piece string, one func(string) string) string {
	plain, err := url.PathUnescape(piece)
	if err != nil || strings.Contains(plain, "%") {
		return words.ReplaceAllStringFunc(piece, r.word)
	}
	return strings.ReplaceAll(url.QueryEscape(r.each(plain, one)), "+", "%20")
}
