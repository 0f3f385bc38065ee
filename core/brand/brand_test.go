package brand_test

import (
	"math"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/brand"
)

func TestParseColour(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#4a1b52": "#4a1b52", "#FFD9A0": "#ffd9a0", "#000000": "#000000",
		"": "", "4a1b52": "", "#4a1": "", "#4a1b520": "", "#4a1b5g": "", "red": "", "#4a1b52;": "", "#\u0664a1b5": "", "rgb(1,2,3)": "",
		"#fff;x:": "", "expression(alert(1))": "", "# 4a1b5": "", "#4a1b52\n": "",
	} {
		c, ok := brand.ParseColour(text)
		if ok != (want != "") || ok && c.String() != want {
			t.Errorf("%q is %v, %v", text, c, ok)
		}
	}
}

// TestContrast has the examples of the standard and its ends.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#123456", "#123456", 1}, {"#0000ff", "#ffffff", 8.59}} {
		a, _ := brand.ParseColour(row.a)
		b, _ := brand.ParseColour(row.b)
		if got := brand.Contrast(a, b); math.Abs(got-row.want) > 0.005 || got != brand.Contrast(b, a) {
			t.Errorf("%s on %s: %.3f, want %.2f", row.a, row.b, got, row.want)
		}
	}
}

// TestEveryColourCanBeRead goes through the whole cube in steps.
func TestEveryColourCanBeRead(t *testing.T) {
	t.Parallel()
	papers := []brand.Colour{brand.White, {0x25, 0x19, 0x29}, brand.Black, {0xef, 0xe6, 0xda}, {0x80, 0x80, 0x80}}
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				c := brand.Colour{byte(r), byte(g), byte(b)}
				if got := brand.Contrast(c, c.Ink()); got < brand.TextContrast {
					t.Fatalf("ink on %s: %.2f", c, got)
				}
				for _, paper := range papers {
					for _, least := range []float64{brand.TextContrast, brand.EdgeContrast} {
						made := c.On(paper, least)
						if got := brand.Contrast(made, paper); got < least {
							t.Fatalf("%s made %s on %s: %.2f, want %.1f", c, made, paper, got, least)
						}
						if brand.Contrast(c, paper) >= least && made != c {
							t.Fatalf("%s could be read on %s and was made %s", c, paper, made)
						}
					}
				}
			}
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://cdn.example.com/logo.png?v=2&x=%20#a": "https://cdn.example.com/logo.png?v=2&x=%20#a",
		"https://cdn.example.com:8443/l('1').png":      "https://cdn.example.com:8443/l%28%271%27%29.png",
		"HTTPS://CDN.example.com/":                     "https://CDN.example.com/",
		"":                                             "", "http://cdn.example.com/logo.png": "", "javascript:alert(1)": "", "data:image/png;base64,AA": "",
		"//cdn.example.com/logo.png": "", "/logo.png": "", "https:logo.png": "", "https://": "", "https://:443/": "",
		"https://user:secret@cdn.example.com/": "", "https://user@cdn.example.com/": "",
		`https://cdn.example.com/"><img src=x>`: "", "https://cdn.example.com/a\r\nBcc: all": "", "https://cdn.example.com/\u202egnp": "",
		"https://cdn.example.com/{{.}}": "", `https://cdn.example.com\@evil.example/`: "", "https://cdn.example.com/\x00": "",
		"https://cdn.example.com/%zz": "", "https://cdn.example.com/" + strings.Repeat("a", brand.MaxAddress): "",
	} {
		got, ok := brand.Address(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v", text, got, ok)
		}
	}
}
