package app

import (
	"context"
	"path/filepath"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/core/jetstream"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/webhook"
)

// openEvents follows the outbox, once for the whole process, and has its events relayed, sent and streamed.
func (a *App) openEvents(hooks *hook.Hooks) (err error) {
	if a.tail, err = event.NewTail(a.store, a.log, event.TailConfig{}); err != nil {
		return err
	}
	c := a.config.Current()
	a.streams, err = event.NewStreams(a.tail, a.store, a.signals, event.StreamConfig{Source: c.PublicURL, Most: c.Events.MaxStreams})
	if err != nil {
		return err
	}
	a.webhooks, err = webhook.New(webhook.Deps{
		Store: a.store, Keys: a.keys, Tail: a.tail, Wake: func(consumer string) { a.relay.Wake(consumer) },
		Clock: core.SystemClock{}, Log: a.log, Signals: a.signals,
	}, webhook.Config{
		Source: c.PublicURL, Networks: c.Webhooks.AllowNetworks, Ports: c.Webhooks.Ports(), Loopback: a.options.Development,
		Timeout: c.Webhooks.Timeout, DisableAfter: c.Webhooks.DisableAfter,
	})
	if err != nil {
		return err
	}
	if err := a.openJetStream(); err != nil {
		return err
	}
	if err := a.openRelay(hooks); err != nil {
		return err
	}
	a.runs(a.life, a.tail.Run)
	a.runs(a.life, a.webhooks.Run)
	return nil
}

// openJetStream connects to NATS where the configuration names one. It need not be there: events wait.
func (a *App) openJetStream() (err error) {
	c := a.config.Current()
	to := jetstream.Config{
		URL: c.Events.NATS.URL.Reveal(), CredsFile: c.Events.NATS.CredsFile, Stream: c.Events.NATS.Stream, Prefix: c.Events.NATS.SubjectPrefix, Source: c.PublicURL,
	}
	d := jetstream.Deps{Log: a.log}
	switch to.URL {
	case "":
		return nil
	case config.NATSEmbedded:
		server, err := jetstream.StartEmbedded(filepath.Join(c.DataDir, "nats"))
		if err != nil {
			return err
		}
		a.closing("embedded nats", server.Stop)
		to.URL, d.InProcess = "", server.Server()
	}
	if a.jetstream, err = jetstream.New(d, to); err != nil {
		return err
	}
	a.closing("nats", func(context.Context) error { a.jetstream.Close(); return nil })
	return nil
}

// streamsOf opens streams for the edge.
type streamsOf struct{ *event.Streams }

func (s streamsOf) Open(ctx context.Context, f core.EventFilter, cursor string) (edge.Source, error) {
	stream, err := s.Streams.Open(ctx, f, cursor)
	if err != nil {
		return nil, err
	}
	return stream, nil
}

// operatorEvents is what operators see of events, and do to those that are parked.
type operatorEvents struct {
	streamsOf
	store  *store.Store
	relay  *event.Relay
	source string
}

func (o operatorEvents) List(ctx context.Context, f core.EventFilter, cursor string, limit int) (core.Page[core.Event], error) {
	return o.store.Events(ctx, f, cursor, limit)
}

func (o operatorEvents) Written(e core.Event) ([]byte, error) { return event.Marshal(o.source, e) }

func (o operatorEvents) Consumers(ctx context.Context) ([]core.EventConsumer, error) {
	return o.store.EventConsumers(ctx)
}

func (o operatorEvents) Stuck(ctx context.Context, consumer string, dead bool, cursor string, limit int) (core.Page[core.StuckEvent], error) {
	return o.store.StuckEvents(ctx, consumer, dead, cursor, limit)
}

func (o operatorEvents) Retry(ctx context.Context, act core.EventAct) (int, error) {
	n, err := o.store.RetryEvents(ctx, act)
	o.relay.Wake(act.Consumer)
	return n, err
}

func (o operatorEvents) Skip(ctx context.Context, act core.EventAct) (int, error) {
	n, err := o.store.SkipEvent(ctx, act)
	o.relay.Wake(act.Consumer)
	return n, err
}
