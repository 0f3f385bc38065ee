package webhook

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
)

// endpoint is one that is sent events, with its secrets as they sign.
type endpoint struct {
	core.Webhook
	current, previous []byte
	off               atomic.Bool // it was disabled since it was read
}

// open unseals the secrets. One that does not open signs nothing: the attempt fails and says so.
func (s *Service) open(ctx context.Context, w core.Webhook) *endpoint {
	e := &endpoint{Webhook: w}
	var err error
	if e.current, err = s.Keys.Open(sealLabel(w.ID), w.Secret.By, w.Secret.Sealed); err != nil {
		s.Log.ErrorContext(ctx, "the secret of a webhook does not open: its root key is gone; rotate the secret or put the key back",
			"webhook_id", w.ID.String(), "error", err)
	}
	if len(w.Previous.Sealed) > 0 && s.Clock.Now().Before(w.PreviousUntil) {
		if e.previous, err = s.Keys.Open(sealLabel(w.ID), w.Previous.By, w.Previous.Sealed); err != nil {
			s.Log.WarnContext(ctx, "the secret before of a webhook does not open, so it signs nothing", "webhook_id", w.ID.String(), "error", err)
		}
	}
	return e
}

func (e *endpoint) secrets(now time.Time) (all [][]byte) {
	if e.current == nil {
		return nil
	}
	all = append(all, e.current)
	if e.previous != nil && now.Before(e.PreviousUntil) {
		all = append(all, e.previous)
	}
	return all
}

// batch is how many events of an endpoint are on their way before its place moves: what a process that dies sends again.
const batch = 20

// group is the endpoints' name in metrics: there may be any number of them.
const group = "webhook"

func (s *Service) consumer(e *endpoint) event.Consumer {
	return event.Consumer{
		Name: core.WebhookConsumer(e.ID), Types: e.Types, Tenant: e.TenantID, Group: group, Batch: batch,
		Deliver: func(ctx context.Context, o core.Event, attempt int) error { return s.deliver(ctx, e, o, attempt) },
	}
}

// deliver sends an event to an endpoint, and keeps what came of it.
func (s *Service) deliver(ctx context.Context, e *endpoint, o core.Event, attempt int) error {
	if e.off.Load() { // it waits until somebody enables it
		return notTaken{answer: answer{why: failDisabled}, wait: longestWish}
	}
	body, err := event.Marshal(s.config.Source, o)
	if err != nil {
		return err
	}
	a := s.post(ctx, e, o.ID.String(), body)
	if a.why != "" && errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err() // the host stops: the endpoint is not to blame
	}
	state := s.note(ctx, e, core.WebhookAttempt{
		WebhookID: e.ID, EventID: o.ID, EventType: core.EventPrefix + string(o.Type), Attempt: attempt, Status: a.status, Took: a.took, Error: a.why,
	}, o.Traceparent)
	if a.why == "" {
		return nil
	}
	failed := notTaken{answer: a}
	if failed.wait, failed.dead = next(s.config.Schedule, attempt, a.wish); state.Disabled != "" {
		failed.wait, failed.dead = longestWish, false // it is the endpoint, not the event
	}
	return failed
}

// note keeps an attempt. That it cannot be kept changes nothing of what became of it.
func (s *Service) note(ctx context.Context, e *endpoint, a core.WebhookAttempt, traceparent string) core.WebhookState {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	state, err := s.Store.NoteWebhookAttempt(ctx, a, a.Error == failGone, s.config.DisableAfter, traceparent)
	switch {
	case core.CodeOf(err) == core.NotFound:
		state.Disabled = core.WebhookByOwner // it was removed meanwhile
	case err != nil:
		s.Log.WarnContext(ctx, "an attempt at a webhook was not kept", "webhook_id", e.ID.String(), "event_id", a.EventID.String(), "error", err)
	case state.Changed:
		s.Log.WarnContext(ctx, "webhook disabled", "webhook_id", e.ID.String(), "reason", string(state.Disabled))
	}
	if state.Disabled != "" {
		e.off.Store(true)
		s.refresh()
	}
	return state
}

const noteTimeout = 5 * time.Second
