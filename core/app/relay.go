package app

import (
	"context"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// openRelay hands committed events to the plugins that are bound to them, to endpoints, and to NATS.
func (a *App) openRelay(hooks *hook.Hooks) (err error) {
	a.relay, err = event.New(event.Deps{
		Store: a.store, Tail: a.tail, Consumers: func() []event.Consumer { return a.consumers(hooks) },
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, event.Config{Deliver: max(pluginDelivery, a.config.Current().Webhooks.Timeout+noteTime)})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(a.life)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.relay.Run(ctx)
	}()
	a.closing("event relay", func(ctx context.Context) error {
		stop()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return nil
}

const (
	pluginDelivery = 10 * time.Second
	noteTime       = 5 * time.Second // to keep what came of an attempt
)

// consumers are those who take events at this moment.
func (a *App) consumers(hooks *hook.Hooks) []event.Consumer {
	list := append(a.pluginConsumers(hooks), a.webhooks.Consumers()...)
	if a.jetstream != nil {
		list = append(list, a.jetstream.Consumer())
	}
	return list
}

// pluginConsumers are the plugins that take events. One that is bound for some
// tenants alone is a single consumer, and takes the others' events without being asked.
func (a *App) pluginConsumers(hooks *hook.Hooks) (list []event.Consumer) {
	known := map[string]bool{}
	for _, l := range a.engine.Links() {
		c := event.Consumer{Name: string(l.Hook) + "/" + l.Plugin}
		switch {
		case l.Off || known[c.Name]:
			continue
		case l.Hook == hostapi.HookEventDeliver:
			c.Deliver = a.deliverer(hooks, l.Plugin)
		case l.Hook == hostapi.HookTenantProvision:
			c.Types = []core.EventType{core.TenantProvisioned}
			c.Deliver = a.provisioner(hooks, l.Plugin)
		default:
			continue
		}
		known[c.Name] = true
		list = append(list, c)
	}
	return list
}

func (a *App) deliverer(hooks *hook.Hooks, plugin string) func(context.Context, core.Event, int) error {
	source := a.config.Current().PublicURL
	return func(ctx context.Context, e core.Event, attempt int) error {
		body, err := event.Marshal(source, e)
		if err != nil {
			return err
		}
		return hooks.EventDeliver(ctx, plugin, e, body, attempt)
	}
}

// provisioner prepares a tenant elsewhere, after the commit that made it. The references
// are kept before the event counts as taken, so none is lost.
func (a *App) provisioner(hooks *hook.Hooks, plugin string) func(context.Context, core.Event, int) error {
	return func(ctx context.Context, e core.Event, attempt int) error {
		tenant, err := a.store.ProvisionedTenant(ctx, e.TenantID)
		if core.CodeOf(err) == core.NotFound {
			return nil // it is gone, and so is the need
		}
		if err != nil {
			return err
		}
		references, bound, err := hooks.TenantProvision(ctx, plugin, tenant, attempt)
		if err != nil || !bound || len(references) == 0 {
			return err
		}
		return a.store.KeepReferences(ctx, e.TenantID, plugin, references, e.Traceparent)
	}
}
