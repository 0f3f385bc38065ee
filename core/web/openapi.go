package web

import (
	_ "embed" // for the committed document
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/usher-id/usher/core/web/edge"
)

const schemaPrefix = "#/components/schemas/"

// committed is what /openapi.json serves: making it takes longer than the rest of
// a start, and a test compares it with the table.
//
//go:embed openapi.json
var committed []byte

// OpenAPI makes the document from the table of calls. It is the same for every
// installation.
func OpenAPI() ([]byte, error) {
	schemas := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	api := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Usher", Version: "1",
			Description: "Signup, tenants, invitations and activation by magic link. Errors are RFC 9457 problems: decide by their code. " +
				"Unknown and duplicate fields are refused.",
			License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
		},
		Servers: []*huma.Server{{URL: "/"}},
		Tags: []*huma.Tag{
			{Name: tagActivation, Description: "From the signup to the active account."},
			{Name: tagSessions, Description: "Signing in and out, and who is signed in."},
			{Name: tagInvitations, Description: "A tenant and its invitations, for its owner and admins."},
			{Name: tagEvents, Description: "What happened, as CloudEvents: read, streamed, or sent to an address as Standard Webhooks."},
			{Name: tagMail, Description: "For the providers that mail leaves by."},
			{Name: tagWell, Description: "Pages, keys and this document."},
			{Name: tagHealth, Description: "What watches a host asks."},
		},
		Components: &huma.Components{
			Schemas: schemas,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				schemeSession: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The access token of a session."},
			},
		},
	}
	problem := schemas.Schema(reflect.TypeFor[edge.Problem](), false, "")
	for _, kind := range edge.Kinds() {
		problem.Properties["code"].Enum = append(problem.Properties["code"].Enum, kind.Code)
	}
	for _, o := range (&Server{}).operations(Health{}, 0) {
		api.AddOperation(o.document(schemas))
	}
	compact, err := api.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	var value any // through a map, so that the order of names is fixed
	if err := json.Unmarshal(compact, &value); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	pretty, err := json.MarshalIndent(value, "", "  ")
	return append(pretty, '\n'), err
}

const schemeSession = "session"

func (o operation) document(schemas huma.Registry) *huma.Operation {
	op := &huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary,
		Parameters: o.parameters(schemas), Responses: o.responses(schemas), Security: o.access.security(),
	}
	if o.in != nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: schemas.Schema(o.in, true, ""), Example: o.example},
		}}
	}
	if o.alsoTakes != "" {
		op.RequestBody.Content[o.alsoTakes] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	if o.takes != "" {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{o.takes: {}}}
	}
	return op
}
