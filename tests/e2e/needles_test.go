package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// gram is how many characters of a secret in a row are a find.
const gram = 16

// needles are secrets in every form in which they could lie somewhere. Finding any 16
// characters in a row of any form is a find.
type needles struct {
	grams map[string]string // to what they are of
	begin []uint64          // a bit for each three bytes with which some gram begins
}

func newNeedles() *needles {
	return &needles{grams: map[string]string{}, begin: make([]uint64, 1<<24/64)}
}

// add makes something be looked for; what says what it is without repeating it.
func (n *needles) add(what, secret string) {
	forms := map[string]string{
		"":             secret,
		" in hex":      hex.EncodeToString([]byte(secret)),
		" in HEX":      strings.ToUpper(hex.EncodeToString([]byte(secret))),
		" in a URL":    url.QueryEscape(secret),
		" in a path":   url.PathEscape(secret),
		" small":       strings.ToLower(secret),
		" as a number": "",
	}
	for shift := range 3 { // base64 looks different at each place modulo 3
		shifted := append(make([]byte, shift), secret...)
		cut := []int{0, 2, 3}[shift]
		for name, encoding := range map[string]*base64.Encoding{" in base64": base64.RawStdEncoding, " in base64url": base64.RawURLEncoding} {
			text := encoding.EncodeToString(shifted)
			forms[name+strings.Repeat(" shifted", shift)] = text[cut : len(text)-1] // the last character mixes with what follows
		}
	}
	for form, text := range forms {
		for i := 0; i+gram <= len(text); i++ {
			n.grams[text[i:i+gram]] = what + form
			bit := prefix(text[i], text[i+1], text[i+2])
			n.begin[bit/64] |= 1 << (bit % 64)
		}
	}
}

func prefix(a, b, c byte) uint32 { return uint32(a)<<16 | uint32(b)<<8 | uint32(c) }

// find tells what is in a text, with the place.
func (n *needles) find(text []byte) map[string]int {
	found := map[string]int{}
	for i := 0; i+gram <= len(text); i++ {
		bit := prefix(text[i], text[i+1], text[i+2])
		if n.begin[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		if what, ok := n.grams[string(text[i:i+gram])]; ok {
			if _, known := found[what]; !known {
				found[what] = i
			}
		}
	}
	return found
}

// TestNeedlesAreFound is the control of the grep: hidden in noise, whole or in part, in
// each form, everything is found; and nothing is found in noise alone.
func TestNeedlesAreFound(t *testing.T) {
	t.Parallel()
	const secret = "0AbCdEfGhIjKlMnOpQrStUvWxYz1234567890aBcDeF"
	const phrase = "a phrase with spaces, ümlauts & more"
	n := newNeedles()
	n.add("secret", secret)
	n.add("phrase", phrase)
	noise := func(size int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(rand.UintN(256))
		}
		return b
	}
	for name, hidden := range map[string]string{
		"raw":             secret,
		"a part":          secret[20 : 20+gram],
		"in JSON":         `{"token":"` + secret + `"}`,
		"hex":             hex.EncodeToString([]byte(secret)),
		"as bytea":        `\x` + hex.EncodeToString([]byte("x"+secret)),
		"base64":          base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64, shifted": base64.StdEncoding.EncodeToString([]byte("1234" + secret + "5678")),
		"base64url":       base64.URLEncoding.EncodeToString([]byte("12345" + secret)),
		"in a URL":        "https://example.com/?q=" + url.QueryEscape(phrase),
		"in a path":       url.PathEscape(phrase),
		"phrase":          phrase,
		"lower case":      strings.ToLower(secret),
	} {
		hay := bytes.Join([][]byte{noise(4096), []byte(hidden), noise(4096)}, nil)
		if len(n.find(hay)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	if found := n.find(noise(1 << 20)); len(found) > 0 {
		t.Errorf("found in noise: %v", found)
	}
	if found := n.find([]byte(secret[:gram-1])); len(found) > 0 {
		t.Errorf("too little is found: %v", found)
	}
}
