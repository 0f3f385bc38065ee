package project

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// places knows where the lines of a bundle come from. It is a source map of version 3 (ECMA-426) that was decoded.
type places struct {
	Sources  []string `json:"sources"`
	Mappings string   `json:"mappings"`

	lines []origin // of the bundle, each by where its first token comes from
}

type origin struct {
	file, line, column int // from 0; file is -1 when the line is nobody's
}

// decode reads the mappings: for each line segments of up to five numbers, most of which are differences.
func (p *places) decode() error {
	file, line, column := 0, 0, 0
	for _, text := range strings.Split(p.Mappings, ";") {
		found := origin{file: -1}
		for _, segment := range strings.Split(text, ",") {
			numbers, ok := numbersOf(segment)
			if !ok {
				return fmt.Errorf("the bundler's source map has the segment %q", segment)
			}
			if len(numbers) < 4 {
				continue
			}
			file, line, column = file+numbers[1], line+numbers[2], column+numbers[3]
			if found.file < 0 {
				found = origin{file, line, column}
			}
		}
		p.lines = append(p.lines, found)
	}
	return nil
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// numbersOf reads numbers in base 64 of variable length, the sign in the lowest bit.
func numbersOf(segment string) (list []int, ok bool) {
	value, shift := 0, 0
	for _, c := range segment {
		digit := strings.IndexRune(digits, c)
		if digit < 0 || shift > 30 {
			return nil, false
		}
		value |= digit & 31 << shift
		if shift += 5; digit&32 != 0 {
			continue
		}
		if value&1 != 0 {
			value = -value
		}
		list, value, shift = append(list, value/2), 0, 0
	}
	return list, shift == 0
}

var frame = regexp.MustCompile(`plugin\.js:(\d+)`)

// first gives the place of a stack's first line that is the author's, before a message; nothing when there is none.
func (p *places) first(stack string) string {
	for _, m := range frame.FindAllStringSubmatch(stack, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > len(p.lines) {
			continue
		}
		at := p.lines[n-1]
		if at.file < 0 || strings.HasPrefix(p.Sources[at.file], sdkFolder+"/") || p.Sources[at.file] == start {
			continue
		}
		return fmt.Sprintf("%s:%d:%d: ", p.Sources[at.file], at.line+1, at.column+1)
	}
	return ""
}

// runs writes the lines for a plugin that is built: usher-sdk/guest.ts reads them when it fails.
func (p *places) runs() string {
	var b strings.Builder
	b.WriteString(strings.Join(p.Sources, "\t"))
	for i, at := range p.lines {
		follows := i > 0 && p.lines[i-1].file == at.file && p.lines[i-1].line+1 == at.line
		if at.file >= 0 && !follows {
			fmt.Fprintf(&b, "\n%d %d %d", i+1, at.file, at.line+1)
		}
	}
	return b.String()
}
