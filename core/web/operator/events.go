package operator

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/web/edge"
)

// Events are what happened and who takes it; package app hands them in.
type Events interface {
	List(ctx context.Context, f core.EventFilter, cursor string, limit int) (core.Page[core.Event], error)
	Open(ctx context.Context, f core.EventFilter, cursor string) (edge.Source, error)
	// Written gives an event as it is sent.
	Written(core.Event) ([]byte, error)
	Consumers(context.Context) ([]core.EventConsumer, error)
	Stuck(ctx context.Context, consumer string, dead bool, cursor string, limit int) (core.Page[core.StuckEvent], error)
	// Retry and Skip give how many events they found.
	Retry(context.Context, core.EventAct) (int, error)
	Skip(context.Context, core.EventAct) (int, error)
}

// The number of events in one answer.
const (
	someEvents = 50
	mostEvents = 500
)

func (s *Server) eventRoutes() []edge.Route {
	const root = "/admin/v1/events"
	return []edge.Route{
		{Method: http.MethodGet, Path: root, Handle: s.operatorsOnly(s.listEvents)},
		{Method: http.MethodGet, Path: root + "/stream", Handle: s.operatorsOnly(s.streamEvents)},
		{Method: http.MethodGet, Path: root + "/consumers", Handle: s.operatorsOnly(s.listConsumers)},
		{Method: http.MethodGet, Path: root + "/parked", Handle: s.operatorsOnly(s.listParked)},
		{Method: http.MethodPost, Path: root + "/parked/retry", MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.retryEvents)},
		{Method: http.MethodPost, Path: root + "/parked/skip", MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.skipEvent)},
	}
}

// eventFilter reads which events are wanted.
func eventFilter(query map[string]string) (f core.EventFilter, err error) {
	if f.Types, err = edge.EventTypes(query["types"], event.ParseType); err != nil {
		return f, err
	}
	if text := query["tenant"]; text != "" {
		if f.TenantID, err = core.ParseID(text); err != nil {
			return f, outOfRange("tenant", "The parameter tenant must be the id of a tenant.")
		}
	}
	if text := query["since"]; text != "" {
		if f.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return f, outOfRange("since", "The parameter since must be a time such as 2026-11-24T15:00:00Z.")
		}
	}
	return f, nil
}

func (s *Server) listEvents(c *edge.Call) error {
	query, err := c.Query("types", "tenant", "since", "cursor", "limit")
	if err != nil {
		return err
	}
	f, err := eventFilter(query)
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someEvents, mostEvents)
	if err != nil {
		return err
	}
	page, err := s.Events.List(c.Context(), f, query["cursor"], limit)
	if err != nil {
		return err
	}
	view := eventsView{Data: make([]jsontext.Value, len(page.Items)), NextCursor: page.NextCursor}
	for i, e := range page.Items {
		if view.Data[i], err = s.Events.Written(e); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, view)
}

type eventsView struct {
	Data       []jsontext.Value `json:"data"`                 // CloudEvents
	NextCursor string           `json:"next_cursor,omitzero"` // of what follows, what is still to come included
}

// streamEvents tells every tenant's events as they are committed.
func (s *Server) streamEvents(c *edge.Call) error {
	query, err := c.Query("types", "tenant", "cursor")
	if err != nil {
		return err
	}
	f, err := eventFilter(query)
	if err != nil {
		return err
	}
	source, err := s.Events.Open(c.Context(), f, edge.Resumed(c, query["cursor"]))
	if err != nil {
		return err
	}
	return c.Stream(source, func(context.Context) error { return nil }) // the token is that of the process
}

type consumerView struct {
	Name       string    `json:"name"`
	Holder     core.ID   `json:"holder,omitzero"` // the process that works for it
	Since      time.Time `json:"since"`
	LagSeconds float64   `json:"lag_seconds"`
	Parked     int64     `json:"parked"`
	Dead       int64     `json:"dead"`
	Oldest     time.Time `json:"oldest,omitzero"` // when the oldest was parked that is tried again
}

func (s *Server) listConsumers(c *edge.Call) error {
	list, err := s.Events.Consumers(c.Context())
	if err != nil {
		return err
	}
	views := make([]consumerView, len(list))
	for i, e := range list {
		views[i] = consumerView{e.Name, e.Holder, e.Since, e.Lag.Seconds(), e.Parked, e.Dead, e.Oldest}
	}
	return c.JSON(http.StatusOK, struct {
		Data []consumerView `json:"data"`
	}{views})
}

type parkedView struct {
	EventID  core.ID   `json:"event_id"`
	Type     string    `json:"type"`
	TenantID core.ID   `json:"tenant_id,omitzero"`
	Time     time.Time `json:"time"`
	Attempts int       `json:"attempts"` // 0 for one that waits behind another
	ParkedAt time.Time `json:"parked_at"`
	NextAt   time.Time `json:"next_at,omitzero"`
	DeadAt   time.Time `json:"dead_at,omitzero"`
}

func (s *Server) listParked(c *edge.Call) error {
	query, err := c.Query("consumer", "dead", "cursor", "limit")
	if err != nil {
		return err
	}
	if query["consumer"] == "" {
		return outOfRange("consumer", "The parameter consumer must be the name of one; /admin/v1/events/consumers lists them.")
	}
	if err := edge.OneOf("dead", query["dead"], "true", "false"); err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someEvents, mostEvents)
	if err != nil {
		return err
	}
	page, err := s.Events.Stuck(c.Context(), query["consumer"], query["dead"] == "true", query["cursor"], limit)
	if err != nil {
		return err
	}
	views := make([]parkedView, len(page.Items))
	for i, e := range page.Items {
		views[i] = parkedView{
			EventID: e.Event.ID, Type: core.EventPrefix + string(e.Event.Type), TenantID: e.Event.TenantID, Time: e.Event.Time,
			Attempts: e.Attempts, ParkedAt: e.ParkedAt, NextAt: e.NextAt, DeadAt: e.DeadAt,
		}
		if !e.DeadAt.IsZero() {
			views[i].NextAt = time.Time{}
		}
	}
	return c.JSON(http.StatusOK, struct {
		Data       []parkedView `json:"data"`
		NextCursor string       `json:"next_cursor,omitzero"`
	}{views, page.NextCursor})
}

type parkedRequest struct {
	Consumer string  `json:"consumer"`
	EventID  core.ID `json:"event_id,omitzero"` // all when it is left out
	Reason   string  `json:"reason"`
}

// retryEvents has parked events tried again at once: one, or all of a consumer.
func (s *Server) retryEvents(c *edge.Call) error {
	return s.act(c, core.ActEventRetry, s.Events.Retry)
}

// skipEvent has a consumer never take a parked event, so that those behind it go on.
func (s *Server) skipEvent(c *edge.Call) error {
	return s.act(c, core.ActEventSkip, s.Events.Skip)
}

func (s *Server) act(c *edge.Call, action string, do func(context.Context, core.EventAct) (int, error)) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[parkedRequest]().Decode(c)
	if err != nil {
		return err
	}
	if err := reasonable(asked.Reason); err != nil {
		return err
	}
	if action == core.ActEventSkip && asked.EventID.IsZero() {
		return core.Invalid(core.FieldError{Field: "event_id", Code: "required", Message: "Name the one event that is skipped."})
	}
	n, err := do(c.Context(), core.EventAct{Actor: who, Action: action, Consumer: asked.Consumer, EventID: asked.EventID, Reason: asked.Reason})
	if err != nil {
		return err
	}
	if n == 0 {
		return core.E(core.NotFound, "Nothing of that is parked for this consumer.").Because("nothing_parked")
	}
	s.Log.InfoContext(c.Context(), "operator acted on parked events", "operator", who, "act", action, "consumer", asked.Consumer, "events", n, "reason", asked.Reason)
	return c.JSON(http.StatusOK, struct {
		Events int `json:"events"`
	}{n})
}

// longestReason is the most bytes of why an operator does something.
const longestReason = 500

func reasonable(reason string) error {
	if reason == "" || len(reason) > longestReason {
		return core.Invalid(core.FieldError{Field: "reason", Code: "invalid", Message: "Say why, in 500 characters at most; it stays in the audit."})
	}
	return nil
}
