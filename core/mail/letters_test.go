package mail_test

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/brand"
	"github.com/usher-id/usher/core/mail"
)

// Facts that stand out in any language.
const (
	aTenant, aRecipient, anInviter = "Qzt", "Qzr", "Qzi"
)

func sampleOf(kind core.MessageKind, locale string) core.MessageView {
	return core.MessageView{
		Kind: kind, Locale: locale, Tenant: core.TenantRef{Name: aTenant}, RecipientName: aRecipient, InviterName: anInviter,
		Link: core.LinkPlaceholder, ExpiresAt: time.Date(2031, 3, 1, 4, 5, 6, 0, time.UTC),
	}
}

func render(t testing.TB, v core.MessageView) core.RenderedMessage {
	t.Helper()
	r, err := natives(t).Render(v)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func natives(t testing.TB) mail.Native {
	t.Helper()
	n, err := mail.NewNative()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// said tells which facts a text speaks of.
func said(text string) string {
	return fmt.Sprint(strings.Contains(text, aTenant), strings.Contains(text, aRecipient), strings.Contains(text, anInviter), strings.Contains(text, "2031"))
}

// english are words that no letter in another language has.
var english = regexp.MustCompile(`(?i)\b(the|you|your|is|are|and|this|that|with|until|works?|account|sign|choose|ignore this|address|click|button|accept|password|UTC\.)\b`)

// TestEveryLanguageSaysTheSame has English as the measure: every part is there, speaks of the same facts, and in its
// own language.
func TestEveryLanguageSaysTheSame(t *testing.T) {
	t.Parallel()
	n := natives(t)
	if got := n.Locales(); !slices.Equal(got, []string{"en", "de", "es", "fr", "ja"}) {
		t.Fatalf("the languages are %v", got)
	}
	for _, kind := range mail.Kinds() {
		for _, without := range []string{"nothing", "names"} {
			measure := sampleOf(kind, "en")
			if without == "names" {
				measure.RecipientName, measure.InviterName = "", ""
			}
			want := render(t, measure)
			for _, locale := range n.Locales()[1:] {
				v := measure
				v.Locale = locale
				got := render(t, v)
				if said(got.Subject) != said(want.Subject) || said(got.Text) != said(want.Text) || said(got.HTML) != said(want.HTML) {
					t.Errorf("%s in %s without %s speaks of other facts:\n%s\n%s", kind, locale, without, got.Subject, got.Text)
				}
				if got.Language != locale || !strings.Contains(got.HTML, `<html lang="`+locale+`" dir="ltr"`) {
					t.Errorf("%s in %s says that it is in %s", kind, locale, got.Language)
				}
				words := strings.ReplaceAll(got.Subject+"\n"+visible(got.HTML)+"\n"+got.Text, core.LinkPlaceholder, "")
				if found := english.FindString(words); found != "" {
					t.Errorf("%s in %s has the word %q:\n%s", kind, locale, found, words)
				}
				if locale == "ja" && regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Katakana}] | [\p{Han}\p{Hiragana}\p{Katakana}]`).MatchString(got.Subject+got.Text) {
					t.Errorf("%s in ja has blanks between words:\n%s", kind, got.Text)
				}
				for line := range strings.SplitSeq(want.Text, "\n") {
					if len(line) > 20 && strings.Contains(got.Text, line) && !strings.Contains(line, core.LinkPlaceholder) {
						t.Errorf("%s in %s has the English %q", kind, locale, line)
					}
				}
			}
		}
	}
}

// visible is what a reader sees of a page.
func visible(page string) string {
	var b strings.Builder
	for z, skip := html.NewTokenizer(strings.NewReader(page)), false; ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken:
			name, _ := z.TagName()
			skip = string(name) == "style"
		case html.EndTagToken:
			skip = false
		case html.TextToken:
			if !skip {
				b.Write(z.Text())
			}
		}
	}
}

func TestSentencesBeginLarge(t *testing.T) {
	t.Parallel()
	for _, kind := range mail.Kinds() {
		for _, locale := range []string{"en", "de", "es", "fr"} {
			v := sampleOf(kind, locale)
			v.RecipientName, v.InviterName = "", ""
			for line := range strings.SplitSeq(render(t, v).Text, "\n\n") {
				if first := []rune(line)[0]; unicode.IsLower(first) && !strings.HasPrefix(line, "http") {
					t.Errorf("%s in %s: %q", kind, locale, line)
				}
			}
		}
	}
}

func TestNegotiationOfLocales(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[string]string{
		"de-AT": "de", "DE_ch": "de", "ja-JP": "ja", "fr-CA": "fr", "es-419": "es", "en-GB": "en", "pt": "en", "pt-BR": "en", "": "en",
		"-": "en", "deu": "en", "zh-Hant-TW": "en", "../de": "en",
	} {
		if got := render(t, sampleOf(core.MessageSignIn, wanted)).Language; got != want {
			t.Errorf("%q is answered in %s, want %s", wanted, got, want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"en": "1 March 2031, 04:05 UTC", "de": "1. März 2031, 04:05 Uhr (UTC)", "es": "1 de marzo de 2031, 04:05 (UTC)",
		"fr": "1er mars 2031 à 04:05 (UTC)", "ja": "2031年3月1日04:05（UTC）",
	} {
		if text := strings.ReplaceAll(render(t, sampleOf(core.MessageSignIn, locale)).Text, "\n", " "); !strings.Contains(text, want) &&
			!strings.Contains(strings.ReplaceAll(text, " ", ""), want) {
			t.Errorf("%s lacks %q:\n%s", locale, want, text)
		}
		v := sampleOf(core.MessageSignIn, locale)
		months := map[string]bool{}
		for month := range 12 {
			v.ExpiresAt = time.Date(2031, time.Month(month+1), 2, 0, 0, 0, 0, time.UTC)
			months[render(t, v).Text] = true
		}
		if len(months) != 12 {
			t.Errorf("%s tells %d months apart", locale, len(months))
		}
	}
}

func TestTextCanBeRead(t *testing.T) {
	t.Parallel()
	for _, kind := range mail.Kinds() {
		for _, locale := range natives(t).Locales() {
			v := sampleOf(kind, locale)
			v.Tenant.Name, v.Branding = strings.TrimSpace(strings.Repeat("Northlight ", 8)), core.Branding{SupportURL: "https://help.example.com/" + strings.Repeat("a", 100)}
			for line := range strings.SplitSeq(render(t, v).Text, "\n") {
				width := 0
				for _, r := range line {
					width++
					if r >= 0x2e80 {
						width++
					}
				}
				if width > 74 && !strings.HasPrefix(line, "https://") { // and what clings to the last character
					t.Errorf("%s in %s has a line of %d columns: %q", kind, locale, width, line)
				}
				if strings.TrimRight(line, " ") != line || strings.HasPrefix(line, "。") || strings.HasPrefix(line, "、") {
					t.Errorf("%s in %s breaks a line badly: %q", kind, locale, line)
				}
			}
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("a", 30)
	for text, want := range map[string]string{
		"": "", "short\n": "short\n", "\n\n": "\n\n",
		word + " " + word + " " + word + "\n":     word + " " + word + "\n" + word + "\n",
		word + " " + word + "   " + word:          word + " " + word + "\n" + word,
		strings.Repeat("a", 100) + " b\n":         strings.Repeat("a", 100) + "\nb\n",
		"x " + strings.Repeat("a", 100):           "x\n" + strings.Repeat("a", 100),
		word + " " + word + "\u00a0:" + word:      word + "\n" + word + "\u00a0:" + word,
		strings.Repeat("字", 36) + "。字":            strings.Repeat("字", 35) + "\n字。字",
		strings.Repeat("字", 35) + "（字）":           strings.Repeat("字", 35) + "\n（字）",
		strings.Repeat("字", 20) + word + word:     strings.Repeat("字", 20) + "\n" + word + word,
		strings.Repeat("\xff", 80) + " b":         strings.Repeat("\xff", 80) + "\nb",
		strings.Repeat("字", 36) + "\n字\n":         strings.Repeat("字", 36) + "\n字\n",
		strings.Repeat("ab ", 24) + "ab ab\nab\n": strings.TrimSpace(strings.Repeat("ab ", 24)) + "\nab ab\nab\n",
	} {
		if got := mail.Wrap(text); got != want {
			t.Errorf("%q\nbecame %q,\nwant   %q", text, got, want)
		}
	}
}

// attacks are what strangers choose for a name, an address or a colour.
var attacks = []string{
	`"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, "{{.}}", `{{"a"}}`, "javascript:alert(1)", "</title></style><script>alert(1)</script>",
	"a\r\nBcc: all@example.com", "\u202egnp.exe", "\u2066x\u2069", "-->", "<!--", "]]>", "&lt;b&gt;", "red;}*{display:none", "expression(alert(1))",
	"url(https://evil.example/x)", "https://evil.example/\"onload=alert(1)", "https://user:pw@evil.example/", "http://evil.example/a.png",
	"data:text/html,<script>alert(1)</script>", "https://evil.example/'/onerror='x", "https://evil.example/\u202e", "#12345", "#gggggg", "\x00", "\ue000\ue005",
}

// TestAttacksByBranding puts each attack everywhere. The page must have the elements, attributes and addresses that
// it has with harmless words, and no more.
func TestAttacksByBranding(t *testing.T) {
	t.Parallel()
	harmless := render(t, attacked("harmless"))
	want := skeleton(t, harmless.HTML)
	for _, attack := range attacks {
		b, _ := sender(t, 0, func(d *mail.Deps, _ *mail.Config) {
			d.Branding = func() core.Branding {
				return core.Branding{Name: "N" + attack, LogoURL: attack, Colour: attack, SupportURL: attack}
			}
		})
		o := outgoing(core.MessageInvitation)
		o.Tenant.Name, o.InviterName, o.RecipientName = "N"+attack, "N"+attack, "N"+attack
		o.Branding = core.Branding{LogoURL: attack, Colour: attack, SupportURL: attack}
		b.rows.out[o.MessageID] = o
		var m *mail.Message
		b.provider.send = func(_ int64, got *mail.Message) error { m = got; return nil }
		if err := b.SendMail(t.Context(), first(o.MessageID)); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(m.Subject+m.Text+m.HTML, func(r rune) bool { return unicode.In(r, unicode.Bidi_Control) || r == 0 || r == '\r' }) ||
			strings.Contains(m.Subject, "\n") || strings.Contains(m.Text, "\nBcc:") {
			t.Errorf("%q left a control: %q", attack, m.Subject)
		}
		got := skeleton(t, strings.ReplaceAll(m.HTML, link, core.LinkPlaceholder))
		if address, ok := brand.Address(attack); ok { // then there is a logo, and a way to support, of this address
			if strings.Count(got, " src="+address+" ") != 1 || strings.Count(got, "="+address) != 2 || strings.Contains(got, " onerror") {
				t.Errorf("%q as an address made\n%s", attack, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%q changed the page:\n%s\nwant\n%s", attack, got, want)
		}
	}
}

func attacked(word string) core.MessageView {
	v := sampleOf(core.MessageInvitation, "en")
	v.Tenant.Name, v.InviterName, v.Branding.Name = word, word, word
	return v
}

// skeleton is a page without its words: elements, the names of their attributes, and addresses.
func skeleton(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			return b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			fmt.Fprint(&b, "<", token.Data)
			for _, a := range token.Attr {
				fmt.Fprint(&b, " ", a.Key)
				switch a.Key {
				case "src", "href", "style", "bgcolor", "class", "lang":
					fmt.Fprint(&b, "=", a.Val)
				}
			}
			b.WriteString(">\n")
		case html.TextToken:
			if text := string(z.Raw()); strings.Contains(text, "prefers-color-scheme") {
				b.WriteString(text) // the style, whole
			}
		case html.EndTagToken, html.CommentToken, html.DoctypeToken:
			fmt.Fprint(&b, "/", z.Token().Data, "\n")
		}
	}
}

var (
	pixelsOf = regexp.MustCompile(`(?:max-width:|width=")(\d+)`)
	remote   = regexp.MustCompile(`(?i)(src|href|background|url\(|@import|srcset)\s*[=(]?\s*"?(https?:[^"\s)]+)`)
)

// TestLetterFitsEveryMailReader is what can be told of that without them.
func TestLetterFitsEveryMailReader(t *testing.T) {
	t.Parallel()
	for _, locale := range natives(t).Locales() {
		v := sampleOf(core.MessageOwnerVerification, locale)
		v.Tenant.Name = strings.Repeat("字", 120)
		v.Branding = core.Branding{Name: v.Tenant.Name, LogoURL: "https://cdn.example.com/logo.png", Colour: "#00aa55", SupportURL: "https://help.example.com/"}
		page := render(t, v).HTML
		if len(page) > 32<<10 { // Gmail clips at 102 KB
			t.Errorf("%s has %d bytes", locale, len(page))
		}
		for _, found := range pixelsOf.FindAllStringSubmatch(page, -1) {
			if len(found[1]) > 3 || found[1] > "600" {
				t.Errorf("%s is %s pixels wide", locale, found[1])
			}
		}
		var fetched []string
		for _, found := range remote.FindAllStringSubmatch(page, -1) {
			if !strings.EqualFold(found[1], "href") {
				fetched = append(fetched, found[2])
			}
		}
		if !slices.Equal(fetched, []string{"https://cdn.example.com/logo.png"}) {
			t.Errorf("%s fetches %v", locale, fetched)
		}
		for _, must := range []string{
			`<meta name="color-scheme" content="light dark">`, `<meta name="supported-color-schemes" content="light dark">`, "@media (prefers-color-scheme: dark)",
			"<title>", `height="40"`, `alt="`, "<!--[if mso]>", "<![endif]-->", "mso-padding-alt:14px 28px", `bgcolor="#00aa55"`, "mso-hide:all",
		} {
			if !strings.Contains(page, must) {
				t.Errorf("%s lacks %s", locale, must)
			}
		}
		if tables, roles := strings.Count(page, "<table"), strings.Count(page, `<table role="presentation"`); tables != roles {
			t.Errorf("%s has %d tables, and %d are for the eye alone", locale, tables, roles)
		}
		if open, shut := strings.Count(page, "<!--[if mso]>"), strings.Count(page, "<![endif]-->"); open != 3 || shut != 3 {
			t.Errorf("%s opens %d conditions and closes %d", locale, open, shut)
		}
	}
}

// TestColoursCanBeRead reads the colours of letters out of their HTML.
func TestColoursCanBeRead(t *testing.T) {
	t.Parallel()
	colour := func(page, pattern string) brand.Colour {
		found := regexp.MustCompile(pattern).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("nothing matches %s in\n%s", pattern, page)
		}
		c, ok := brand.ParseColour(found[1])
		if !ok {
			t.Fatalf("%q is no colour", found[1])
		}
		return c
	}
	for _, own := range []string{"", "#ffffff", "#000000", "#ffee00", "#777777", "#00aa55", "#4a1b52", "#251929", "#ff0000", "#fefefe"} {
		v := sampleOf(core.MessageInvitation, "en")
		v.Branding.Colour = own
		page := render(t, v).HTML
		light, dark := colour(page, `class="card" bgcolor="(#\w+)"`), colour(page, `\.card { background-color: (#\w+)`)
		button, darkButton := colour(page, `class="button"[^>]* bgcolor="(#\w+)"`), colour(page, `\.button { background-color: (#\w+)`)
		for name, pair := range map[string][2]brand.Colour{
			"text": {colour(page, `class="text" style="[^"]*color:(#\w+)`), light}, "soft": {colour(page, `class="soft rule" style="[^"]*;color:(#\w+)`), light},
			"link": {colour(page, `class="link"[^>]*color:(#\w+)`), light}, "button": {colour(page, `class="label"[^>]*;color:(#\w+)`), button},
			"dark text": {colour(page, `\.text { color: (#\w+)`), dark}, "dark soft": {colour(page, `\.soft { color: (#\w+)`), dark},
			"dark link": {colour(page, `\.link { color: (#\w+)`), dark}, "dark button": {colour(page, `\.label { color: (#\w+)`), darkButton},
		} {
			if got := brand.Contrast(pair[0], pair[1]); got < brand.TextContrast {
				t.Errorf("%s of %q: %s on %s is %.2f", name, own, pair[0], pair[1], got)
			}
		}
		for name, pair := range map[string][2]brand.Colour{
			"edge":      {colour(page, `class="label"[^>]*border:1px solid (#\w+)`), light},
			"dark edge": {colour(page, `\.label {[^}]*border-color: (#\w+)`), dark},
		} {
			if got := brand.Contrast(pair[0], pair[1]); got < brand.EdgeContrast {
				t.Errorf("%s of %q: %s on %s is %.2f", name, own, pair[0], pair[1], got)
			}
		}
	}
}

// TestWhoseLookItIs has the tenant's own before the installation's.
func TestWhoseLookItIs(t *testing.T) {
	t.Parallel()
	installation := core.Branding{Name: "House", LogoURL: "https://cdn.example.com/house.png", Colour: "#111111", SupportURL: "https://help.example.com/house"}
	for _, tt := range []struct {
		name       string
		own, house core.Branding
		has, lacks []string
	}{
		{
			"both",
			core.Branding{LogoURL: "https://cdn.example.com/own.png", Colour: "#00aa55"},
			installation,
			[]string{`src="https://cdn.example.com/own.png" alt="Example"`, "#00aa55", "help.example.com/house"},
			[]string{"house.png", "#111111"},
		},
		{"house alone", core.Branding{}, installation, []string{`src="https://cdn.example.com/house.png" alt="House"`, "#111111"}, nil},
		{"none", core.Branding{}, core.Branding{}, []string{"#4a1b52", ">Example</p>"}, []string{"<img", "help.example.com"}},
		{"house without a logo", core.Branding{}, core.Branding{Name: "House"}, []string{">Example</p>"}, []string{"<img", "House"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, _ := sender(t, 0, func(d *mail.Deps, c *mail.Config) {
				d.Branding, c.LinkURL = func() core.Branding { return tt.house }, "https://go.example.com/"
			})
			o := outgoing(core.MessageInvitation)
			o.Tenant.Name, o.Branding = "Example", tt.own
			b.rows.out[o.MessageID] = o
			b.provider.send = func(_ int64, m *mail.Message) error {
				for _, s := range tt.has {
					if !strings.Contains(m.HTML, s) {
						t.Errorf("no %s in\n%s", s, m.HTML)
					}
				}
				for _, s := range tt.lacks {
					if strings.Contains(m.HTML, s) {
						t.Errorf("%s in\n%s", s, m.HTML)
					}
				}
				if at := "https://go.example.com/a/" + secret; strings.Count(m.Text, at) != 1 || strings.Count(m.HTML, `href="`+at+`"`) != 2 || m.Language != "en" {
					t.Errorf("the links are not at link_url, or the language is %q:\n%s", m.Language, m.Text)
				}
				return nil
			}
			if err := b.SendMail(t.Context(), first(o.MessageID)); err != nil {
				t.Fatal(err)
			}
		})
	}
}
