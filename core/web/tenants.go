package web

import (
	"time"

	"github.com/usher-id/usher/core"
)

// changeTenantRequest changes what is there; an empty text takes away what was.
type changeTenantRequest struct {
	Name       *string `json:"name,omitzero" nullable:"false" doc:"As people know the tenant; at most 120 characters."`
	LogoURL    *string `json:"logo_url,omitzero" nullable:"false" maxLength:"2048" doc:"An https address; empty for none. It is shown in letters and on the page behind a link, 40 pixels high."`
	Colour     *string `json:"colour,omitzero" nullable:"false" doc:"Of buttons and links, as #rrggbb; empty for none."`
	SupportURL *string `json:"support_url,omitzero" nullable:"false" maxLength:"2048" doc:"Where people find help, an https address; empty for none."`
	Version    int     `json:"version,omitzero" minimum:"1" doc:"The version that was read before: the change is refused when another one came between."`
}

// managedTenant is a tenant as its owner and admins see it.
type managedTenant struct {
	ID         core.ID           `json:"id" format:"uuid"`
	Slug       string            `json:"slug"`
	Name       string            `json:"name"`
	Status     core.TenantStatus `json:"status" enum:"pending,active,suspended"`
	LogoURL    string            `json:"logo_url" doc:"Empty when the tenant has none of its own, as the two below."`
	Colour     string            `json:"colour"`
	SupportURL string            `json:"support_url"`
	Version    int               `json:"version"`
	CreatedAt  time.Time         `json:"created_at"`
}

func changeTenantExample() any {
	return map[string]any{"logo_url": "https://cdn.example.com/logo.png", "colour": "#4a1b52", "version": 2}
}

func (s *Server) getTenant(r *request) (managedTenant, error) {
	id, err := r.ID("tenant_id")
	if err != nil {
		return managedTenant{}, err
	}
	found, err := s.activation.Tenant(r.Context(), *r.actor, id)
	return managed(found), err
}

func (s *Server) changeTenant(r *request, in changeTenantRequest) (managedTenant, error) {
	id, err := r.ID("tenant_id")
	if err != nil {
		return managedTenant{}, err
	}
	changed, err := s.activation.ChangeTenant(r.Context(), *r.actor, id, core.TenantChange{
		Name: in.Name, LogoURL: in.LogoURL, Colour: in.Colour, SupportURL: in.SupportURL, Version: in.Version,
	})
	return managed(changed), err
}

func managed(t core.Tenant) managedTenant {
	return managedTenant{
		ID: t.ID, Slug: t.Slug, Name: t.Name, Status: t.Status, Version: t.Version, CreatedAt: t.CreatedAt.UTC(),
		LogoURL: t.Branding.LogoURL, Colour: t.Branding.Colour, SupportURL: t.Branding.SupportURL,
	}
}
