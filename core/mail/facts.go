package mail

import (
	"strings"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/brand"
)

// facts are what a letter speaks of and looks like; all that differs between two mails of one form.
type facts struct {
	Tenant, Recipient, Inviter, Until, Invitee string // for the words

	Brand, Logo, Support string // addresses as package brand lets them pass
	palette
}

// factCount is how many there are.
const factCount = 16

func (f *facts) all() [factCount]*string {
	return [...]*string{
		&f.Tenant, &f.Recipient, &f.Inviter, &f.Until, &f.Brand, &f.Logo, &f.Support,
		&f.Button, &f.Ink, &f.Edge, &f.Accent, &f.DarkButton, &f.DarkInk, &f.DarkEdge, &f.DarkAccent, &f.Invitee,
	}
}

// factsOf trusts nobody: an address or a colour that is none was never given.
func factsOf(locale string, v core.MessageView) facts {
	f := facts{
		Tenant: v.Tenant.Name, Recipient: v.RecipientName, Inviter: v.InviterName, Until: until(locale, v.ExpiresAt), Invitee: v.InviteeHint,
		Brand: v.Branding.Name, palette: paletteOf(v.Branding.Colour),
	}
	f.Logo, _ = brand.Address(v.Branding.LogoURL)
	f.Support, _ = brand.Address(v.Branding.SupportURL)
	return f
}

// escaped is fit for text and for attributes in quotes, the places that the layout has
// for facts; html/template escapes the same.
func (f facts) escaped() facts {
	for _, fact := range f.all() {
		*fact = special.Replace(*fact)
	}
	return f
}

var special = strings.NewReplacer("\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")
