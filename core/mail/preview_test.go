package mail_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	tenant := core.Tenant{ID: core.ID{1}, Name: "Engines <b>", Branding: core.Branding{Colour: "#00aa55", LogoURL: "https://cdn.example.com/l.png"}}
	plugin := renderer(func(v core.MessageView) (core.RenderedMessage, bool, error) {
		if v.Locale == "broken" {
			return core.RenderedMessage{}, true, errors.New("trap")
		}
		return core.RenderedMessage{Subject: "By " + v.Tenant.Name, Text: v.Link, HTML: "<p>@media (prefers-color-scheme:dark)" + v.Link, By: "templates 1.0.0"}, v.Locale == "xx", nil
	})
	b, _ := sender(t, 0, func(d *mail.Deps, c *mail.Config) {
		d.Renderer, c.LinkURL = plugin, "https://go.example.com"
	})
	const dead = "https://go.example.com/a/this-link-is-dead-it-is-a-preview"
	for _, kind := range mail.Kinds() {
		for _, locale := range append(b.Languages(), "", "broken") {
			p, err := b.Preview(t.Context(), mail.Sample{Kind: kind, Locale: locale, Tenant: tenant, Theme: mail.Dark})
			if err != nil || p.By != "native" || p.Language == "" || p.Subject == "" {
				t.Fatalf("%s in %q: %+v, %v", kind, locale, p, err)
			}
			links := 1
			if kind == core.MessageExistingAccount || kind == core.MessageInvitationBounced {
				links = 0
			}
			if strings.Count(p.Text, dead) != links || strings.Count(p.HTML, `href="`+dead+`"`) != 2*links || strings.Contains(p.HTML+p.Text, core.LinkPlaceholder) {
				t.Errorf("%s in %q has other links:\n%s", kind, locale, p.Text)
			}
			if !strings.Contains(p.HTML, "#00aa55") || !strings.Contains(p.HTML, `alt="Engines &lt;b&gt;"`) ||
				!strings.Contains(p.HTML, "@media (min-width: 0)") || strings.Contains(p.HTML, "prefers-color-scheme") {
				t.Errorf("%s in %q does not look so:\n%s", kind, locale, p.HTML)
			}
		}
	}
	p, err := b.Preview(t.Context(), mail.Sample{Kind: core.MessageInvitation, Locale: "xx", Theme: mail.Light})
	if err != nil || p.By != "templates 1.0.0" || p.Subject != "By Analytical Engines" || p.Text != dead || p.HTML != "<p>@media (max-width: 0)"+dead || p.Language != "" {
		t.Errorf("by a plugin: %+v, %v", p, err)
	}
	if p, err := b.Preview(t.Context(), mail.Sample{Kind: "unknown"}); err == nil {
		t.Errorf("of an unknown kind: %+v", p)
	}
	if b.provider.sent.Load() != 0 {
		t.Error("a preview was sent")
	}
}
