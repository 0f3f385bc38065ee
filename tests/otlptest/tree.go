package otlptest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Tree prints spans of one trace as a tree: name, when it began after the first
// span, how long it took, what it says of itself. Spans whose parent is not among
// them stand at the top.
func Tree(w io.Writer, spans []Span) error {
	if len(spans) == 0 {
		_, err := fmt.Fprintln(w, "no spans")
		return err
	}
	p := printer{w: w, children: map[string][]Span{}, zero: spans[0].Start}
	known := map[string]bool{}
	for _, s := range spans {
		known[s.SpanID] = true
		if s.Start.Before(p.zero) {
			p.zero = s.Start
		}
	}
	var tops []Span
	for _, s := range spans {
		if known[s.ParentID] {
			p.children[s.ParentID] = append(p.children[s.ParentID], s)
		} else {
			tops = append(tops, s)
		}
	}
	p.printf("trace %s, %d spans\n", spans[0].TraceID, len(spans))
	for _, s := range byStart(tops) {
		p.span(s, "", "")
	}
	return p.err
}

// nameWidth is the column at which times begin.
const nameWidth = 52

type printer struct {
	w        io.Writer
	children map[string][]Span
	zero     time.Time
	err      error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) span(s Span, branch, below string) {
	name := branch + s.Name
	pad := max(1, nameWidth-len([]rune(name)))
	p.printf("%s%s%9s +%-9s %-8s %s\n", name, strings.Repeat(" ", pad),
		millis(s.Start.Sub(p.zero)), millis(s.Duration()), s.Kind, about(s))
	children := byStart(p.children[s.SpanID])
	for i, c := range children {
		if i == len(children)-1 {
			p.span(c, below+"└─ ", below+"   ")
		} else {
			p.span(c, below+"├─ ", below+"│  ")
		}
	}
}

func about(s Span) string {
	var parts []string
	if s.Error {
		parts = append(parts, strings.TrimSpace("ERROR "+s.Message))
	}
	for _, l := range s.Links {
		parts = append(parts, "link→"+l.TraceID+"/"+l.SpanID)
	}
	for _, k := range slices.Sorted(maps.Keys(s.Attributes)) {
		parts = append(parts, k+"="+s.Attributes[k])
	}
	return strings.Join(parts, " ")
}

func byStart(spans []Span) []Span {
	slices.SortStableFunc(spans, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return spans
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.2fms", float64(d)/float64(time.Millisecond))
}
