package app

import (
	"context"
	"fmt"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

// mailPlan is how a tenant's mails leave, of now.
func (a *App) mailPlan(tenant core.TenantRef) mail.Plan {
	t := a.config.Current().Mail.Of(tenant)
	return mail.Plan{Providers: t.Providers, From: t.From}
}

// dedicated are the providers that are for some tenants only.
func dedicated(ways []config.MailWay) (names []string) {
	for _, w := range ways {
		if w.Dedicated {
			names = append(names, w.Name)
		}
	}
	return names
}

// followTenantMail refuses a configuration that names a tenant that there is not. At the start
// such a name is told and no more: a tenant may have gone, and the others' mails must leave.
func (a *App) followTenantMail(ctx context.Context) {
	check := func(ctx context.Context, c *config.Config) error {
		names := make([]string, len(c.Mail.Tenants))
		for i, t := range c.Mail.Tenants {
			names[i] = t.Tenant
		}
		unknown, err := a.store.UnknownTenants(ctx, names)
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			return fmt.Errorf("mail.tenants: there is no tenant %s; correct the id or slug, or remove the item", unknown[0])
		}
		return nil
	}
	if err := check(ctx, a.config.Current()); err != nil {
		a.log.WarnContext(ctx, "the configuration names a tenant that there is not", "error", err)
	}
	a.config.Subscribe("mail tenants", func(ctx context.Context, _, next *config.Config) (config.Prepared, error) {
		return config.Prepared{}, check(ctx, next)
	})
}

// openBounces makes the return path of mails, nil when there is none, and what takes the
// mails that come to it.
func (a *App) openBounces(c config.Bounce) (path *mail.ReturnPath, err error) {
	if c.Address.Address != "" {
		if path, err = mail.NewReturnPath(c.Address.Address, c.Mode == config.BounceEach, a.keys); err != nil {
			return nil, err
		}
	}
	a.bounces, err = mail.NewBounces(mail.BouncesDeps{Store: a.store, Path: path, Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals})
	return path, err
}
