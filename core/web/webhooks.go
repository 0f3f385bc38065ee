package web

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/webhook"
)

// Webhooks are the use cases of endpoints; package webhook has them.
type Webhooks interface {
	Add(ctx context.Context, c webhook.Caller, url string, types []core.EventType) (core.Webhook, core.Secret, error)
	Find(ctx context.Context, c webhook.Caller, id core.ID) (core.Webhook, error)
	List(ctx context.Context, c webhook.Caller) ([]core.Webhook, error)
	Change(ctx context.Context, c webhook.Caller, id core.ID, change core.WebhookChange) (core.Webhook, error)
	Rotate(ctx context.Context, c webhook.Caller, id core.ID, overlap time.Duration) (core.Webhook, core.Secret, error)
	Remove(ctx context.Context, c webhook.Caller, id core.ID) error
	Attempts(ctx context.Context, c webhook.Caller, id core.ID, before int64, limit int) ([]core.WebhookAttempt, error)
	Test(ctx context.Context, c webhook.Caller, id core.ID) (core.WebhookAttempt, error)
	Replay(ctx context.Context, c webhook.Caller, id core.ID, r core.EventReplay, reason string) (n int, more bool, err error)
}

type webhookRequest struct {
	URL   string   `json:"url" format:"uri" doc:"Where events are sent: https, and on the public internet."`
	Types []string `json:"types,omitzero" nullable:"false" doc:"The types that are sent; all when left out."`
}

type webhookChange struct {
	URL     *string   `json:"url,omitzero" format:"uri"`
	Types   *[]string `json:"types,omitzero" doc:"The types that are sent from now on; [] for all."`
	Enabled *bool     `json:"enabled,omitzero" doc:"An endpoint that is enabled again is sent what it missed."`
	Version int       `json:"version,omitzero" minimum:"1" doc:"That the change was made for; the answer is 409 when there is a newer one."`
}

type rotateRequest struct {
	OverlapSeconds *int64 `json:"overlap_seconds,omitzero" minimum:"0" maximum:"2592000" doc:"How long the secret before signs too. Default: a day."`
}

type replayRequest struct {
	Since   time.Time `json:"since,omitzero" doc:"Events from then on, or"`
	EventID core.ID   `json:"event_id,omitzero" format:"uuid" doc:"this one."`
}

type replayAnswer struct {
	Events int  `json:"events" doc:"How many are sent again."`
	More   bool `json:"more" doc:"Whether there are others than these, the oldest: ask again later."`
}

// webhookAnswer never has the secret but where it was made just now.
type webhookAnswer struct {
	ID             core.ID   `json:"id" format:"uuid"`
	URL            string    `json:"url" format:"uri"`
	Types          []string  `json:"types" nullable:"false" doc:"Empty for all."`
	Status         string    `json:"status" enum:"enabled,disabled"`
	DisabledReason string    `json:"disabled_reason,omitzero" enum:"gone,failing,owner,operator"`
	DisabledAt     time.Time `json:"disabled_at,omitzero"`
	FailingSince   time.Time `json:"failing_since,omitzero" doc:"Of the first failure that no success followed."`
	PreviousUntil  time.Time `json:"previous_secret_until,omitzero" doc:"Until when the secret before signs too."`
	Version        int       `json:"version"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	Secret         string    `json:"secret,omitzero" doc:"Only where it was made just now. Verify with it what is sent (Standard Webhooks)." example:"whsec_…"`
}

type webhookList struct {
	Data []webhookAnswer `json:"data" nullable:"false"`
}

type attemptAnswer struct {
	Number     int64     `json:"number"`
	EventID    core.ID   `json:"event_id" format:"uuid"`
	EventType  string    `json:"event_type"`
	Attempt    int       `json:"attempt" doc:"0 for a test."`
	Time       time.Time `json:"time"`
	Status     int       `json:"status,omitzero" doc:"Of the answer; left out when there was none."`
	DurationMS int64     `json:"duration_ms"`
	Error      string    `json:"error,omitzero" doc:"What kind of failure; left out when the event was taken."`
}

type attemptList struct {
	Data []attemptAnswer `json:"data" nullable:"false"`
	Next int64           `json:"next_before,omitzero" doc:"For the attempts before these."`
}

func (s *Server) webhookCalls() []operation {
	const hooks = "/v1/tenants/{tenant_id}/webhooks"
	const hook = hooks + "/{webhook_id}"
	foreign := []core.Code{core.Forbidden, core.NotFound}
	return []operation{
		call(operation{
			method: http.MethodPost, path: hooks, id: "createWebhook", tag: tagEvents, access: bySession, body: edge.BodyPlain, status: 201,
			summary: "Have the tenant's events sent to an address from now on", example: webhookRequest{URL: "https://app.example.com/hooks"},
			errors: append(foreign, core.Conflict),
		}, s.addWebhook),
		get(operation{
			method: http.MethodGet, path: hooks, id: "listWebhooks", tag: tagEvents, access: bySession, status: 200,
			summary: "The tenant's endpoints", errors: foreign,
		}, s.listWebhooks),
		get(operation{
			method: http.MethodGet, path: hook, id: "getWebhook", tag: tagEvents, access: bySession, status: 200,
			summary: "One endpoint", errors: foreign,
		}, s.getWebhook),
		call(operation{
			method: http.MethodPatch, path: hook, id: "changeWebhook", tag: tagEvents, access: bySession, body: edge.BodyPlain, status: 200,
			summary: "Change an endpoint, disable it, or enable it again", example: webhookChange{Enabled: new(true)},
			errors: append(foreign, core.Conflict),
		}, s.changeWebhook),
		get(operation{
			method: http.MethodDelete, path: hook, id: "removeWebhook", tag: tagEvents, access: bySession, status: 204,
			summary: "Remove an endpoint, with all that waits for it", errors: foreign,
		}, s.removeWebhook),
		call(operation{
			method: http.MethodPost, path: hook + "/rotate", id: "rotateWebhookSecret", tag: tagEvents, access: bySession, body: edge.BodyPlain, status: 200,
			summary: "Give an endpoint a new secret; for a while both sign", example: rotateRequest{OverlapSeconds: new(int64(3600))}, errors: foreign,
		}, s.rotateWebhook),
		get(operation{
			method: http.MethodPost, path: hook + "/test", id: "testWebhook", tag: tagEvents, access: bySession, status: 200,
			summary: "Send an endpoint an event of type webhook.test now, and say what it answered", errors: foreign,
		}, s.testWebhook),
		call(operation{
			method: http.MethodPost, path: hook + "/replay", id: "replayEvents", tag: tagEvents, access: bySession, body: edge.BodyPlain, status: 202,
			summary: "Send an endpoint events again, each with the id that it had", example: replayRequest{Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
			errors: foreign,
		}, s.replayEvents),
		get(operation{
			method: http.MethodGet, path: hook + "/deliveries", id: "listDeliveries", tag: tagEvents, access: bySession, status: 200,
			summary: "The last attempts at an endpoint, the newest first", errors: append(foreign, core.ValidationFailed),
			query: []parameter{limitParameter(), {name: "before", says: "The next_before of the answer before.", kind: reflect.TypeFor[int64]()}},
		}, s.listDeliveries),
	}
}

// caller is who asks about the endpoints of which tenant.
func caller(r *request) (webhook.Caller, error) {
	tenant, err := r.ID("tenant_id")
	return webhook.Caller{Actor: *r.actor, Tenant: tenant}, err
}

func hookOf(r *request) (webhook.Caller, core.ID, error) {
	c, err := caller(r)
	if err != nil {
		return c, core.ID{}, err
	}
	id, err := r.ID("webhook_id")
	return c, id, err
}

func (s *Server) addWebhook(r *request, in webhookRequest) (webhookAnswer, error) {
	c, err := caller(r)
	if err != nil {
		return webhookAnswer{}, err
	}
	w, secret, err := s.webhooks.Add(r.Context(), c, in.URL, event.ParseTypes(in.Types))
	return withSecret(w, secret), err
}

func (s *Server) listWebhooks(r *request) (webhookList, error) {
	c, err := caller(r)
	if err != nil {
		return webhookList{}, err
	}
	list, err := s.webhooks.List(r.Context(), c)
	out := webhookList{Data: make([]webhookAnswer, len(list))}
	for i, w := range list {
		out.Data[i] = webhookOf(w)
	}
	return out, err
}

func (s *Server) getWebhook(r *request) (webhookAnswer, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return webhookAnswer{}, err
	}
	w, err := s.webhooks.Find(r.Context(), c, id)
	return webhookOf(w), err
}

func (s *Server) changeWebhook(r *request, in webhookChange) (webhookAnswer, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return webhookAnswer{}, err
	}
	change := core.WebhookChange{URL: in.URL, Version: in.Version}
	if in.Types != nil {
		types := event.ParseTypes(*in.Types)
		change.Types = &types
	}
	if in.Enabled != nil {
		off := core.WebhookByOwner
		if *in.Enabled {
			off = ""
		}
		change.Off = &off
	}
	w, err := s.webhooks.Change(r.Context(), c, id, change)
	return webhookOf(w), err
}

func (s *Server) removeWebhook(r *request) (nothing, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.webhooks.Remove(r.Context(), c, id)
}

func (s *Server) rotateWebhook(r *request, in rotateRequest) (webhookAnswer, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return webhookAnswer{}, err
	}
	overlap := webhook.DefaultOverlap
	if in.OverlapSeconds != nil {
		if overlap, err = seconds("overlap_seconds", *in.OverlapSeconds); err != nil {
			return webhookAnswer{}, err
		}
	}
	w, secret, err := s.webhooks.Rotate(r.Context(), c, id, overlap)
	return withSecret(w, secret), err
}

func (s *Server) testWebhook(r *request) (attemptAnswer, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return attemptAnswer{}, err
	}
	a, err := s.webhooks.Test(r.Context(), c, id)
	return attemptOf(a), err
}

func (s *Server) replayEvents(r *request, in replayRequest) (replayAnswer, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return replayAnswer{}, err
	}
	n, more, err := s.webhooks.Replay(r.Context(), c, id, core.EventReplay{Since: in.Since, EventID: in.EventID}, "")
	return replayAnswer{n, more}, err
}

func (s *Server) listDeliveries(r *request) (attemptList, error) {
	c, id, err := hookOf(r)
	if err != nil {
		return attemptList{}, err
	}
	before, limit, err := edge.Before(r.Call, webhook.DefaultAttempts, webhook.MostAttempts)
	if err != nil {
		return attemptList{}, err
	}
	found, err := s.webhooks.Attempts(r.Context(), c, id, before, limit)
	out := attemptList{Data: make([]attemptAnswer, len(found))}
	for i, a := range found {
		out.Data[i] = attemptOf(a)
	}
	if len(found) == limit {
		out.Next = found[limit-1].Number
	}
	return out, err
}

func webhookOf(w core.Webhook) webhookAnswer {
	a := webhookAnswer{
		ID: w.ID, URL: w.URL, Types: []string{}, Status: "enabled", DisabledReason: string(w.Disabled), DisabledAt: w.DisabledAt,
		FailingSince: w.FailingSince, Version: w.Version, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, PreviousUntil: w.PreviousUntil,
	}
	if !w.DisabledAt.IsZero() {
		a.Status = "disabled"
	}
	for _, t := range w.Types {
		a.Types = append(a.Types, core.EventPrefix+string(t))
	}
	return a
}

func withSecret(w core.Webhook, secret core.Secret) webhookAnswer {
	a := webhookOf(w)
	a.Secret = secret.Reveal()
	return a
}

func attemptOf(a core.WebhookAttempt) attemptAnswer {
	return attemptAnswer{
		Number: a.Number, EventID: a.EventID, EventType: a.EventType, Attempt: a.Attempt, Time: a.Time, Status: a.Status,
		DurationMS: a.Took.Milliseconds(), Error: a.Error,
	}
}
