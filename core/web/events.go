package web

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/web/edge"
)

// cloudEvent is an [event.CloudEvent] with what the API's document says of it.
type cloudEvent struct {
	SpecVersion     string     `json:"specversion" enum:"1.0"`
	ID              core.ID    `json:"id" format:"uuid" doc:"Constant over retries."`
	Source          string     `json:"source" format:"uri-reference"`
	Type            string     `json:"type" example:"activation.InvitationCreated"`
	Subject         string     `json:"subject" doc:"What it is about: a kind and an id."`
	Time            time.Time  `json:"time"`
	DataContentType string     `json:"datacontenttype" enum:"application/json"`
	DataSchema      string     `json:"dataschema,omitzero" format:"uri" doc:"Where the JSON Schema of data is."`
	TenantID        core.ID    `json:"tenantid,omitzero" format:"uuid"`
	Traceparent     string     `json:"traceparent,omitzero" doc:"W3C trace context of the change."`
	Data            jsonObject `json:"data"`
}

// jsonObject is written as it is.
type jsonObject struct{ jsontext.Value }

// Schema implements [huma.SchemaProvider].
func (jsonObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type eventPage struct {
	Data       []cloudEvent `json:"data" nullable:"false"`
	NextCursor *string      `json:"next_cursor" doc:"Where the events that follow begin, those to come included; null on an empty page: ask again with the cursor that you sent."`
}

func (s *Server) listEvents(r *request) (eventPage, error) {
	tenant, err := r.ID("tenant_id")
	if err != nil {
		return eventPage{}, err
	}
	query, err := r.Query("limit", "cursor")
	if err != nil {
		return eventPage{}, err
	}
	limit, err := edge.Limit(query["limit"], activation.DefaultPage, activation.MaxPage)
	if err != nil {
		return eventPage{}, err
	}
	found, err := s.activation.Events(r.Context(), *r.actor, tenant, query["cursor"], limit)
	if err != nil {
		return eventPage{}, err
	}
	out := eventPage{Data: make([]cloudEvent, 0, len(found.Items)), NextCursor: next(found.NextCursor)}
	for _, e := range found.Items {
		out.Data = append(out.Data, s.cloudEvent(e))
	}
	return out, nil
}

func (s *Server) cloudEvent(e core.Event) cloudEvent {
	c := event.NewCloudEvent(s.source, e)
	return cloudEvent{
		SpecVersion: c.SpecVersion, ID: c.ID, Source: c.Source, Type: c.Type, Subject: c.Subject, Time: c.Time,
		DataContentType: c.DataContentType, DataSchema: c.DataSchema, TenantID: c.TenantID, Traceparent: c.Traceparent, Data: jsonObject{c.Data},
	}
}
