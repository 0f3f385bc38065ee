package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/signal"
)

// Caller is who asks: an owner or admin of a tenant, for its endpoints, or an operator, for everybody's.
type Caller struct {
	Actor    core.Actor // of a tenant
	Tenant   core.ID    // whose endpoints; zero for an operator, and what he adds then gets every tenant's events
	Operator string     // his name for the audit; empty for one of a tenant
}

func (c Caller) by(ctx context.Context) core.By {
	return core.By{UserID: c.Actor.UserID, Operator: c.Operator, Traceparent: signal.Inject(ctx)}
}

// The bounds of endpoints and of what is asked of them.
const (
	MostEndpoints   = 20 // of a tenant, and of the operators
	MostReplayed    = 10_000
	DefaultOverlap  = 24 * time.Hour
	LongestOverlap  = 30 * 24 * time.Hour
	DefaultAttempts = 50
	MostAttempts    = 200
)

// allow asks for the right before anything else, so that a stranger learns nothing.
func (s *Service) allow(ctx context.Context, c Caller) error {
	if c.Operator != "" {
		return nil
	}
	if c.Tenant.IsZero() || c.Actor.TenantID != c.Tenant {
		return core.E(core.NotFound, "There is no such tenant.").Because("foreign_tenant")
	}
	_, err := s.Store.MayManage(ctx, c.Actor, c.Tenant)
	return err
}

// Add makes an endpoint, which is sent what is committed from now on. Its secret is given this once.
func (s *Service) Add(ctx context.Context, c Caller, url string, types []core.EventType) (core.Webhook, core.Secret, error) {
	if err := s.allow(ctx, c); err != nil {
		return core.Webhook{}, "", err
	}
	if err := s.check(&url, &types); err != nil {
		return core.Webhook{}, "", err
	}
	w := core.Webhook{ID: core.NewID(s.Clock.Now()), TenantID: c.Tenant, URL: url, Types: types}
	raw, shown := newSecret()
	w.Secret.Sealed, w.Secret.By = s.Keys.Seal(sealLabel(w.ID), raw)
	w, err := s.Store.AddWebhook(ctx, w, c.by(ctx), MostEndpoints)
	if err != nil {
		return w, "", err
	}
	s.done(ctx, c, w.ID, "add")
	return w, shown, nil
}

func (s *Service) check(url *string, types *[]core.EventType) error {
	if url != nil {
		if err := s.config.checkURL(*url); err != nil {
			return err
		}
	}
	if types != nil {
		for i, t := range *types {
			if !slices.Contains(event.Types(), t) {
				return core.Invalid(core.FieldError{
					Field: fmt.Sprintf("types[%d]", i), Code: "unknown", Message: "There is no event of this type; /events/schemas lists them.",
				})
			}
		}
	}
	return nil
}

func (s *Service) done(ctx context.Context, c Caller, id core.ID, act string) {
	s.refresh()
	s.Log.InfoContext(ctx, "webhook changed", "webhook_id", id.String(), "act", act, "operator", c.Operator)
}

// Find gives one endpoint.
func (s *Service) Find(ctx context.Context, c Caller, id core.ID) (core.Webhook, error) {
	if err := s.allow(ctx, c); err != nil {
		return core.Webhook{}, err
	}
	return s.Store.Webhook(ctx, c.Tenant, id)
}

// List gives the endpoints, the oldest first.
func (s *Service) List(ctx context.Context, c Caller) ([]core.Webhook, error) {
	if err := s.allow(ctx, c); err != nil {
		return nil, err
	}
	return s.Store.Webhooks(ctx, c.Tenant)
}

// Change changes an endpoint. One that is enabled again is sent what it missed.
func (s *Service) Change(ctx context.Context, c Caller, id core.ID, change core.WebhookChange) (core.Webhook, error) {
	if err := s.allow(ctx, c); err != nil {
		return core.Webhook{}, err
	}
	if err := s.check(change.URL, change.Types); err != nil {
		return core.Webhook{}, err
	}
	w, err := s.Store.ChangeWebhook(ctx, c.Tenant, id, change, c.by(ctx))
	if err != nil {
		return w, err
	}
	s.done(ctx, c, id, "change")
	return w, nil
}

// Rotate gives an endpoint a new secret, which is given this once. The one before signs too for as long as overlap.
func (s *Service) Rotate(ctx context.Context, c Caller, id core.ID, overlap time.Duration) (core.Webhook, core.Secret, error) {
	if err := s.allow(ctx, c); err != nil {
		return core.Webhook{}, "", err
	}
	if overlap < 0 || overlap > LongestOverlap {
		return core.Webhook{}, "", core.Invalid(core.FieldError{Field: "overlap_seconds", Code: "out_of_range", Message: "Use 0 to 2592000, which is 30 days."})
	}
	raw, shown := newSecret()
	var to core.SealedSecret
	to.Sealed, to.By = s.Keys.Seal(sealLabel(id), raw)
	w, err := s.Store.RotateWebhook(ctx, c.Tenant, id, to, overlap, c.by(ctx))
	if err != nil {
		return w, "", err
	}
	s.done(ctx, c, id, "rotate")
	return w, shown, nil
}

// Remove forgets an endpoint with all that waits for it.
func (s *Service) Remove(ctx context.Context, c Caller, id core.ID) error {
	if err := s.allow(ctx, c); err != nil {
		return err
	}
	if err := s.Store.RemoveWebhook(ctx, c.Tenant, id, c.by(ctx)); err != nil {
		return err
	}
	s.done(ctx, c, id, "remove")
	return nil
}

// Attempts gives the last attempts at an endpoint, the newest first, of those before one number when that is not 0.
func (s *Service) Attempts(ctx context.Context, c Caller, id core.ID, before int64, limit int) ([]core.WebhookAttempt, error) {
	if _, err := s.Find(ctx, c, id); err != nil {
		return nil, err
	}
	return s.Store.WebhookAttempts(ctx, id, before, limit)
}

// TestType is the type of the event that a test sends. It is in no outbox.
const TestType = "webhook.test"

// Test sends an endpoint, disabled or not, an event of its own at once, and tells what came of it.
func (s *Service) Test(ctx context.Context, c Caller, id core.ID) (core.WebhookAttempt, error) {
	w, err := s.Find(ctx, c, id)
	if err != nil {
		return core.WebhookAttempt{}, err
	}
	now := s.Clock.Now()
	a := core.WebhookAttempt{WebhookID: id, EventID: core.NewID(now), EventType: TestType, Time: now.UTC()}
	body, err := event.MarshalOther(s.config.Source, TestType, a.EventID, "webhook/"+id.String(), w.TenantID, now)
	if err != nil {
		return a, err
	}
	e := s.open(ctx, w)
	got := s.post(ctx, e, a.EventID.String(), body)
	a.Status, a.Took, a.Error = got.status, got.took, got.why
	if a.Error == failGone {
		a.Error = failStatus // a test disables nothing
	}
	if !w.DisabledAt.IsZero() || a.Error != "" {
		return a, nil // what a test finds of a failing is no news of the events
	}
	s.note(ctx, e, a, "")
	return a, nil
}

// Replay has events sent again to an endpoint, those that it took and those that were given up, in their order and before
// what is new, each with the id that it had. There is a bound to how many; more tells that it was reached.
func (s *Service) Replay(ctx context.Context, c Caller, id core.ID, r core.EventReplay, reason string) (n int, more bool, err error) {
	w, err := s.Find(ctx, c, id)
	if err != nil {
		return 0, false, err
	}
	if r.Since.IsZero() == r.EventID.IsZero() {
		return 0, false, core.Invalid(core.FieldError{Field: "since", Code: "invalid", Message: "Give either since or event_id."})
	}
	act := core.EventAct{Actor: c.Operator, Action: core.ActEventReplay, Consumer: core.WebhookConsumer(id), EventID: r.EventID, Reason: reason}
	n, err = s.Store.ReplayEvents(ctx, w.Filter(), r, MostReplayed, act)
	if err != nil {
		return 0, false, err
	}
	s.Wake(act.Consumer)
	s.Log.InfoContext(ctx, "events are sent again", "webhook_id", id.String(), "events", n, "operator", c.Operator)
	return n, n == MostReplayed, nil
}
