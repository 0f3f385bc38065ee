package mail

import "strings"

// pressed is a template that was carried out once with marks in place of the facts.
// What is left to do for each mail is to put the facts between its pieces: a
// tenth of the work.
type pressed struct {
	pieces []string // one more than facts
	facts  []int
}

// firstMark is the first of the marks, one for each fact: they are for private use
// (Unicode §23.5), no text needs them and no template escapes them.
const firstMark = '\ue000'

// shape tells which facts there are.
type shape [factCount]bool

// marks stand for the facts that are there; one that is missing stays missing, because the
// words speak of what they know.
func (f facts) marks() (marks facts, there shape) {
	for i, fact := range f.all() {
		if there[i] = *fact != ""; there[i] {
			*marks.all()[i] = mark(rune(i))
		}
	}
	// A template would escape a mark in an address, and does not escape these.
	if marks.Logo != "" {
		marks.Logo = logoPlaceholder
	}
	if marks.Support != "" {
		marks.Support = supportPlaceholder
	}
	return marks, there
}

func mark(i rune) string { return string(firstMark + i) }

// Addresses that stand for the marks of addresses while a template is carried out.
const (
	logoPlaceholder    = "https://logo.usher.invalid/"
	supportPlaceholder = "https://support.usher.invalid/"
)

var addressMarks = strings.NewReplacer(logoPlaceholder, mark(5), supportPlaceholder, mark(6))

// press takes a template's text to pieces at its marks.
func press(text string) (p pressed) {
	text = addressMarks.Replace(text)
	for {
		i := strings.IndexFunc(text, func(r rune) bool { return r >= firstMark && r < firstMark+factCount })
		if i < 0 {
			p.pieces = append(p.pieces, text)
			return p
		}
		mark := []rune(text[i : i+len(string(firstMark))])[0]
		p.pieces, p.facts = append(p.pieces, text[:i]), append(p.facts, int(mark-firstMark))
		text = text[i+len(string(firstMark)):]
	}
}

// with puts the facts in their places.
func (p pressed) with(f facts) string {
	var b strings.Builder
	all, n := f.all(), 0
	for _, piece := range p.pieces {
		n += len(piece)
	}
	for _, fact := range p.facts {
		n += len(*all[fact])
	}
	b.Grow(n)
	for i, piece := range p.pieces {
		b.WriteString(piece)
		if i < len(p.facts) {
			b.WriteString(*all[p.facts[i]])
		}
	}
	return b.String()
}
