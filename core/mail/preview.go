package mail

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
)

// Sample says what to preview. Kind is one of [Kinds].
type Sample struct {
	Kind   core.MessageKind
	Locale string      // English when empty
	Tenant core.Tenant // whose look and name it has; the zero one stands for any
	Theme  Theme
}

// Theme is how a reader's program shows a letter.
type Theme string

// The themes; an empty one leaves it to whoever looks.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Preview is a letter that nobody gets.
type Preview struct {
	Subject, Text, HTML string
	Language            string // that it is written in, as far as that is known
	By                  string // the plugin and version, or "native"
}

// What stands in previews for what a mail has.
const (
	deadToken       = "this-link-is-dead-it-is-a-preview"
	sampleTenant    = "Analytical Engines"
	sampleRecipient = "Ada Lovelace"
	sampleInviter   = "Charles Babbage"
	sampleInvitee   = "grace@example.com"
	sampleLife      = 72 * time.Hour
)

// Preview renders a letter as it would be sent now: by the plugin that is bound, or natively. Its
// link is that of no token.
func (s *Sender) Preview(ctx context.Context, p Sample) (Preview, error) {
	now := time.Now()
	v := core.MessageView{
		RunID: core.NewID(now), Kind: p.Kind, Locale: p.Locale, RecipientName: sampleRecipient,
		Tenant: core.TenantRef{ID: p.Tenant.ID, Name: oneLine(p.Tenant.Name, maxWord), Slug: p.Tenant.Slug},
	}
	switch p.Kind {
	case core.MessageInvitation:
		v.RecipientName, v.InviterName = "", sampleInviter
	case core.MessageInvitationBounced:
		v.InviteeHint = core.Masked(sampleInvitee)
	case core.MessageSignIn, core.MessagePasswordReset, core.MessageExistingAccount, core.MessageOwnerVerification:
	}
	if v.Tenant.Name == "" && (p.Kind == core.MessageInvitation || p.Kind == core.MessageOwnerVerification || p.Kind == core.MessageInvitationBounced) {
		v.Tenant.Name = sampleTenant
	}
	v.Branding = s.composer.brandingOf(v.Tenant.Name, p.Tenant.Branding)
	if p.Kind != core.MessageExistingAccount && p.Kind != core.MessageInvitationBounced {
		v.Link, v.ExpiresAt = core.LinkPlaceholder, now.Add(sampleLife)
	}
	r, err := s.composer.render(ctx, v)
	if err != nil {
		return Preview{}, err
	}
	fillIn(&r, s.composer.linkURL+linkPath+deadToken)
	return Preview{Subject: oneLine(r.Subject, maxSubject), Text: r.Text, HTML: themed(r.HTML, p.Theme), Language: r.Language, By: r.By}, nil
}

// Languages are those that the native templates speak; the first stands in for all others.
func (s *Sender) Languages() []string { return s.composer.native.locales() }

var inTheDark = regexp.MustCompile(`\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)`)

// themed has the conditions of a page hold, or not, whatever the browser prefers.
func themed(page string, theme Theme) string {
	if theme == "" {
		return page
	}
	return inTheDark.ReplaceAllStringFunc(page, func(condition string) string {
		if strings.Contains(condition, string(theme)) {
			return "(min-width: 0)"
		}
		return "(max-width: 0)"
	})
}
