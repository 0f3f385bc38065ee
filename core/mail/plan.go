package mail

import (
	netmail "net/mail"

	"github.com/usher-id/usher/core"
)

// Plan is how the mails of one tenant leave; zero in a field means as everyone's.
type Plan struct {
	Providers []string        // by name, in the order in which they are tried; no other is
	From      netmail.Address // who writes
}

// planOf is the plan of a mail's tenant, which is none for a mail that is about no tenant.
func (c *composer) planOf(out core.Outgoing) Plan {
	if out.TenantID.IsZero() {
		return Plan{}
	}
	tenant := core.TenantRef{ID: out.TenantID, Slug: out.Tenant.Slug}
	if out.Kind == core.MessageOwnerVerification {
		tenant.Slug = "" // which anyone may ask for until the mail's link is followed
	}
	return c.plan(tenant)
}

// allowed are the providers that a mail may leave by, in order. A name that is unknown here is
// of a configuration that waits for a restart.
func (s *Sender) allowed(out core.Outgoing) []int {
	var own []int
	for _, name := range s.composer.planOf(out).Providers {
		if i, ok := s.byName[name]; ok {
			own = append(own, i)
		}
	}
	if len(own) == 0 {
		return s.order
	}
	return own
}
