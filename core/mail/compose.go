package mail

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	netmail "net/mail"
	"net/url"
	"strings"

	"github.com/usher-id/usher/core"
)

// maxSubject keeps a subject, in characters, within what mail readers show.
const maxSubject = 160

// composer makes mails. It is immutable.
type composer struct {
	from     netmail.Address
	domain   string               // of from; Message-IDs live in it
	linkURL  string               // that links begin with; without a slash at its end
	branding func() core.Branding // of the installation
	plan     func(core.TenantRef) Plan
	path     *ReturnPath // nil for the sender's address
	linker   Linker
	renderer Renderer // nil when no plugin renders
	native   *native
	log      *slog.Logger
}

func newComposer(d Deps, c Config) (*composer, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil || !sendable(from.Address) {
		return nil, fmt.Errorf("mail: mail.from is not an address; it looks like \"Usher <no-reply@example.com>\"")
	}
	const wrong = "mail: %s is not the address of a web site; it looks like https://accounts.example.com"
	if !isSite(c.PublicURL) {
		return nil, fmt.Errorf(wrong, "public_url")
	}
	if !isSite(c.LinkURL) {
		return nil, fmt.Errorf(wrong, "link_url")
	}
	native, err := newNative()
	if err != nil {
		return nil, fmt.Errorf("mail: read the templates: %w", err)
	}
	if d.Branding == nil {
		d.Branding = func() core.Branding { return core.Branding{} }
	}
	if d.Plan == nil {
		d.Plan = func(core.TenantRef) Plan { return Plan{} }
	}
	from.Name = oneLine(from.Name, maxWord)
	return &composer{
		from: *from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:],
		plan: d.Plan, path: d.ReturnPath,
		linkURL: strings.TrimRight(c.LinkURL, "/"), branding: d.Branding,
		linker: d.Linker, renderer: d.Renderer, native: native, log: d.Log,
	}, nil
}

func isSite(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// compose makes the mail of a message and tells who rendered it.
func (c *composer) compose(ctx context.Context, out core.Outgoing) (*Message, string, error) {
	return c.composeWith(ctx, out, c.link)
}

func (c *composer) link(ref core.TokenRef) (string, error) {
	token, err := c.linker.Token(ref)
	if err != nil {
		return "", err
	}
	return c.linkURL + linkPath + token.Reveal(), nil
}

func (c *composer) composeWith(ctx context.Context, out core.Outgoing, linkOf func(core.TokenRef) (string, error)) (*Message, string, error) {
	if !sendable(out.To.Email) {
		return nil, "", Fail(Permanent, "address", "", nil)
	}
	view := c.viewOf(out)
	r, err := c.render(ctx, view)
	if err != nil {
		return nil, "", Fail(Temporary, "render", "", err)
	}
	outline := Outline{RunID: view.RunID, Release: view.Release, TenantID: out.TenantID, Kind: out.Kind, BareText: r.Text, BareHTML: r.HTML}
	if view.Link != "" {
		link, err := linkOf(out.Token)
		if err != nil {
			return nil, "", Fail(Temporary, "link", "", err)
		}
		outline.Link = core.Secret(link)
		fillIn(&r, link)
	}
	return &Message{
		ID: out.MessageID.String() + "@" + c.domain, From: c.sender(out), To: out.To.Email, ReturnPath: c.path.For(out.MessageID),
		Subject: oneLine(r.Subject, maxSubject), Language: r.Language, Text: r.Text, HTML: r.HTML, Date: out.CreatedAt, Outline: outline,
	}, r.By, nil
}

// sender is who writes: the tenant's own address, or the installation's.
func (c *composer) sender(out core.Outgoing) netmail.Address {
	if own := c.planOf(out).From; sendable(own.Address) {
		own.Name = oneLine(own.Name, maxWord)
		return own
	}
	return c.from
}

// linkPath is where a link leads on its site.
const linkPath = "/a/"

// fillIn puts the link in its places.
func fillIn(r *core.RenderedMessage, link string) {
	r.Text = strings.ReplaceAll(r.Text, core.LinkPlaceholder, link)
	r.HTML = strings.ReplaceAll(r.HTML, core.LinkPlaceholder, html.EscapeString(link))
}

// viewOf is all that a renderer may know: no address, no token.
func (c *composer) viewOf(out core.Outgoing) core.MessageView {
	v := core.MessageView{
		RunID: runOf(out), Release: out.Release, Kind: out.Kind, Locale: out.Locale, Tenant: out.Tenant,
		RecipientName: oneLine(out.RecipientName, maxWord), InviterName: oneLine(out.InviterName, maxWord), InviteeHint: oneLine(out.InviteeHint, maxWord),
	}
	v.Tenant.Name = oneLine(out.Tenant.Name, maxWord)
	v.Branding = c.brandingOf(v.Tenant.Name, out.Branding)
	if !out.Token.ID.IsZero() {
		v.Link, v.ExpiresAt = core.LinkPlaceholder, out.ExpiresAt
	}
	return v
}

// brandingOf is the tenant's own branding, and the installation's for what that lacks.
func (c *composer) brandingOf(tenant string, own core.Branding) core.Branding {
	own.Name = tenant
	b := own.Over(c.branding())
	b.Name = oneLine(b.Name, maxWord)
	return b
}

// runOf is the invitation or the signup that a mail belongs to.
func runOf(out core.Outgoing) core.ID {
	if out.InvitationID.IsZero() {
		return out.TenantID
	}
	return out.InvitationID
}

// render asks the plugin first. A mail is too important to fail with it: whatever
// the plugin gets wrong, the native template does right. A notice of a bounce is always native:
// it says whose mail came back, which no plugin is told.
func (c *composer) render(ctx context.Context, v core.MessageView) (core.RenderedMessage, error) {
	if c.renderer != nil && v.Kind != core.MessageInvitationBounced {
		r, ok, err := c.renderer.MessageRender(ctx, v)
		switch {
		case err != nil && ctx.Err() == nil:
			c.log.WarnContext(ctx, "the renderer failed; the native template is used",
				slog.String("kind", string(v.Kind)), slog.Any("error", err))
		case err == nil && ok && usable(r, v):
			return r, nil
		case err == nil && ok:
			c.log.WarnContext(ctx, "the rendered message lacks its link or a part; the native template is used",
				slog.String("kind", string(v.Kind)), slog.String("rendered_by", r.By))
		}
	}
	return c.native.render(v)
}

// usable tells whether a rendered message has all its parts and the link where it
// belongs. A link in the subject would show the token in every mailbox listing and log.
func usable(r core.RenderedMessage, v core.MessageView) bool {
	if strings.TrimSpace(r.Subject) == "" || r.Text == "" || r.HTML == "" || strings.Contains(r.Subject, core.LinkPlaceholder) {
		return false
	}
	return v.Link == "" || strings.Contains(r.Text, v.Link) && strings.Contains(r.HTML, v.Link)
}
