package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/web"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/operator"
	"github.com/usher-id/usher/core/web/page"
)

// serve puts both listeners in front of the parts.
func (a *App) serve(pipeline *activation.Service, who *identity.Service, feedback *mail.Feedback) error {
	c := a.config.Current()
	pages, err := page.New()
	if err != nil {
		return err
	}
	deps := edge.Deps{Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals, Clock: core.SystemClock{}}
	limits := edge.Config{
		ReadTimeout: c.HTTP.ReadTimeout, WriteTimeout: c.HTTP.WriteTimeout, IdleTimeout: c.HTTP.IdleTimeout,
		RequestTimeout: c.HTTP.RequestTimeout, MaxConnections: c.HTTP.MaxConnections,
		TrustedProxies: c.HTTP.TrustedProxies, AllowedOrigins: c.HTTP.AllowedOrigins,
	}
	if err := a.serveOperators(deps, limits, pages); err != nil {
		return err
	}
	public, err := web.New(
		web.Deps{Deps: deps, Activation: pipeline, Identity: who, Mail: feedback, Webhooks: a.webhooks, Streams: streamsOf{a.streams}, Pages: pages, Health: a.health()},
		web.Config{Config: limits, EventSource: c.PublicURL})
	if err != nil {
		return err
	}
	public.Serve(a.public)
	a.closing("public listener", public.Shutdown)
	return nil
}

func (a *App) serveOperators(deps edge.Deps, limits edge.Config, pages *page.Page) error {
	token, err := operatorToken(a.config.Current())
	if err != nil {
		return err
	}
	d := operator.Deps{
		Deps: deps, Pages: pages, Metrics: a.telemetry.Handler(), Token: token,
		Effective: a.effective,
		Reload:    func(ctx context.Context) (any, error) { return a.config.Reload(ctx) },
		Plugins:   a.listPlugins,
		Hooks:     a.listHooks,
		Calls:     a.listCalls,
		Letters:   a.sender,
		Tenant:    a.store.FindTenant,
		Registry:  a.registry,
		Releases:  a.ledger,
		Trials:    a.trials,
		Shadows:   a.shadows,
		Replays:   a.replays,
		Events:    operatorEvents{streamsOf{a.streams}, a.store, a.relay, a.config.Current().PublicURL},
		Webhooks:  a.webhooks,
		Mails:     a.desk,
		Bounces:   a.bounces,
		Stories:   a.store,
		Sink:      &a.copies,
	}
	operators, err := operator.New(d, operator.Config{Config: limits})
	if err != nil {
		return err
	}
	operators.Serve(a.operator)
	a.closing("operator listener", operators.Shutdown)
	return nil
}

// effective is the configuration in force as an operator may see it.
func (a *App) effective() (any, error) {
	text, err := a.config.Current().Effective()
	if err != nil {
		return nil, err
	}
	return struct {
		Status    any    `json:"status"`
		Effective string `json:"effective"` // YAML, secrets redacted
	}{a.config.Status(), string(text)}, nil
}

// health are the checks behind the health pages.
func (a *App) health() web.Health {
	database := web.Check{Name: "database", Run: a.store.Ping}
	keys := web.Check{Name: "signing_keys", Run: func(context.Context) error {
		if a.identity.JWKS() == nil {
			return errors.New("no signing keys are loaded")
		}
		return nil
	}}
	settings := web.Check{Name: "configuration", Run: func(context.Context) error {
		if s := a.config.Status(); !s.Healthy {
			return fmt.Errorf("%w: what is in force is not what was read last", web.ErrDegraded)
		}
		return nil
	}}
	return web.Health{
		Ready:   []web.Check{database, keys},
		Auth:    []web.Check{database, keys, settings},
		Tenant:  []web.Check{database, settings},
		Email:   []web.Check{database, {Name: "provider", Run: a.checkProvider}},
		Events:  []web.Check{database, {Name: "outbox", Run: a.store.CheckOutbox}},
		Plugins: a.pluginChecks,
	}
}

// checkProvider is degraded while a provider takes no mail: what was promised goes by
// another or waits in the queue, and nothing is lost.
func (a *App) checkProvider(context.Context) error {
	if up, reason, _ := a.sender.Health(); !up {
		return fmt.Errorf("%w: %s", web.ErrDegraded, reason)
	}
	return nil
}
