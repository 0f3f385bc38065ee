package web

import (
	"time"

	"github.com/usher-id/usher/core"
)

type inspectRequest struct {
	Token    core.Secret `json:"token" doc:"The last part of the link."`
	ByPerson bool        `json:"by_person,omitzero" doc:"That somebody acted on the page that asks: with a pointer, a finger or a key. It is noted beside the link and changes nothing."`
}

type inspectAnswer struct {
	Purpose          core.Purpose `json:"purpose" enum:"owner_verification,invitation,password_reset,sign_in"`
	Tenant           tenantRef    `json:"tenant"`
	Branding         brandingView `json:"branding" doc:"How whom the link belongs to looks; what is left out is not said."`
	EmailHint        string       `json:"email_hint" doc:"Just enough of the address for its owner to recognise it."`
	AccountExists    bool         `json:"account_exists"`
	PasswordRequired bool         `json:"password_required"`
	Fields           []string     `json:"fields" nullable:"false" doc:"What the activation asks for."`
	ExpiresAt        time.Time    `json:"expires_at"`
}

// tenantRef is what others may see of a tenant. The id is left out where the
// link belongs to no tenant.
type tenantRef struct {
	ID   core.ID `json:"id,omitzero" format:"uuid"`
	Name string  `json:"name"`
	Slug string  `json:"slug"`
}

// brandingView is the tenant's own look, and the installation's for what that lacks.
type brandingView struct {
	Name       string `json:"name,omitzero"`
	LogoURL    string `json:"logo_url,omitzero" format:"uri"`
	Colour     string `json:"colour,omitzero"`
	SupportURL string `json:"support_url,omitzero" format:"uri"`
}

func inspectExample() any { return map[string]string{"token": tokenExample} }

// tokenExample has the shape of a token, and is none.
const tokenExample = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"

func (s *Server) inspect(r *request, in inspectRequest) (inspectAnswer, error) {
	found, err := s.activation.Inspect(r.Context(), in.Token)
	if err == nil {
		s.activation.Opened(r.Context(), in.Token, visitor(in.ByPerson, r.Header("User-Agent")))
	}
	return inspectAnswer{
		Purpose: found.Purpose, Tenant: tenantRef(found.Tenant), Branding: brandingView(found.Branding), EmailHint: found.EmailHint,
		AccountExists: found.AccountExists, PasswordRequired: found.PasswordRequired,
		Fields: found.Fields, ExpiresAt: found.ExpiresAt.UTC(),
	}, err
}
