package redact

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"strings"
	"unicode"
)

// Redactor redacts the parts of one call, each word consistently. It belongs to one goroutine.
type Redactor struct {
	chance  *mathrand.Rand
	words   map[string]string   // a word in small letters to its stand-in
	taken   map[string]struct{} // stand-ins that are in use
	known   map[string]struct{} // words by which what the plugin asks is recognised
	whole   map[string]string   // values as a whole to theirs
	domains map[string]struct{} // that are kept
	keep    string              // a text that stays wherever it stands; empty for none
}

// New begins with a call.
func New() *Redactor {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // it never fails
	return &Redactor{
		chance: mathrand.New(mathrand.NewChaCha8(seed)),
		words:  map[string]string{}, taken: map[string]struct{}{}, known: map[string]struct{}{}, whole: map[string]string{}, domains: map[string]struct{}{},
	}
}

// word gives the stand-in of a run of letters and digits, in its case.
func (r *Redactor) word(run string) string {
	key := small(run)
	in, there := r.words[key]
	if !there {
		in = r.draw(key)
		r.words[key], r.taken[in] = in, struct{}{}
	}
	return inCaseOf(run, in)
}

// draws is how often another stand-in is drawn for one that is in use: of a word of one letter there are few.
const draws = 20

func (r *Redactor) draw(key string) (in string) {
	for range draws {
		in = strings.Map(r.stranger(key), key)
		if _, used := r.taken[in]; !used {
			break
		}
	}
	return in
}

// longHex is the length from which hexadecimal digits are taken for a digest or a key, whose stand-in must be one too.
const longHex = 16

// stranger gives another character of the same kind.
func (r *Redactor) stranger(key string) func(rune) rune {
	hex := len(key) >= longHex && strings.Trim(key, "0123456789abcdef") == ""
	return func(c rune) rune {
		switch {
		case hex:
			return r.other("0123456789abcdef", c)
		case unicode.IsDigit(c):
			return r.other("0123456789", c)
		case !unicode.IsLetter(c):
			return c
		}
		return r.other(alphabet(c), c)
	}
}

func (r *Redactor) other(from string, c rune) rune {
	letters := []rune(from)
	for range draws {
		if d := letters[r.chance.IntN(len(letters))]; d != c {
			return d
		}
	}
	return letters[0]
}

// alphabet gives letters of the script of one; of those that people rarely write with each other, Latin ones.
func alphabet(c rune) string {
	switch {
	case c < unicode.MaxASCII:
		return "abcdefghijklmnopqrstuvwxyz"
	case unicode.Is(unicode.Latin, c):
		return "äöüéèêñçåøáíóú"
	case unicode.Is(unicode.Greek, c):
		return "αβγδεζηθικλμνξοπρτυφχψω"
	case unicode.Is(unicode.Cyrillic, c):
		return "абвгдежзиклмнопрстуфхцчшщэюя"
	case unicode.Is(unicode.Han, c):
		return "一二三四五六七八九十人大小中山川水火木金土日月"
	}
	return "abcdefghijklmnopqrstuvwxyz"
}

func small(s string) string { return strings.Map(unicode.ToLower, s) }

// inCaseOf writes in with the capitals of like, letter by letter.
func inCaseOf(like, in string) string {
	letters := []rune(in)
	for i, c := range []rune(like) {
		if i < len(letters) && unicode.IsUpper(c) {
			letters[i] = unicode.ToUpper(letters[i])
		}
	}
	return string(letters)
}
