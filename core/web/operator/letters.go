package operator

import (
	"context"
	"net/http"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/web/edge"
)

// Letters shows mails as they would be sent; package mail has it.
type Letters interface {
	Preview(context.Context, mail.Sample) (mail.Preview, error)
	Languages() []string
}

// letterPreview is a letter, and what else there is to look at.
type letterPreview struct {
	Kind     core.MessageKind `json:"kind"`
	Language string           `json:"language"` // empty when only the plugin that wrote it knows
	By       string           `json:"by"`
	Subject  string           `json:"subject"`
	HTML     string           `json:"html"`
	Text     string           `json:"text"`

	Kinds   []core.MessageKind `json:"kinds"`
	Locales []string           `json:"locales"` // of the native templates
}

func (s *Server) letterRoutes() []edge.Route {
	return []edge.Route{
		{Method: http.MethodGet, Path: "/admin/v1/mail/preview", Handle: s.operatorsOnly(s.previewLetter)},
		{Method: http.MethodGet, Path: "/mail", Handle: s.lettersPage},
	}
}

func (s *Server) previewLetter(c *edge.Call) error {
	sample, err := s.sampleOf(c)
	if err != nil {
		return err
	}
	p, err := s.Letters.Preview(c.Context(), sample)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, letterPreview{
		Kind: sample.Kind, Language: p.Language, By: p.By, Subject: p.Subject, HTML: p.HTML, Text: p.Text,
		Kinds: mail.Kinds(), Locales: s.Letters.Languages(),
	})
}

// sampleOf reads what to preview; an invitation in English for no tenant unless said.
func (s *Server) sampleOf(c *edge.Call) (mail.Sample, error) {
	query, err := c.Query("kind", "locale", "tenant", "theme")
	if err != nil {
		return mail.Sample{}, err
	}
	kinds := make([]string, 0, len(mail.Kinds()))
	for _, kind := range mail.Kinds() {
		kinds = append(kinds, string(kind))
	}
	if err := edge.OneOf("kind", query["kind"], kinds...); err != nil {
		return mail.Sample{}, err
	}
	if err := edge.OneOf("theme", query["theme"], string(mail.Light), string(mail.Dark)); err != nil {
		return mail.Sample{}, err
	}
	sample := mail.Sample{Kind: core.MessageKind(query["kind"]), Locale: query["locale"], Theme: mail.Theme(query["theme"])}
	if sample.Kind == "" {
		sample.Kind = core.MessageInvitation
	}
	if len(sample.Locale) > longestLocale {
		return sample, outOfRange("locale", "The parameter locale is a language tag such as de-AT, of 35 characters at most.")
	}
	if query["tenant"] == "" {
		return sample, nil
	}
	id, err := core.ParseID(query["tenant"])
	if err != nil {
		return sample, outOfRange("tenant", "The parameter tenant must be the id of one, in its 36 character form.")
	}
	sample.Tenant, err = s.Tenant(c.Context(), id)
	return sample, err
}

// longestLocale is what invitations take too.
const longestLocale = 35

func (s *Server) lettersPage(c *edge.Call) error {
	c.Document(s.Pages.Letters())
	return nil
}
