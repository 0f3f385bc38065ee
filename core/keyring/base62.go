package keyring

import (
	"encoding/binary"
	"math/bits"
)

// Base62 of 32 bytes, always 43 characters, the number's highest digit first. Only letters and
// digits, so that nothing that finds links in a text cuts one short.
const (
	alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	width    = 43 // 62^43 is just above 2^256

	chunk    = 10                 // digits that fit into 64 bits at once
	chunkTop = 839299365868340224 // 62^10
)

// digit is the value of one character.
func digit(c byte) (value uint64, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0'), true
	case 'A' <= c && c <= 'Z':
		return uint64(c-'A') + 10, true
	case 'a' <= c && c <= 'z':
		return uint64(c-'a') + 36, true
	}
	return 0, false
}

// encode writes the 43 characters of b into dst.
func encode(dst *[width]byte, b *[32]byte) {
	var n [4]uint64 // highest word first
	for i := range n {
		n[i] = binary.BigEndian.Uint64(b[i*8:])
	}
	for at := width; at > 0; {
		var rest uint64
		for i := range n {
			n[i], rest = bits.Div64(rest, n[i], chunkTop)
		}
		for range min(chunk, at) {
			at--
			dst[at] = alphabet[rest%62]
			rest /= 62
		}
	}
}

// decode reads 43 characters. It refuses what encode never writes: another
// length, another character, a number of more than 256 bits.
func decode(s string) (b [32]byte, ok bool) {
	if len(s) != width {
		return b, false
	}
	var n [4]uint64
	for i := range len(s) {
		carry, ok := digit(s[i])
		if !ok {
			return b, false
		}
		for w := 3; w >= 0; w-- {
			high, low := bits.Mul64(n[w], 62)
			sum, over := bits.Add64(low, carry, 0)
			n[w], carry = sum, high+over
		}
		if carry != 0 {
			return b, false
		}
	}
	for i := range n {
		binary.BigEndian.PutUint64(b[i*8:], n[i])
	}
	return b, true
}
