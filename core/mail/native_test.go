package mail_test

import (
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

// TestPressedIsWhatTheTemplatesSay holds every form against its templates, carried out
// with the facts themselves, whatever is in these.
func TestPressedIsWhatTheTemplatesSay(t *testing.T) {
	t.Parallel()
	n, err := mail.NewNative()
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Date(2026, 3, 2, 1, 4, 5, 0, time.UTC)
	for i, words := range []string{"Example", `<b title='x'>"A" & B+C`, "\x00\ue000\ue00e", "{{.Tenant}}", "Ünï\u202e"} {
		for _, locale := range n.Locales() {
			for _, kind := range mail.Kinds() {
				for shape := range 32 {
					v := core.MessageView{Kind: kind, Locale: locale}
					v.Branding = brandings(words)[i]
					if shape&1 > 0 {
						v.Tenant.Name = words
					}
					if shape&2 > 0 {
						v.RecipientName = words + " I"
					}
					if shape&4 > 0 {
						v.InviterName = words + " II"
					}
					if shape&8 > 0 {
						v.ExpiresAt = ends
					}
					if shape&16 > 0 {
						v.Link = core.LinkPlaceholder
					}
					want, err := n.LayOut(v)
					if err != nil {
						t.Fatal(err)
					}
					if got, err := n.Render(v); got != want || err != nil {
						t.Fatalf("%s in %s of %q\n%v, %+v,\nwant\n%+v", kind, locale, words, err, got, want)
					}
				}
			}
		}
	}
}

// brandings are five, with and without each part.
func brandings(name string) []core.Branding {
	return []core.Branding{
		{},
		{Name: name, LogoURL: "https://cdn.example.com/l('1').png?a=1&b=+#x", Colour: "#FFee00", SupportURL: "https://help.example.com/?q=a&b=\ue000"},
		{Name: name, Colour: "#101010", SupportURL: "https://help.example.com/?q=a&b=+"},
		{Name: name, LogoURL: "javascript:alert(1)", Colour: "red;}", SupportURL: "https://u:p@help.example.com"},
		{LogoURL: "https://logo.usher.invalid/x", SupportURL: "https://support.usher.invalid/"},
	}
}

func BenchmarkNative(b *testing.B) {
	n, err := mail.NewNative()
	if err != nil {
		b.Fatal(err)
	}
	v := core.MessageView{Kind: core.MessageOwnerVerification, Locale: "en", RecipientName: "Ada", Link: core.LinkPlaceholder, ExpiresAt: time.Now()}
	v.Tenant.Name = "Example"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Render(v); err != nil {
			b.Fatal(err)
		}
	}
}
