package config

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a configuration.
type Problem struct {
	Key   string // the key, or what was taken for one
	Where string // "usher.yaml:12", "USHER_HTTP_LISTEN", "--http.listen" or ""
	Says  string // what is wrong; a value is never in it
	Fix   string // what to do
}

// String is the problem on one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.Where != "" {
		b.WriteString(p.Where + ": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Says)
	if p.Fix != "" {
		b.WriteString("; " + p.Fix)
	}
	return b.String()
}

// Invalid is every problem of a configuration at once.
type Invalid struct{ Problems []Problem }

// Error names each problem on a line of its own.
func (e *Invalid) Error() string {
	lines := make([]string, 0, len(e.Problems)+1)
	if n := len(e.Problems); n == 1 {
		lines = append(lines, "the configuration has a problem:")
	} else {
		lines = append(lines, fmt.Sprintf("the configuration has %d problems:", n))
	}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.String())
	}
	return strings.Join(lines, "\n")
}

// problems gathers.
type problems []Problem

func (p *problems) add(one Problem) { *p = append(*p, one) }

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &Invalid{Problems: p}
}

// about tells whether one of the keys has a problem already.
func (p problems) about(keys ...string) bool {
	for _, one := range p {
		for _, k := range keys {
			if one.Key == k {
				return true
			}
		}
	}
	return false
}
