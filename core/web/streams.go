package web

import (
	"context"
	"strings"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/web/edge"
)

// Streams tell of events as they come.
type Streams interface {
	// Open begins after the place that a cursor names, or with what is committed from now on.
	Open(ctx context.Context, f core.EventFilter, cursor string) (edge.Source, error)
}

// streamEvents tells a tenant's events as they are committed, for as long as the caller may manage the tenant.
func (s *Server) streamEvents(r *request) error {
	tenant, err := r.ID("tenant_id")
	if err != nil {
		return err
	}
	query, err := r.Query("types", "cursor")
	if err != nil {
		return err
	}
	actor := *r.actor
	if err := s.activation.MayManage(r.Context(), actor, tenant); err != nil {
		return err
	}
	types, err := edge.EventTypes(query["types"], event.ParseType)
	if err != nil {
		return err
	}
	stream, err := s.streams.Open(r.Context(), core.EventFilter{TenantID: tenant, Types: types}, edge.Resumed(r.Call, query["cursor"]))
	if err != nil {
		return err
	}
	return r.Stream(stream, func(ctx context.Context) error { return s.activation.MayManage(ctx, actor, tenant) })
}

type schemaList struct {
	Data []eventType `json:"data" nullable:"false"`
}

// eventType is a type of event as the list of schemas has it.
type eventType struct {
	Type        string `json:"type" example:"activation.InvitationCreated"`
	Description string `json:"description"`
	Schema      string `json:"schema" format:"uri-reference" doc:"Where the JSON Schema of its data is."`
}

func (s *Server) listSchemas(r *request) (schemaList, error) {
	if _, err := r.Query(); err != nil {
		return schemaList{}, err
	}
	var list schemaList
	for _, d := range event.Describe(s.source) {
		list.Data = append(list.Data, eventType(d))
	}
	r.SetHeader("Cache-Control", cacheSchemas)
	return list, nil
}

// cacheSchemas lets schemas be kept for an hour: members are added to them with a new version of the host only.
const cacheSchemas = "public, max-age=3600"

func (s *Server) getSchema(r *request) error {
	schema, ok, err := event.Schema(s.source, strings.Clone(r.Param("type")))
	if err != nil {
		return err
	}
	if !ok {
		return core.E(core.NotFound, "There is no event of this type.").Because("no_such_event_type")
	}
	r.SetHeader("Cache-Control", cacheSchemas)
	r.Bytes(200, mimeSchema, schema)
	return nil
}

const mimeSchema = "application/schema+json"
