package brand

import (
	"encoding/hex"
	"math"
	"strings"
)

// The contrasts that WCAG 2.2 AA wants.
const (
	TextContrast = 4.5 // of text against what is behind it (1.4.3)
	EdgeContrast = 3.0 // of the edge of something to press (1.4.11)
)

// Colour is one of sRGB.
type Colour [3]byte

// The two inks of a button.
var (
	Black = Colour{}
	White = Colour{255, 255, 255}
)

// ParseColour reads #rrggbb, in either case.
func ParseColour(s string) (c Colour, ok bool) {
	digits, sharp := strings.CutPrefix(s, "#")
	if !sharp || len(digits) != 2*len(c) {
		return c, false
	}
	_, err := hex.Decode(c[:], []byte(digits))
	return c, err == nil
}

// String is the colour as #rrggbb.
func (c Colour) String() string { return "#" + hex.EncodeToString(c[:]) }

// Ink is black or white, whichever is the better to read on the colour. One of the two always
// has more than [TextContrast].
func (c Colour) Ink() Colour {
	if Contrast(c, White) >= Contrast(c, Black) {
		return White
	}
	return Black
}

// On is the colour, made darker or lighter until it has the least contrast against what is
// behind it.
func (c Colour) On(behind Colour, least float64) Colour {
	to := behind.Ink()
	const steps = 64
	for i := range steps {
		if made := c.mix(to, float64(i)/steps); Contrast(made, behind) >= least {
			return made
		}
	}
	return to
}

// mix is the colour with a part of another one.
func (c Colour) mix(other Colour, part float64) (mixed Colour) {
	for i := range c {
		mixed[i] = byte(math.Round(float64(c[i])*(1-part) + float64(other[i])*part))
	}
	return mixed
}

// Contrast is the contrast ratio of two colours, from 1 to 21.
func Contrast(a, b Colour) float64 {
	light, dark := a.luminance(), b.luminance()
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// luminance is the relative luminance as WCAG 2.2 defines it.
func (c Colour) luminance() float64 {
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func linear(channel byte) float64 {
	v := float64(channel) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}
