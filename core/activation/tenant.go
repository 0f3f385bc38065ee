package activation

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/brand"
	"github.com/usher-id/usher/core/signal"
)

// Tenant gives the tenant to its owner and its admins.
func (s *Service) Tenant(ctx context.Context, a core.Actor, tenant core.ID) (core.Tenant, error) {
	if a.TenantID != tenant {
		return core.Tenant{}, foreign()
	}
	return s.Store.ReadTenant(ctx, a, tenant)
}

// ChangeTenant changes the name of the tenant and how it looks, and gives it as it is then.
func (s *Service) ChangeTenant(ctx context.Context, a core.Actor, tenant core.ID, c core.TenantChange) (core.Tenant, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanChangeTenant)
	defer span.End()
	ctx = signal.WithTenant(ctx, tenant.String())
	changed, err := s.changeTenant(ctx, a, tenant, c)
	if err != nil {
		s.failed(ctx, err)
		return core.Tenant{}, err
	}
	s.Log.InfoContext(ctx, "tenant changed", "version", changed.Version)
	return changed, nil
}

func (s *Service) changeTenant(ctx context.Context, a core.Actor, tenant core.ID, c core.TenantChange) (core.Tenant, error) {
	var check fields
	check.change(&c)
	if err := s.mayManage(ctx, a, tenant, check); err != nil {
		return core.Tenant{}, err
	}
	return s.Store.ChangeTenant(ctx, a, tenant, c, signal.Inject(ctx))
}

// change checks what is there, and writes it as it is kept.
func (f *fields) change(c *core.TenantChange) {
	if c.Name != nil {
		name := f.text("name", *c.Name, 1, core.MaxName)
		c.Name = &name
	}
	if c.Version < 0 {
		f.add("version", "out_of_range", "This is the version of no tenant.")
	}
	f.web("logo_url", c.LogoURL)
	f.web("support_url", c.SupportURL)
	if c.Colour == nil || *c.Colour == "" {
		return
	}
	colour, ok := brand.ParseColour(*c.Colour)
	if !ok {
		f.add("colour", "invalid", `Write a colour as "#4a1b52": a sharp and six hexadecimal digits.`)
	}
	written := colour.String()
	c.Colour = &written
}

// web accepts an address that may stand in a letter, or none.
func (f *fields) web(field string, s *string) {
	if s == nil || *s == "" {
		return
	}
	address, ok := brand.Address(*s)
	if !ok {
		f.add(field, "invalid", "Use an https address without credentials, of at most 2,048 characters, written with %-escapes.")
	}
	*s = address
}

// brandingOf is what a person is shown of whom a link belongs to.
func brandingOf(t core.Tenant, installation core.Branding) core.Branding {
	own := t.Branding
	own.Name = t.Name
	return own.Over(installation)
}
