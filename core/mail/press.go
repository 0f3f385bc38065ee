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

// marks stand for the facts that are there; one that is missing stays missing, because the
// words speak of what they know.
func (f facts) marks() (marks facts, shape [4]bool) {
	for i, fact := range f.all() {
		if shape[i] = *fact != ""; shape[i] {
			*marks.all()[i] = string(rune(firstMark + i))
		}
	}
	return marks, shape
}

func (f *facts) all() [4]*string { return [...]*string{&f.Tenant, &f.Recipient, &f.Inviter, &f.Until} }

func press(text string) (p pressed) {
	for {
		i := strings.IndexFunc(text, func(r rune) bool { return r >= firstMark && r < firstMark+4 })
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

// escaped is fit for text and for attributes in quotes, the places that the layout has
// for facts; html/template escapes the same.
func (f facts) escaped() facts {
	for _, fact := range f.all() {
		*fact = special.Replace(*fact)
	}
	return f
}

var special = strings.NewReplacer("\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")
