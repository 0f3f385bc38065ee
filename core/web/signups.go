package web

import (
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
)

type signupRequest struct {
	Email            string            `json:"email" format:"email" doc:"The address of the owner to be. It is proved by the mail that follows."`
	OrganizationName string            `json:"organization_name" doc:"What the tenant is called."`
	Slug             string            `json:"slug,omitzero" doc:"A short unique name of the tenant, safe in a host name. Made from organization_name when left out."`
	DisplayName      string            `json:"display_name,omitzero" doc:"What the owner is called."`
	Locale           string            `json:"locale,omitzero" doc:"The language of the mail, as a BCP 47 tag." example:"pt-BR"`
	Metadata         map[string]string `json:"metadata,omitzero" doc:"Kept with the tenant; at most 20 entries."`
	RedirectURL      string            `json:"redirect_url,omitzero" format:"uri" doc:"Where to go after the activation. Its host must be on the operator's list."`
}

type signupAnswer struct {
	SignupID core.ID `json:"signup_id" format:"uuid"`
	Status   string  `json:"status" enum:"verification_sent,queued"`
}

func signupExample() any {
	return signupRequest{Email: "owner@example.com", OrganizationName: "Example Ltd", DisplayName: "Olive Owner", Locale: "en"}
}

func (s *Server) signup(r *request, in signupRequest) (signupAnswer, error) {
	done, err := s.activation.Signup(r.Context(), activation.Signup{
		Email: in.Email, OrganizationName: in.OrganizationName, Slug: in.Slug, DisplayName: in.DisplayName,
		Locale: in.Locale, RedirectURL: in.RedirectURL, Metadata: in.Metadata, Idempotency: r.idempotency,
	})
	return signupAnswer{SignupID: done.ID, Status: done.Status}, err
}
