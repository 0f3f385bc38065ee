package web

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/web/edge"
)

func (a access) security() []map[string][]string {
	session, none := map[string][]string{schemeSession: {}}, map[string][]string{}
	switch a {
	case bySession:
		return []map[string][]string{session}
	case ifPresent:
		return []map[string][]string{session, none}
	}
	return []map[string][]string{none}
}

func (o operation) parameters(schemas huma.Registry) []*huma.Param {
	var all []*huma.Param
	for part := range strings.SplitSeq(o.path, "/") {
		if name, is := strings.CutPrefix(part, "{"); is {
			name = strings.TrimSuffix(name, "}")
			schema := &huma.Schema{Type: huma.TypeString}
			if strings.HasSuffix(name, "_id") {
				schema.Format = "uuid"
			}
			all = append(all, &huma.Param{Name: name, In: "path", Required: true, Schema: schema})
		}
	}
	for _, p := range o.query {
		schema := schemas.Schema(p.kind, true, "")
		for _, value := range p.oneOf {
			schema.Enum = append(schema.Enum, value)
		}
		if p.name == "limit" {
			schema.Minimum, schema.Maximum = new(1.0), new(float64(activation.MaxPage))
		}
		all = append(all, &huma.Param{Name: p.name, In: "query", Description: p.says, Schema: schema})
	}
	if o.idempotent {
		all = append(all, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(255)},
			Description: "Any unique text. The same request with the same key within 24 hours is done once and answered the same.",
		})
	}
	return all
}

func (o operation) responses(schemas huma.Registry) map[string]*huma.Response {
	all := map[string]*huma.Response{strconv.Itoa(o.status): {Description: http.StatusText(o.status), Content: o.content(schemas)}}
	for _, status := range o.also {
		all[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: o.content(schemas)}
	}
	byStatus := map[int][]string{}
	for _, code := range o.codes() {
		status := edge.KindOf(code).Status
		byStatus[status] = append(byStatus[status], string(code))
	}
	for status, codes := range byStatus {
		name := strconv.Itoa(status)
		if all[name] == nil {
			all[name] = problemResponse(status, codes)
		}
	}
	return all
}

func (o operation) content(schemas huma.Registry) map[string]*huma.MediaType {
	switch {
	case strings.HasSuffix(o.media, "json"):
		return map[string]*huma.MediaType{o.media: {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}
	case o.media != "":
		return map[string]*huma.MediaType{o.media: {Schema: &huma.Schema{Type: huma.TypeString}}}
	case o.out == reflect.TypeFor[nothing]():
		return nil
	}
	return map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(o.out, true, "")}}
}

func problemResponse(status int, codes []string) *huma.Response {
	slices.Sort(codes)
	r := &huma.Response{
		Description: "Problem: " + strings.Join(codes, ", "),
		Content:     map[string]*huma.MediaType{edge.MIMEProblem: {Schema: &huma.Schema{Ref: schemaPrefix + "Problem"}}},
	}
	text := &huma.Schema{Type: huma.TypeString}
	switch status {
	case http.StatusUnauthorized:
		r.Headers = map[string]*huma.Param{"WWW-Authenticate": {Schema: text, Required: true}}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Headers = map[string]*huma.Param{"Retry-After": {
			Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(1.0)}, Required: true, Description: "Seconds.",
		}}
	}
	return r
}

// codes are all the problems that a call can answer with.
func (o operation) codes() []core.Code {
	all := slices.Clone(o.errors)
	all = append(all, core.MalformedRequest, core.Internal, core.Unavailable)
	if o.access != anyone {
		all = append(all, core.Unauthenticated)
	}
	if o.unsafe() {
		all = append(all, core.Forbidden, core.PayloadTooLarge)
	}
	if o.in != nil {
		all = append(all, core.UnsupportedMedia, core.ValidationFailed)
	}
	if o.idempotent {
		all = append(all, core.IdempotencyInFlight, core.IdempotencyMismatch)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
