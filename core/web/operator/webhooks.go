package operator

import (
	"context"
	"net/http"
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

// webhookRoutes are for the endpoints of all tenants, and those that get every tenant's events.
func (s *Server) webhookRoutes() []edge.Route {
	const root = "/admin/v1/webhooks"
	const one = root + "/{id}"
	named := func(method, path string, body int, do func(*edge.Call, webhook.Caller, core.ID) error) edge.Route {
		return edge.Route{Method: method, Path: path, MaxBody: body, Handle: s.operatorsOnly(func(c *edge.Call) error {
			who, err := actor(c)
			if err != nil {
				return err
			}
			id, err := c.ID("id")
			if err != nil {
				return err
			}
			return do(c, webhook.Caller{Operator: who}, id)
		})}
	}
	return []edge.Route{
		{Method: http.MethodPost, Path: root, MaxBody: edge.BodyPlain, Handle: s.operatorsOnly(s.addWebhook)},
		{Method: http.MethodGet, Path: root, Handle: s.operatorsOnly(s.listWebhooks)},
		named(http.MethodGet, one, 0, s.showWebhook),
		named(http.MethodPatch, one, edge.BodyPlain, s.changeWebhook),
		named(http.MethodDelete, one, 0, s.removeWebhook),
		named(http.MethodPost, one+"/rotate", edge.BodyPlain, s.rotateWebhook),
		named(http.MethodPost, one+"/test", 0, s.testWebhook),
		named(http.MethodPost, one+"/replay", edge.BodyPlain, s.replayWebhook),
		named(http.MethodGet, one+"/deliveries", 0, s.listDeliveries),
	}
}

type webhookRequest struct {
	URL   string   `json:"url"`
	Types []string `json:"types,omitzero"` // all when left out
}

type webhookChange struct {
	URL     *string   `json:"url,omitzero"`
	Types   *[]string `json:"types,omitzero"`
	Enabled *bool     `json:"enabled,omitzero"`
}

type rotateRequest struct {
	OverlapSeconds *int64 `json:"overlap_seconds,omitzero"` // a day when left out
}

type replayWebhookRequest struct {
	Since   time.Time `json:"since,omitzero"`
	EventID core.ID   `json:"event_id,omitzero"`
	Reason  string    `json:"reason"`
}

type webhookView struct {
	ID             core.ID   `json:"id"`
	TenantID       core.ID   `json:"tenant_id,omitzero"` // left out for one that gets every tenant's events
	URL            string    `json:"url"`
	Types          []string  `json:"types"` // empty for all
	Status         string    `json:"status"`
	DisabledReason string    `json:"disabled_reason,omitzero"`
	DisabledAt     time.Time `json:"disabled_at,omitzero"`
	FailingSince   time.Time `json:"failing_since,omitzero"`
	PreviousUntil  time.Time `json:"previous_secret_until,omitzero"`
	Version        int       `json:"version"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	Secret         string    `json:"secret,omitzero"` // only where it was made just now
}

func webhookOf(w core.Webhook, secret core.Secret) webhookView {
	v := webhookView{
		ID: w.ID, TenantID: w.TenantID, URL: w.URL, Types: []string{}, Status: "enabled", DisabledReason: string(w.Disabled), DisabledAt: w.DisabledAt,
		FailingSince: w.FailingSince, PreviousUntil: w.PreviousUntil, Version: w.Version, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, Secret: secret.Reveal(),
	}
	if !w.DisabledAt.IsZero() {
		v.Status = "disabled"
	}
	for _, t := range w.Types {
		v.Types = append(v.Types, core.EventPrefix+string(t))
	}
	return v
}

func (s *Server) addWebhook(c *edge.Call) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[webhookRequest]().Decode(c)
	if err != nil {
		return err
	}
	w, secret, err := s.Webhooks.Add(c.Context(), webhook.Caller{Operator: who}, asked.URL, event.ParseTypes(asked.Types))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, webhookOf(w, secret))
}

func (s *Server) listWebhooks(c *edge.Call) error {
	list, err := s.Webhooks.List(c.Context(), webhook.Caller{Operator: namelessOperator})
	if err != nil {
		return err
	}
	views := make([]webhookView, len(list))
	for i, w := range list {
		views[i] = webhookOf(w, "")
	}
	return c.JSON(http.StatusOK, struct {
		Data []webhookView `json:"data"`
	}{views})
}

func (s *Server) showWebhook(c *edge.Call, who webhook.Caller, id core.ID) error {
	w, err := s.Webhooks.Find(c.Context(), who, id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, webhookOf(w, ""))
}

func (s *Server) changeWebhook(c *edge.Call, who webhook.Caller, id core.ID) error {
	asked, err := edge.NewDecoder[webhookChange]().Decode(c)
	if err != nil {
		return err
	}
	change := core.WebhookChange{URL: asked.URL}
	if asked.Types != nil {
		types := event.ParseTypes(*asked.Types)
		change.Types = &types
	}
	if asked.Enabled != nil {
		off := core.WebhookByOperator
		if *asked.Enabled {
			off = ""
		}
		change.Off = &off
	}
	w, err := s.Webhooks.Change(c.Context(), who, id, change)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, webhookOf(w, ""))
}

func (s *Server) removeWebhook(c *edge.Call, who webhook.Caller, id core.ID) error {
	if err := s.Webhooks.Remove(c.Context(), who, id); err != nil {
		return err
	}
	c.Empty(http.StatusNoContent)
	return nil
}

func (s *Server) rotateWebhook(c *edge.Call, who webhook.Caller, id core.ID) error {
	asked, err := edge.NewDecoder[rotateRequest]().Decode(c)
	if err != nil {
		return err
	}
	overlap := webhook.DefaultOverlap
	if n := asked.OverlapSeconds; n != nil {
		if *n < 0 || *n > int64(webhook.LongestOverlap/time.Second) {
			return core.Invalid(core.FieldError{Field: "overlap_seconds", Code: "out_of_range", Message: "Use 0 to 2592000, which is 30 days."})
		}
		overlap = time.Duration(*n) * time.Second
	}
	w, secret, err := s.Webhooks.Rotate(c.Context(), who, id, overlap)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, webhookOf(w, secret))
}

type attemptView struct {
	Number     int64     `json:"number,omitzero"`
	EventID    core.ID   `json:"event_id"`
	EventType  string    `json:"event_type"`
	Attempt    int       `json:"attempt"` // 0 for a test
	Time       time.Time `json:"time"`
	Status     int       `json:"status,omitzero"`
	DurationMS int64     `json:"duration_ms"`
	Error      string    `json:"error,omitzero"`
}

func attemptOf(a core.WebhookAttempt) attemptView {
	return attemptView{a.Number, a.EventID, a.EventType, a.Attempt, a.Time, a.Status, a.Took.Milliseconds(), a.Error}
}

func (s *Server) testWebhook(c *edge.Call, who webhook.Caller, id core.ID) error {
	a, err := s.Webhooks.Test(c.Context(), who, id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, attemptOf(a))
}

func (s *Server) replayWebhook(c *edge.Call, who webhook.Caller, id core.ID) error {
	asked, err := edge.NewDecoder[replayWebhookRequest]().Decode(c)
	if err != nil {
		return err
	}
	if err := reasonable(asked.Reason); err != nil {
		return err
	}
	n, more, err := s.Webhooks.Replay(c.Context(), who, id, core.EventReplay{Since: asked.Since, EventID: asked.EventID}, asked.Reason)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, struct {
		Events int  `json:"events"`
		More   bool `json:"more"` // there are others than these, the oldest
	}{n, more})
}

func (s *Server) listDeliveries(c *edge.Call, who webhook.Caller, id core.ID) error {
	before, limit, err := edge.Before(c, webhook.DefaultAttempts, webhook.MostAttempts)
	if err != nil {
		return err
	}
	list, err := s.Webhooks.Attempts(c.Context(), who, id, before, limit)
	if err != nil {
		return err
	}
	views := make([]attemptView, len(list))
	for i, a := range list {
		views[i] = attemptOf(a)
	}
	return c.JSON(http.StatusOK, struct {
		Data []attemptView `json:"data"`
	}{views})
}
