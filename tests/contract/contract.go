package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Document is an OpenAPI document to check against. It is safe for concurrent use.
type Document struct {
	spec   *openapi3.T
	router routers.Router
}

// Load reads a document and checks that it is a valid one.
func Load(document []byte) (*Document, error) {
	spec, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	if err := spec.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("check the OpenAPI document: %w", err)
	}
	router, err := gorillamux.NewRouter(spec)
	if err != nil {
		return nil, fmt.Errorf("route by the OpenAPI document: %w", err)
	}
	return &Document{spec: spec, router: router}, nil
}

// Exchange is one request and its answer, both with their bodies.
type Exchange struct {
	Method, Path   string // the path with its query
	RequestHeader  http.Header
	RequestBody    []byte
	Status         int
	ResponseHeader http.Header
	ResponseBody   []byte
}

// Check tells what of an exchange the document does not allow: a status or a
// media type that it does not list, a body that its schema refuses, or a success
// for a request that it says is wrong.
func (d *Document) Check(x Exchange) error {
	request, err := http.NewRequestWithContext(context.Background(), documented(x.Method), x.Path, bytes.NewReader(x.RequestBody))
	if err != nil {
		return err
	}
	request.Header = x.RequestHeader
	route, parameters, err := d.router.FindRoute(request)
	if err != nil {
		return d.checkUnrouted(x)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
			ExcludeResponseBody: !isJSON(x.ResponseHeader) || x.Method == http.MethodHead,
		},
	}
	var wrong error
	if x.Status < 300 {
		wrong = openapi3filter.ValidateRequest(context.Background(), input)
	}
	return errors.Join(wrong, openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.Status, Header: x.ResponseHeader,
		Body: io.NopCloser(bytes.NewReader(x.ResponseBody)), Options: input.Options,
	}))
}

// checkUnrouted lets pass what the document need not list: that there is nothing.
func (d *Document) checkUnrouted(x Exchange) error {
	if x.Status != http.StatusNotFound && x.Status != http.StatusMethodNotAllowed && x.Status != http.StatusBadRequest {
		return fmt.Errorf("the document does not know %s %s, but the answer is %d", x.Method, (&url.URL{Path: x.Path}).EscapedPath(), x.Status)
	}
	if x.Method == http.MethodHead {
		return nil
	}
	return d.CheckProblem(x.ResponseBody)
}

// CheckProblem tells whether a body is what the document calls a Problem.
func (d *Document) CheckProblem(body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("the problem is not JSON: %w", err)
	}
	return d.spec.ValidateSchemaJSON(d.spec.Components.Schemas["Problem"].Value, value)
}

// Operations lists what the document describes, as in "POST /v1/signups".
func (d *Document) Operations() []string {
	var all []string
	for path, item := range d.spec.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// documented is the method under which the document describes a request: HEAD is GET.
func documented(method string) string {
	if method == http.MethodHead {
		return http.MethodGet
	}
	return method
}

func isJSON(h http.Header) bool {
	kind := h.Get("Content-Type")
	return bytes.HasPrefix([]byte(kind), []byte("application/")) && bytes.Contains([]byte(kind), []byte("json"))
}
