package contract_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/contract"
)

const document = `{
  "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "/"}],
  "paths": {"/things/{id}": {"post": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}},
    "responses": {
      "200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
      "409": {"description": "no", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    }}}},
  "components": {"schemas": {
    "Thing": {"type": "object", "additionalProperties": false, "required": ["state"], "properties": {
      "state": {"type": "string", "enum": ["on", "off"]}, "next": {"type": ["string", "null"]}}},
    "Problem": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
  }}}`

func TestCheck(t *testing.T) {
	t.Parallel()
	doc, err := contract.Load([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	const asJSON, asProblem = "application/json", "application/problem+json"
	for _, row := range []struct {
		name, path, sent string
		status           int
		kind, body       string
		allowed          bool
	}{
		{"as documented", "/things/1", `{"name":"a"}`, 200, asJSON, `{"state":"on","next":null}`, true},
		{"a documented problem", "/things/1", `{}`, 409, asProblem, `{"code":"conflict"}`, true},
		{"a value outside the list", "/things/1", `{"name":"a"}`, 200, asJSON, `{"state":"broken"}`, false},
		{"a field too many", "/things/1", `{"name":"a"}`, 200, asJSON, `{"state":"on","secret":"x"}`, false},
		{"a field too few", "/things/1", `{"name":"a"}`, 200, asJSON, `{}`, false},
		{"a status that is not listed", "/things/1", `{"name":"a"}`, 201, asJSON, `{"state":"on"}`, false},
		{"another media type", "/things/1", `{"name":"a"}`, 409, asJSON, `{"code":"conflict"}`, false},
		{"success for a wrong request", "/things/1", `{}`, 200, asJSON, `{"state":"on"}`, false},
		{"an unknown path that is not found", "/other", ``, 404, asProblem, `{"code":"not_found"}`, true},
		{"an unknown path that is not found in other words", "/other", ``, 404, asProblem, `{"error":"gone"}`, false},
		{"an unknown path that answers", "/other", ``, 200, asJSON, `{}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := doc.Check(contract.Exchange{
				Method: http.MethodPost, Path: row.path,
				RequestHeader: http.Header{"Content-Type": {asJSON}}, RequestBody: []byte(row.sent),
				Status: row.status, ResponseHeader: http.Header{"Content-Type": {row.kind}}, ResponseBody: []byte(row.body),
			})
			if (err == nil) != row.allowed {
				t.Errorf("allowed %v, got %v", row.allowed, err)
			}
		})
	}
}

func TestClientReportsWhatIsNotAllowed(t *testing.T) {
	t.Parallel()
	doc, err := contract.Load([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, r.Body)
	}))
	defer server.Close()
	for body, reports := range map[string]int{`{"state":"on","name":"a"}`: 1, `{"name":"a"}`: 1} {
		counter := &counter{TB: t}
		response, err := doc.Client(counter, http.DefaultTransport).Post(server.URL+"/things/1", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(got) != body {
			t.Errorf("the body did not come through: %q, %v", got, err)
		}
		if counter.errors != reports {
			t.Errorf("%s: %d reports, want %d", body, counter.errors, reports)
		}
	}
}

// counter counts the errors of a test that should have some.
type counter struct {
	testing.TB
	errors int
}

func (c *counter) Errorf(string, ...any) { c.errors++ }
